"""A small client of the protocol: what a gateway in any language writes for itself."""
import base64
import hmac
import json
import os
import socket
import struct

import cbor2

from .settings import ADDRESS, CREDENTIALS


class Refused(Exception):
    """The error of a call, as the service wrote it."""

    def __init__(self, error):
        super().__init__(error)
        self.error = error
        self.reason = error.get("reason")
        self.code = error.get("code")
        self.outcome = error.get("outcome")
        self.message = error.get("message")
        self.detail = error.get("detail", {})


class Closed(Exception):
    """The connection ended; after a goaway its reason stands in the message."""


def proof(side, secret, service, nonces, identity):
    """HMAC over the protocol's version and direction, the service, both nonces and the identity."""
    service, identity = service.encode(), identity.encode()
    return hmac.digest(
        secret, b"turnstile 2 " + side + bytes([len(service)]) + service + nonces
        + bytes([len(identity)]) + identity, "sha256")


class Client:
    def __init__(self, service, identity="gateway", timeout=40, address=None, credentials=None):
        with open(credentials or CREDENTIALS, encoding="utf-8") as file:
            secret = json.load(file)["identities"][identity]["secrets"][0]
        secret = base64.b64decode(secret)
        host, port = (address or ADDRESS[service]).rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=timeout)
        self.calls = 0
        self.goaway = None
        nonces = self.hello()["nonce"] + (ours := os.urandom(32))
        mine = proof(b"client", secret, service, nonces, identity)
        self.write([0, {"version": 2, "identity": identity, "nonce": ours, "proof": mine}])
        assert self.hello()["proof"] == proof(b"server", secret, service, nonces, identity)

    def hello(self):
        frame = self.read()
        if frame[0] == 4:
            raise Closed(f"goaway: {frame[1]}")
        return frame[1]

    def call(self, method, body=None, **context):
        self.calls += 1
        self.write([1, self.calls, method, context, body or {}])
        return self.answer(self.calls)

    def answer(self, number):
        while (frame := self.read())[:2] != [2, number]:
            if frame[0] == 5:
                self.write([6, frame[1]])
        if frame[2] is not None:
            raise Refused(frame[2])
        return frame[3]

    def write(self, item):
        self.raw(cbor2.dumps(item))

    def raw(self, data):
        self.socket.sendall(struct.pack(">I", len(data)) + data)

    def read(self):
        (length,) = struct.unpack(">I", self.exactly(4))
        item = cbor2.loads(self.exactly(length))
        if item[0] == 4:
            # Calls in flight are answered still; nothing new may be opened.
            self.goaway = item[1]
        return item

    def exactly(self, count):
        data = b""
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise Closed(f"goaway: {self.goaway}" if self.goaway else "closed")
            data += part
        return data

    def close(self):
        self.socket.close()


def refusal(function, *arguments, **keywords):
    """The error that a call ends with, or None; the reply is in `refusal.reply`."""
    try:
        refusal.reply = function(*arguments, **keywords)
        return None
    except Refused as error:
        return error

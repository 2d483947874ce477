"""A client of Turnstile in forty lines: any language with a CBOR library can have the same."""
import hmac
import os
import secrets
import socket
import struct
import time
import uuid

import cbor2

VERSION = 2


def new_id():
    """A UUIDv7 (RFC 9562): the services are fastest with ids that rise with time."""
    now, random = time.time_ns() // 10**6, secrets.randbits(74)
    return uuid.UUID(int=now << 80 | 7 << 76 | random >> 62 << 64 | 2 << 62 | random % (1 << 62))


def named(text):
    return bytes([len(text.encode())]) + text.encode()


def proof(secret, side, service, identity, server_nonce, client_nonce):
    """What a side shows in the hello: that it has the secret, without saying it."""
    text = [f"turnstile {VERSION} {side}".encode(), named(service), server_nonce, client_nonce,
            named(identity)]
    return hmac.digest(secret, b"".join(text), "sha256")


class Refused(Exception):
    """The error of a call: `code`, `reason`, `message`, `outcome` and more, as a dictionary."""


class Client:
    def __init__(self, service, address, identity, secret):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=40)
        self.calls = 0
        hello, ours = self.read()[1], os.urandom(32)
        names, theirs = (service, identity), hello["nonce"]
        self.write([0, {"version": VERSION, "identity": identity, "nonce": ours,
                        "proof": proof(secret, "client", *names, theirs, ours)}])
        if not hmac.compare_digest(
                self.read()[1]["proof"], proof(secret, "server", *names, theirs, ours)):
            raise ConnectionError("this is not the service that we share a secret with")

    def call(self, method, body, **context):
        self.calls += 1
        self.write([1, self.calls, method, context, body])
        while (frame := self.read())[:2] != [2, self.calls]:
            if frame[0] == 5:
                self.write([6, frame[1]])
        if frame[2] is not None:
            raise Refused(frame[2])
        return frame[3]

    def write(self, item):
        data = cbor2.dumps(item)
        self.socket.sendall(struct.pack(">I", len(data)) + data)

    def read(self):
        (length,) = struct.unpack(">I", self.exactly(4))
        item = cbor2.loads(self.exactly(length))
        if item[0] == 4:
            raise ConnectionError(f"the service takes no more calls here: {item[1]}")
        return item

    def exactly(self, count):
        data = self.socket.recv(count, socket.MSG_WAITALL)
        if len(data) < count:
            raise ConnectionError("the service closed the connection")
        return data

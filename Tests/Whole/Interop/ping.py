"""Plays Orders for a gateway: pings it in the middle of its call, and answers after the pong.

usage: ping.py GATEWAY CREDENTIALS

GATEWAY is a script that buys two tickets, as the README's does. Exit status 1 when it does not
answer the ping, or makes its ids in another way than UUIDv7.
"""
import base64
import json
import os
import socket
import struct
import subprocess
import sys
import uuid

import cbor2

import gateway


class Server(gateway.Client):
    """The other side of a hello, over the same frames."""

    def __init__(self, connection, secret):
        self.socket = connection
        ours = os.urandom(32)
        self.write([0, {"versions": [gateway.VERSION], "nonce": ours, "service": "orders"}])
        hello = self.read()[1]
        theirs = hello["nonce"]
        if hello["proof"] != gateway.proof(secret, "client", "orders", "gateway", ours, theirs):
            raise ConnectionError("the gateway's proof is wrong")
        proof = gateway.proof(secret, "server", "orders", "gateway", ours, theirs)
        self.write([0, {"proof": proof, "maxFrame": 1 << 20, "maxInFlight": 128, "maxWaits": 64}])


def main():
    secret = json.load(open(sys.argv[2], encoding="utf-8"))["identities"]["gateway"]["secrets"][0]
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(30)
    port = listener.getsockname()[1]
    child = subprocess.Popen(
        [sys.executable, sys.argv[1], "127.0.0.1", str(port), str(uuid.uuid4()), str(uuid.uuid4())],
        stdout=subprocess.PIPE, text=True)
    connection = listener.accept()[0]
    connection.settimeout(30)
    server = Server(connection, base64.b64decode(secret))
    _, call, method, _, body = server.read()
    problems = [] if method == "orders.Purchase" else [f"it called {method}"]
    if body["purchaseId"].version != 7:
        problems.append(f"{body['purchaseId']} is no UUIDv7")
    server.write([5, 4711])
    if (answer := server.read()) != [6, 4711]:
        problems.append(f"a ping was answered {answer}")
    tickets = [{"code": f"CODE{number}"} for number in (1, 2)]
    server.write([2, call, None, {"order": {"tickets": tickets}}])
    if child.communicate(timeout=30)[0].split() != ["CODE1", "CODE2"]:
        problems.append("it did not print the codes")
    print("\n".join(problems) or "it answers pings")
    sys.exit(1 if problems else 0)


main()

"""Abuses a service of Turnstile over TCP in one way for some seconds and says what became of it.

usage: abuse.py WAY HOST:PORT SECONDS CREDENTIALS

WAY is one of silence, churn, giants, half, cancels, pings, greed; CREDENTIALS the service's file.
Prints one JSON object of counts. It shares no code with the services and speaks the protocol as
the README has it.
"""
import base64
import collections
import hmac
import json
import os
import selectors
import socket
import struct
import sys
import time

import cbor2

WAY, ADDRESS, SECONDS = sys.argv[1], sys.argv[2].rsplit(":", 1), float(sys.argv[3])
with open(sys.argv[4], encoding="utf-8") as file:
    SECRETS = {
        name: base64.b64decode(each["secrets"][0])
        for name, each in json.load(file)["identities"].items()
    }
END = time.monotonic() + SECONDS
counts = collections.Counter()
longest = 0.0


def late():
    return time.monotonic() >= END


def frame(item):
    data = cbor2.dumps(item)
    return struct.pack(">I", len(data)) + data


def source(number):
    """Loopback addresses by the dozen: whose address has most strangers loses one first."""
    return f"127.0.{1 + number // 200 % 200}.{1 + number % 200}"


def connect(number=0, receive_bytes=None, wait=5.0):
    sock = socket.socket()
    if receive_bytes:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    sock.settimeout(wait)
    sock.bind((source(number), 0))
    sock.connect((ADDRESS[0], int(ADDRESS[1])))
    counts["opened"] += 1
    return sock


def read(sock):
    (length,) = struct.unpack(">I", exactly(sock, 4))
    return cbor2.loads(exactly(sock, length))


def exactly(sock, count):
    data = b""
    while len(data) < count:
        part = sock.recv(count - len(data))
        if not part:
            raise ConnectionError("closed")
        data += part
    return data


def greet(number, identity, **options):
    """A connection that has proven who it is, as any client's."""
    sock = connect(number, **options)
    hello = read(sock)
    if hello[0] != 0:
        raise ConnectionError(hello[1])
    ours, name, service = os.urandom(32), identity.encode(), hello[1]["service"].encode()
    proof = hmac.digest(
        SECRETS[identity], b"turnstile 2 client" + bytes([len(service)]) + service
        + hello[1]["nonce"] + ours + bytes([len(name)]) + name, "sha256")
    sock.sendall(frame(
        [0, {"version": 2, "identity": identity, "nonce": ours, "proof": proof}]))
    welcome = read(sock)
    if welcome[0] != 0:
        raise ConnectionError(welcome[1])
    counts["greeted"] += 1
    return sock


def farewell(sock):
    """Waits for the service to end the connection, and counts the reason that it gives."""
    reason = "closed without a word"
    try:
        while True:
            item = read(sock)
            if item[0] == 4:
                reason = item[1]
    except (OSError, ConnectionError):
        pass
    counts["ended"] += 1
    counts[f"why: {reason.split(':')[0]}"] += 1
    sock.close()


def silence():
    """A thousand sockets, again and again: half say nothing, half a byte a second."""
    global longest
    selector, began = selectors.DefaultSelector(), {}
    number, tick = 0, time.monotonic()
    while not late():
        while len(began) < 1_000 and not late():
            sock = connect(number)
            sock.setblocking(False)
            selector.register(sock, selectors.EVENT_READ, number % 2)
            began[sock] = time.monotonic()
            number += 1
        for key, _ in selector.select(0.1):
            try:
                if key.fileobj.recv(4096):
                    continue
            except BlockingIOError:
                continue
            except OSError:
                pass
            selector.unregister(key.fileobj)
            longest = max(longest, time.monotonic() - began.pop(key.fileobj))
            counts["ended"] += 1
            key.fileobj.close()
        if time.monotonic() - tick >= 1:
            tick = time.monotonic()
            for key in list(selector.get_map().values()):
                if key.data:
                    try:
                        # A hello of a thousand bytes, which would take a quarter of an hour.
                        key.fileobj.send(b"\0" if time.monotonic() - began[key.fileobj] < 2.5
                                         else b"\3")
                        counts["dribbled"] += 1
                    except OSError:
                        pass
    counts["still open"] = len(began)
    longest = max([longest] + [time.monotonic() - at for at in began.values()])


def churn():
    """Two thousand connects a second, closed at once: with a word, without one, by a reset."""
    number, began = 0, time.monotonic()
    while not late() or number < 10_000:
        time.sleep(max(0.0, began + number / 2_000 - time.monotonic()))
        sock = connect(number)
        if number % 3 == 0:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif number % 3 == 1:
            sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
        sock.close()
        number += 1


def giants():
    """Headers that promise four gigabytes, before the hello and after it: 2,000 a second."""
    number, began = 0, time.monotonic()
    while not late():
        time.sleep(max(0.0, began + number / 2_000 - time.monotonic()))
        if number % 4 == 0:
            sock = greet(number, "reseller")
        else:
            sock = connect(number)
        sock.sendall(b"\xff\xff\xff\xff" + bytes(64))
        farewell(sock)
        number += 1


def half():
    """A thousand frames of a mebibyte, two hundred a second, of which one half comes."""
    names, number, began = sorted(SECRETS), 0, time.monotonic()
    part = struct.pack(">I", 1 << 20) + bytes(1 << 19)
    selector = selectors.DefaultSelector()

    def begin():
        try:
            sock = greet(number, names[number % len(names)])
        except (OSError, ConnectionError):
            counts["turned away"] += 1
            return
        sock.setblocking(False)
        selector.register(sock, selectors.EVENT_READ | selectors.EVENT_WRITE, [part])

    while not late():
        if number < 1_000 and time.monotonic() >= began + number / 200:
            begin()
            number += 1
        for key, events in selector.select(0.005 if number < 1_000 else 0.2):
            sock, left = key.fileobj, key.data
            try:
                if events & selectors.EVENT_WRITE:
                    sent = sock.send(left[0][:65_536])
                    counts["bytes"] += sent
                    left[0] = left[0][sent:]
                    if not left[0]:
                        selector.modify(sock, selectors.EVENT_READ, left)
                if events & selectors.EVENT_READ and not sock.recv(65_536):
                    raise ConnectionError
            except BlockingIOError:
                continue
            except OSError:
                counts["ended"] += 1
                selector.unregister(sock)
                sock.close()
    counts["still open"] = len(selector.get_map())


def cancels():
    """50,000 calls a second, each taken back at once; comes again when it is sent away."""
    number, call, began = 0, 0, time.monotonic()
    while not late():
        sock = greet(number, "operator")
        number += 1
        try:
            while not late():
                time.sleep(max(0.0, began + call / 50_000 - time.monotonic()))
                burst = b""
                for _ in range(20):
                    call += 1
                    burst += frame([1, call, "orders.ListOrders", {"deadlineMs": 5000},
                                    {"limit": 100}])
                    burst += frame([3, call])
                sock.sendall(burst)
                counts["cancelled"] += 20
        except OSError:
            pass
        farewell(sock)


def pings():
    """50,000 pings a second; comes again when it is sent away."""
    number, bursts, began = 0, 0, time.monotonic()
    burst = b"".join(frame([5, each]) for each in range(50))
    while not late():
        sock = greet(number, "reseller")
        number += 1
        try:
            while not late():
                time.sleep(max(0.0, began + bursts / 1_000 - time.monotonic()))
                sock.sendall(burst)
                bursts += 1
                counts["pinged"] += 50
        except OSError:
            pass
        farewell(sock)


def greed():
    """Two hundred connections ask for the largest pages, each once a second, and read none."""
    socks = []
    for number in range(200):
        try:
            sock = greet(number, "operator", receive_bytes=4096)
        except (OSError, ConnectionError):
            counts["turned away"] += 1
            continue
        socks.append(sock)

    events = ["orders.ReadEvents", {"deadlineMs": 20000},
              {"afterSeq": 0, "limit": 8000, "waitMs": 0}]
    orders = ["orders.ListOrders", {"deadlineMs": 20000}, {"limit": 100}]

    def ask(sock, call):
        try:
            sock.sendall(frame([1, call] + (events if call % 4 else orders)))
            counts["asked"] += 1
        except OSError:
            counts["not taken"] += 1

    calls, began = 0, time.monotonic()
    while not late():
        # Evenly: two hundred queries at one moment are another matter.
        time.sleep(max(0.0, began + calls / len(socks) - time.monotonic()))
        ask(socks[calls % len(socks)], calls // len(socks) + 1)
        calls += 1
    counts["still open"] = len(socks)


globals()[WAY]()
print(json.dumps({**counts, "longest ms": int(longest * 1000)}))

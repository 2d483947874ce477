"""Checks Turnstile's CBOR against cbor2, which others wrote.

usage: interop.py check FILE           every line: an item in hex, a tab, the same in JSON
       interop.py generate SEED COUNT  prints such lines, made by cbor2

In JSON ids are in their usual text form and byte strings in base64. Exit status 1, with the lines
that differ, when cbor2 reads another value or would write other bytes.
"""
import base64
import json
import random
import sys
import uuid

import cbor2


def plain(value):
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, (list, tuple)):
        return [plain(element) for element in value]
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    return value


def check(path):
    count = different = 0
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            item, text = line.rstrip("\n").split("\t")
            value = cbor2.loads(bytes.fromhex(item))
            count += 1
            if plain(value) != json.loads(text) or cbor2.dumps(value).hex() != item:
                different += 1
                print("differs:", line, end="")
    print(count, "items,", different, "different")
    return 1 if different else 0


def generate(seed, count):
    source = random.Random(seed)

    def identifier():
        return uuid.UUID(int=source.getrandbits(128))

    def text():
        return "".join(source.choice('aZ0ß€水𐅑\n"\\') for _ in range(source.randrange(40)))

    def value(depth):
        kind = source.randrange(8 if depth else 6)
        if kind == 0:
            return source.choice([None, True, False])
        if kind == 1:
            return source.getrandbits(source.randrange(64))
        if kind == 2:
            return ~source.getrandbits(source.randrange(64))
        if kind == 3:
            return text()
        if kind == 4:
            return source.randbytes(source.randrange(300))
        if kind == 5:
            return identifier()
        if kind == 6:
            return [value(depth - 1) for _ in range(source.randrange(30))]
        return {f"{text()}{n}": value(depth - 1) for n in range(source.randrange(30))}

    for _ in range(count):
        item = value(2)
        print(cbor2.dumps(item).hex(), json.dumps(plain(item)), sep="\t")


if __name__ == "__main__":
    if sys.argv[1] == "check":
        sys.exit(check(sys.argv[2]))
    generate(int(sys.argv[2]), int(sys.argv[3]))

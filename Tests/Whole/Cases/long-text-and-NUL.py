"""laurent22/joplin pull 10303, SparkPost/developers.sparkpost.com pull 561: limits that were called
characters were bytes, so names in other scripts were cut or refused. Arize-ai/phoenix#9123,
vitaly-t/pg-promise#720: U+0000 in a text ended in the database's error.

Right: limits are bytes and are called bytes (turnstile.cddl `.size`, the refusal); nothing is cut;
NUL is refused by name on either database."""
from kit import *

check = Check("long text and NUL (joplin pull 10303, phoenix#9123)")
operator, orders = Client("inventory", "operator"), Client("orders")
event_id, (type_id,) = event(operator, [{"price": euro(0)}])


def buy(owner=None, **contact):
    body = purchase(event_id, [(type_id, 1)], owner=owner,
                    contact={"email": "ann@example.org", **contact})
    return refusal(orders.call, "orders.Purchase", body)


for unit in ("A", "é", "名", "🎭", "👨‍👩‍👧‍👦"):
    size = len(unit.encode())
    fits, longer = unit * (255 // size), unit * (255 // size + 1)
    error = buy(name=fits)
    check.that(f"a name of {len(fits.encode())} bytes is kept whole",
               not error and refusal.reply["order"]["contact"]["name"] == fits, error)
    error = buy(name=longer)
    check.that(f"one of {len(longer.encode())} is refused in bytes",
               error and "bytes" in error.message and "contact.name" in error.message, error)
error = buy(email="a" * 64 + "@" + "b" * 185 + ".org")
check.that("an e-mail address of 254 bytes is taken", error is None, error)
error = buy(email="a" * 64 + "@" + "b" * 186 + ".org")
check.that("one of 255 is not", error and "254 bytes" in error.message, error)
for field, error in (
    ("owner", buy(owner="a\0b")),
    ("contact.name", buy(name="Ann\0")),
    ("contact.email", buy(email="ann\0@example.org")),
    ("title", refusal(operator.call, "inventory.CreateEvent", {
        "eventId": uuid.uuid4(), "title": "a\0", "startsAt": 1, "currency": "EUR"})),
    ("reason", refusal(orders.call, "orders.CancelCheckout", {
        "checkoutId": uuid.uuid4(), "reason": "a\0"})),
):
    check.that(f"NUL in {field} is refused by name", error and field in error.message, error)
for bad in (b"\x62\xc3\x28", b"\x63\xed\xa0\x80", b"\x61\xff"):
    client = Client("orders")
    client.raw(b"\x85\x01\x01" + cbor2.dumps("orders.ListOrders") + \
               b"\xa0\xa1" + cbor2.dumps("owner") + bad)
    error = refusal(client.answer, 1)
    check.that(f"{bad[1:].hex()} is told not to be UTF-8",
               error and "UTF-8" in error.message, error)
check.end()

"""paroga/cbor-js#1 (and FasterXML/jackson-dataformats-binary#3): Java's encoder writes maps of
indefinite length unless told otherwise; the other side cannot read them and does not say why.

Right: "definite lengths" (README); the refusal must say so, in the body per call, around it by a
goaway that says why, and other calls' answers must not get lost on the way."""
from kit import *

check = Check("an encoder that streams (cbor-js#1)")
id_ = cbor2.dumps("checkoutId") + cbor2.dumps(uuid.uuid4())
head = b"\x85\x01\x01" + cbor2.dumps("orders.GetCheckout")
client = Client("orders")
client.raw(head + b"\xa0" + b"\xbf" + id_ + b"\xff")
error = refusal(client.answer, 1)
check.that("an indefinite body is refused", error and error.code == "INVALID_ARGUMENT", error)
check.that("and says so", error and "indefinite" in error.message, error)
check.that("the connection lives", refusal(
    client.call, "orders.GetCheckout", {"checkoutId": uuid.uuid4()}).reason == "CHECKOUT_NOT_FOUND")
for name, data in (("context", head + b"\xbf\xff" + b"\xa1" + id_),
                   ("frame", b"\x9f" + head[1:] + b"\xa0\xa1" + id_ + b"\xff")):
    client = Client("orders")
    client.raw(data)
    try:
        client.answer(1)
        said = "an answer"
    except Closed as closed:
        said = str(closed)
    check.that(f"an indefinite {name} is told by goaway", "indefinite" in said, said)
check.end()

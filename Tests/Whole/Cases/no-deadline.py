"""grpc/grpc-go#2374: "no deadline", the largest duration there is, became a date in the past.

Here: turnstile.cddl says `? deadlineMs: uint`, `call-id = uint`, `[5, uint]`; RFC 8610's uint ends
at 2^64-1. A gateway writes the largest uint for "as long as you like", or draws its call ids from
all 64 bits.
Right: what the schema allows is taken (a longer deadline counts as the longest, README: "at most
30,000") or refused for that call, by an answer under its id; the connection is not ended for it."""
from kit import *

check = Check("no deadline, and any call id (grpc-go#2374)")
MOST = 2**64 - 1
body = {"checkoutId": uuid.uuid4()}
for name, frame, wanted in (
    ("deadlineMs 2^63-1", [1, 1, "orders.GetCheckout", {"deadlineMs": 2**63 - 1}, body], [2, 1]),
    ("deadlineMs 2^63", [1, 1, "orders.GetCheckout", {"deadlineMs": 2**63}, body], [2, 1]),
    ("deadlineMs 2^64-1", [1, 1, "orders.GetCheckout", {"deadlineMs": MOST}, body], [2, 1]),
    ("call id 2^63-1", [1, 2**63 - 1, "orders.GetCheckout", {}, body], [2, 2**63 - 1]),
    ("call id 2^63", [1, 2**63, "orders.GetCheckout", {}, body], [2, 2**63]),
    ("call id 2^64-1", [1, MOST, "orders.GetCheckout", {}, body], [2, MOST]),
    ("ping 2^63-1", [5, 2**63 - 1], [6, 2**63 - 1]),
    ("ping 2^64-1", [5, MOST], [6, MOST]),
):
    client = Client("orders", timeout=5)
    # A call that is under way on the same connection, and one that comes after.
    client.write([1, 7, "orders.GetCheckout", {}, body])
    client.write(frame)
    frames = []
    try:
        while len(frames) < 2:
            frames.append(client.read())
    except (Closed, OSError) as closed:
        frames.append(str(closed))
    check.that(f"{name} is answered", any(f[:2] == wanted for f in frames), frames[-1])
    check.that(f"{name}: the call beside it is answered", any(f[:2] == [2, 7] for f in frames))
error = refusal(Client("orders").call, "orders.GetCheckout", body, deadlineMs=0)
check.that("a deadline of 0 has passed", error.reason == "DEADLINE_EXCEEDED"
           and error.error.get("executed") is False, error)
check.end()

"""LerianStudio/midaz#1974, formancehq/stack#1464: a client that repeats a request under its
idempotency key must not have it executed twice.

Here: a gateway that is used to such keys retries with a fresh purchaseId but the same `key`.

Right: the id in the request is the key (README: "the `purchaseId` makes it one purchase"). A call
that carries `key` is refused with that sentence, before anything is done; the same id is the same
purchase."""
from kit import *

check = Check("an idempotency key (midaz#1974, stack#1464)")
operator, orders, inventory = Client("inventory", "operator"), Client("orders"), Client("inventory")
event_id, (type_id,) = event(operator, [{}], totalCapacity=20)
one = purchase(event_id, [(type_id, 1)], owner="kim")
hold = {"holdId": uuid.uuid4(), "eventId": event_id, "owner": "kim",
        "lines": [{"ticketTypeId": type_id, "quantity": 1}]}
for key in (f"cart-{uuid.uuid4()}", "", "k" * 256):
    for client, method, body in (
            (orders, "orders.Purchase", one), (inventory, "inventory.Reserve", hold),
            (orders, "orders.ListOrders", {"owner": "kim"})):
        error = refusal(client.call, method, body, key=key)
        check.that(f"{method} with a key of {len(key)} bytes is refused",
                   error and error.code == "INVALID_ARGUMENT", error or refusal.reply)
        check.that("by name, and told what to send instead",
                   error and "context.key" in error.message and "id" in error.message, error)
check.that("nothing was taken", available(inventory, event_id)
           == 20, available(inventory, event_id))
first = orders.call("orders.Purchase", one)
again = orders.call("orders.Purchase", one)
check.that("the purchaseId makes it one", again["checkoutId"] == first["checkoutId"]
           and again["order"]["tickets"] == first["order"]["tickets"])
check.that("one ticket is sold", available(inventory, event_id)
           == 19, available(inventory, event_id))
check.end()

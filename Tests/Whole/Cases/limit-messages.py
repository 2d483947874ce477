"""emfcamp/Website#32: "You can only buy 4 tickets" to somebody who wanted two, because three were
theirs already: the message told a limit, not why it was met.

Right: the refusal has the numbers that make it true (turnstile.cddl: `message` for people,
`detail`): limits of an owner, of an order, of the stock, and of a hold's extension ("once and
within its maximum")."""
from kit import *

check = Check("messages of limits (emfcamp/Website#32)")
operator, orders, inventory = Client("inventory", "operator"), Client("orders"), Client("inventory")
event_id, (type_id,) = event(operator, [{"perOwnerLimit": 4}])
orders.call("orders.Purchase", purchase(event_id, [(type_id, 3)], owner="ann"))
error = refusal(orders.call, "orders.Purchase", purchase(event_id, [(type_id, 2)], owner="ann"))
check.that("the owner's limit tells what they have",
           error and error.detail.get("used") == 3 and "3" in error.message, error)
error = refusal(orders.call, "orders.Purchase", purchase(event_id, [(type_id, 1)], owner="ann"))
check.that("what is left for them is sold", error is None, error)
event_id, (type_id,) = event(operator, [{"minPerOrder": 4, "maxPerOrder": 6}], totalCapacity=7)
orders.call("orders.Purchase", purchase(event_id, [(type_id, 4)]))
error = refusal(orders.call, "orders.Purchase", purchase(event_id, [(type_id, 4)]))
check.that("too little stock tells how much is left",
           error and error.detail.get("available") == 3 and "3" in error.message, error)
error = refusal(orders.call, "orders.Purchase", purchase(event_id, [(type_id, 3)]))
check.that("too few for one order tells how many",
           error and error.detail.get("min") == 4 and "4" in error.message, error)

event_id, (type_id,) = event(operator, [{}], holdTtlMs=2_000, maxHoldMs=600_000)
body = {"holdId": uuid.uuid4(), "eventId": event_id, "owner": "ann",
        "lines": [{"ticketTypeId": type_id, "quantity": 1}]}
inventory.call("inventory.Reserve", body)
extend = {"holdId": body["holdId"], "atLeastMs": 60_000}
view = inventory.call("inventory.ExtendHold", extend)
check.that("a hold is extended once", view["extensions"] == 1, view["extensions"])
error = refusal(inventory.call, "inventory.ExtendHold", {**extend, "atLeastMs": 90_000})
latest = error.detail.get("latestMs", 0) if error else 0
check.that("the second extension is refused", error is not None, refusal.reply)
check.that("and not as if 90,000 ms were beyond the latest", not (
    "that far" in error.message and latest > 90_000), error.error)
check.end()

"""coopcycle/coopcycle-web pull 430: an order was cancelled, but what had been planned for it went
on, and its completion captured the payment.

Here: a purchase waits because a service is away; the buyer calls it off and is answered; the
service comes back.

Right: README: `orders.CancelCheckout`: "payment and stock are given up"; the diagram has NEW ->
CANCELLING. Nothing had been asked of the provider, so no money moves afterwards."""
from kit import *

check = Check("called off before any money (coopcycle-web pull 430)")
suite = Suite().start_all()
operator, orders = suite.client("inventory"), suite.gateway("orders")
event_id, (type_id,) = event(operator, [{}], totalCapacity=20)
for way in ("CreateCheckout", "Purchase"):
    suite.stop("inventory")
    body = (purchase if way == "Purchase" else checkout)(event_id, [(type_id, 1)], waitMs=500)
    id_ = body.get("purchaseId") or body["checkoutId"]
    view = orders.call(f"orders.{way}", body)
    check.that(f"{way}: it waits for Inventory", view["state"] == "NEW", view["state"])
    error = refusal(orders.call, "orders.CancelCheckout", {
        "checkoutId": id_, "reason": "the buyer left", "waitMs": 500})
    check.that(f"{way}: the cancellation is answered", error is None, error)
    suite.start("inventory")
    view = settle(orders, id_)
    check.that(f"{way}: it ends CANCELLED", view["state"] == "CANCELLED",
               (view["state"], "isCancelRequested", view.get("isCancelRequested")))
    check.that(f"{way}: nothing was taken", "order" not in view, view.get("order", {}).get("total"))
suite.stop("payments")
body = purchase(event_id, [(type_id, 1)], waitMs=500)
view = orders.call("orders.Purchase", body)
check.note(f"Payments away: the purchase is {view['state']}")
orders.call("orders.CancelCheckout", {"checkoutId": body["purchaseId"], "reason": "left"})
suite.start("payments")
view = settle(orders, body["purchaseId"])
check.note(
    f"called off while Payments was away: {view['state']} (an attempt may have been under way)")
check.that("every service agrees", suite.run(
    "orders", "verify", "--settle", "--address", suite.addresses["orders"])[0] == 0)
check.end()

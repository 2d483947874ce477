"""alfio-event/alf.io#1415: a payment method that was not active could be chosen, and failed with
"an unexpected error has occurred". pretix/pretix#1440: the provider was called optional and was
not.

Right: `provider` is "needed unless the total is 0" (turnstile.cddl): without it, and with one that
is not there, the refusal says so; step by step the hold stays and the buyer takes another."""
from kit import *

check = Check("a provider that is not there (alf.io#1415, pretix#1440)")
operator, orders = Client("inventory", "operator"), Client("orders")
event_id, (type_id,) = event(operator, [{}], totalCapacity=20)
body = checkout(event_id, [(type_id, 1)])
orders.call("orders.CreateCheckout", body)


def start(**more):
    return refusal(orders.call, "orders.StartPayment", {
        "checkoutId": body["checkoutId"], "attemptId": uuid.uuid4(), **more})


error = start(provider="paypal", paymentMethod="tok")
check.that("an unknown provider is named", error and "paypal" in error.message, error)
error = start()
check.that("no provider is told as such", error and "provider" in error.message, error)
error = start(paymentMethod="sim_ok")
check.that("a method without a provider too", error and "provider" in error.message, error)
view = orders.call("orders.GetCheckout", {"checkoutId": body["checkoutId"]})
check.that("the tickets stay held", view["reservationStatus"]
           == "reserved", view["reservationStatus"])
for token in ("sim_declined", "tok_visa"):
    error = start(provider="sim", paymentMethod=token)
    view = orders.call("orders.GetCheckout", {"checkoutId": body["checkoutId"]})
    check.that(f"{token} fails and leaves the hold",
               error is None and view.get("expiresInMs", 0) > 0, error)
error = start(provider="sim", paymentMethod="sim_ok")
check.that("the next card pays", error is None and refusal.reply["state"] == "COMPLETED", error)

body = purchase(event_id, [(type_id, 1)])
bare = {key: value for key, value in body.items() if key not in ("provider", "paymentMethod")}
error = refusal(orders.call, "orders.Purchase", bare)
check.that("Purchase without a provider is refused by name",
           error and "provider" in error.message, error)
error = refusal(orders.call, "orders.Purchase", body)
check.that("and may be sent again with one", error is None
           and refusal.reply["state"] == "COMPLETED", error or refusal.reply["state"])
body = purchase(event_id, [(type_id, 1)], provider="paypal")
error = refusal(orders.call, "orders.Purchase", body)
check.that("Purchase with an unknown one too", error and "paypal" in error.message, error)
view = orders.call("orders.GetCheckout", {"checkoutId": body["purchaseId"]})
check.that("and its tickets are free again", view["reservationStatus"] == "released", view["state"])
check.that("two are sold, none held", Client("inventory").call(
    "inventory.GetAvailability", {"eventId": event_id})["event"]["available"] == 18)
check.end()

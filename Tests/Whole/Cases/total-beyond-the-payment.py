"""saleor/saleor#40: an order's total went beyond what the payment could hold, and the buyer met a
number's error instead of a word about the total.

Here: a price may be 10^12 minor units and a quantity 1000, a payment 10^12 in all.
Right: what cannot be paid is refused before stock is held, and the refusal names a field of the
request that was sent (README: "Bad input names its fields")."""
from kit import *

check = Check("a total beyond what can be paid (saleor#40)")
operator, orders = Client("inventory", "operator"), Client("orders")
event_id, (type_id,) = event(
    operator, [{"price": euro(10**12), "maxPerOrder": 1_000}], totalCapacity=5_000)
check.that("the largest price alone is sold", orders.call(
    "orders.Purchase", purchase(event_id, [(type_id, 1)]))["state"] == "COMPLETED")
FIELDS = {"items", "expectedTotal", "eventId", "items[0].quantity"}
error = refusal(orders.call, "orders.Purchase", purchase(event_id, [(type_id, 2)]))
named = {field["field"] for field in error.detail.get("fields", [])}
check.that("Purchase names a field of Purchase, or none", named <= FIELDS, error.error)
body = checkout(event_id, [(type_id, 2)])
error = refusal(orders.call, "orders.CreateCheckout", body)
check.that("CreateCheckout does not hold what nobody can pay", error is not None,
           error or refusal.reply["state"])
if not error:
    error = refusal(orders.call, "orders.StartPayment", {
        "checkoutId": body["checkoutId"], "attemptId": uuid.uuid4(), "provider": "sim",
        "paymentMethod": "sim_ok"})
    named = {field["field"] for field in error.detail.get("fields", [])}
    check.that("StartPayment names a field of StartPayment, or none",
               named <= {"checkoutId", "attemptId", "provider", "paymentMethod"}, error.error)
    orders.call("orders.CancelCheckout", {
        "checkoutId": body["checkoutId"], "reason": "test", "waitMs": 3_000})
check.that("all but the first ticket is free again", Client("inventory").call(
    "inventory.GetAvailability", {"eventId": event_id})["event"]["available"] == 4_999)
check.that("every invariant holds", violations() == [])
check.end()

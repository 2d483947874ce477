"""medusajs/medusa#13504 (reported by a ticket shop): an item with a negative quantity made the cart
cheaper.

Right: `quantity: 1..1000` (turnstile.cddl): refused by name, whatever stands beside it; stock and
money do not move."""
from kit import *

check = Check("a negative quantity (medusa#13504)")
operator, orders = Client("inventory", "operator"), Client("orders")
inventory = Client("inventory")
event_id, (a, b) = event(operator, [{}, {"price": euro(500)}], totalCapacity=20)
for quantity in (-1, 0, 1_001, 2**31, 2**53 + 1, 2**63 - 1, -(2**63)):
    error = refusal(orders.call, "orders.Purchase", purchase(event_id, [(a, 1), (b, quantity)]))
    check.that(f"{quantity} is refused by name", error and error.code == "INVALID_ARGUMENT"
               and "quantity" in error.message, error)
error = refusal(orders.call, "orders.Purchase", purchase(event_id, [(a, 3), (a, -2)]))
check.that("a line that takes another back is refused", error is not None, error)
for total in (-1, 10**12 + 1):
    error = refusal(orders.call, "orders.Purchase",
                    purchase(event_id, [(a, 1)], expectedTotal=euro(total)))
    check.that(f"an expected total of {total} is refused",
               error and "expectedTotal" in error.message, error)
for price in (-1, 10**12 + 1):
    error = refusal(operator.call, "inventory.PutTicketType", {
        "ticketTypeId": uuid.uuid4(), "eventId": event_id, "name": "Gift", "price": euro(price)})
    check.that(f"a price of {price} is refused", error and "price" in error.message, error)
for quantity in (-1, 0):
    error = refusal(inventory.call, "inventory.Reserve", {
        "holdId": uuid.uuid4(), "eventId": event_id, "owner": "ann",
        "lines": [{"ticketTypeId": a, "quantity": quantity}]})
    check.that(f"Reserve of {quantity} is refused", error and "quantity" in error.message, error)
stock = inventory.call("inventory.GetAvailability", {"eventId": event_id})["event"]
check.that("nothing was taken", (stock["held"], stock["sold"],
           stock["available"]) == (0, 0, 20), stock)
check.end()

"""camunda/camunda#12778: what was activated did not fit into a message, so nobody ever got it.

Here: the largest orders that may be asked for, an event with 130 long descriptions (500 types of
8192 bytes are allowed), and a list of large holds.

Right: either it is refused before money moves, or the buyer who has paid gets their tickets; a paid
order that no call can answer is neither. A new order has at most 2,000 tickets; an order's reply
has the first 500 and says how many there are, `orders.ListTickets` has all (README)."""
from kit import *

check = Check("an order too big to be read (camunda#12778)")
operator, orders = Client("inventory", "operator"), Client("orders")
event_id, types = event(operator, [{"maxPerOrder": 1_000, "price": euro(100)}] * 20)
for count in (3, 8, 20):
    error = refusal(orders.call, "orders.Purchase", purchase(
        event_id, [(type_id, 1_000) for type_id in types[:count]]))
    check.that(f"{count},000 tickets are refused, with the most that there may be",
               error and error.outcome == "refused" and "2000" in error.message.replace(",", ""),
                   error)
check.that("nothing was taken", Client("inventory").call(
    "inventory.GetAvailability", {"eventId": event_id})["event"]["held"] == 0)

body = purchase(event_id, [(type_id, 100) for type_id in types])
error = refusal(orders.call, "orders.Purchase", body, deadlineMs=30_000)
check.that("2,000 tickets are sold", error is None and refusal.reply["state"] == "COMPLETED", error)
first = orders.call("orders.GetOrder", {"orderId": body["purchaseId"]})
check.that("the order tells of 2,000 and carries 500",
           (first["ticketsTotal"], len(first["tickets"])) == (2_000, 500),
           (first.get("ticketsTotal"), len(first["tickets"])))
tickets, after = list(first["tickets"]), first.get("ticketsNext")
while after:
    page = orders.call("orders.ListTickets", {"orderId": body["purchaseId"], "after": after})
    tickets += page["tickets"]
    after = page.get("next")
check.that("ListTickets has the others, each once",
           len({ticket["code"] for ticket in tickets}) == len(tickets) == 2_000, len(tickets))
for method, key in (("GetOrder", "orderId"), ("GetCheckout", "checkoutId"), ("Purchase", None)):
    error = refusal(orders.call, f"orders.{method}", {key: body["purchaseId"]} if key else body)
    check.that(f"{method} answers", error is None, error)

many = uuid.uuid4()
operator.call("inventory.CreateEvent", {
    "eventId": many, "title": "Many words", "startsAt": now_ms(), "currency": "EUR"})
for index in range(130):
    operator.call("inventory.PutTicketType", {
        "ticketTypeId": uuid.uuid4(), "eventId": many, "name": f"T{index}", "price": euro(1),
        "description": "d" * 8_192})
error = refusal(operator.call, "inventory.PublishEvent", {"eventId": many, "expectedVersion": 1})
check.that("an event with 130 long descriptions is published", error is None, error)
error = refusal(operator.call, "inventory.GetEvent", {"eventId": many})
check.that("and can be read", error is None, error)
seen, after = set(), None
while not error:
    reply = operator.call("inventory.GetEvent", {
                          "eventId": many, **({"after": after} if after else {})})
    seen |= {each["ticketTypeId"] for each in reply["ticketTypes"]}
    after = reply.get("next")
    if not after:
        break
check.that("with all of its types", len(seen) == 130, len(seen))

event_id, types = event(operator, [{"name": "N" * 255, "maxPerOrder": 1_000} for _ in range(20)])
inventory = Client("inventory")
for index in range(140):
    inventory.call("inventory.Reserve", {
        "holdId": uuid.uuid4(), "eventId": event_id, "owner": "o" * 120 + str(index),
            "ttlMs": 60_000,
        "lines": [{"ticketTypeId": type_id, "quantity": 100} for type_id in types]})
error = refusal(operator.call, "inventory.ListHolds", {"state": "ACTIVE"})
check.that("140 large holds can be listed", error is None, error)
check.end()

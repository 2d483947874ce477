"""HiEventsDev/Hi.Events#876, #715 and #665, Attendize/Attendize#766: a dashboard went on counting
what had been cancelled or given back.

Right: what is sold, held and free, the orders, the money and the states agree with what became of
every purchase (GetAvailability, ListOrders, LedgerBalance, Stats), without anybody recomputing
them."""
from kit import *

check = Check("the counts of a dashboard (Hi.Events#876, Attendize#766)")
suite = Suite(sim="lateMs=3000,actionMs=1500").start_all()
operator, orders, inventory = suite.client(
    "inventory"), suite.gateway("orders"), suite.gateway("inventory")
event_id, (type_id,) = event(
    operator, [{"price": euro(1_000), "taxBasisPoints": 1_900}], totalCapacity=50,
    feePerTicket=euro(100))


def pay(body, method, **more):
    return refusal(orders.call, "orders.StartPayment", {
        "checkoutId": body["checkoutId"], "attemptId": uuid.uuid4(), "provider": "sim",
        "paymentMethod": method, **more})


def open_(quantity, **more):
    body = checkout(event_id, [(type_id, quantity)], **more)
    orders.call("orders.CreateCheckout", body)
    return body


def cancel(body, **more):
    orders.call("orders.CancelCheckout", {"checkoutId": body["checkoutId"], "reason": "x", **more})


ended = {}
body = purchase(event_id, [(type_id, 2)])
orders.call("orders.Purchase", body)
ended[body["purchaseId"]] = {"COMPLETED"}
body = purchase(event_id, [(type_id, 3)], paymentMethod="sim_declined")
refusal(orders.call, "orders.Purchase", body)
ended[body["purchaseId"]] = {"CANCELLED"}
body = open_(4)
cancel(body, waitMs=3_000)
ended[body["checkoutId"]] = {"CANCELLED"}
ended[open_(5, holdTtlMs=1_000)["checkoutId"]] = {"EXPIRED"}
body = open_(6)
pay(body, "sim_late", captureMode="SALE", waitMs=100)
cancel(body)
ended[body["checkoutId"]] = {"CANCELLED", "REFUNDED"}
body = open_(1)
pay(body, "sim_action", waitMs=100)
ended[body["checkoutId"]] = {"COMPLETED"}
for id_, states in ended.items():
    view = settle(orders, id_)
    check.that(f"{'/'.join(states)}", view["state"] in states, view["state"])
time.sleep(8)
stock = inventory.call("inventory.GetAvailability", {"eventId": event_id})["event"]
check.that("3 sold, none held, 47 free",
           (stock["sold"], stock["held"], stock["available"]) == (3, 0, 47), stock)
found = orders.call("orders.ListOrders", {"eventId": event_id})["orders"]
total = 2_618 + 1_309
check.that("two orders of 39.27 together", len(found) == 2 and sum(
    order["total"]["amount"] for order in found) == total, found)
books = suite.client("payments")
accounts = {}
for row in books.call("payments.LedgerBalance", {"limit": 500})["accounts"]:
    accounts[row["account"].split(":")[0]] = accounts.get(
        row["account"].split(":")[0], 0) + row["credit"] - row["debit"]
check.that("revenue and tax are what was bought",
           accounts["revenue"] + accounts["tax_payable"] == total, accounts)
check.that("nobody is owed money, none lies about",
           accounts.get("funds", 0) == accounts.get("refunds_payable", 0) == 0, accounts)
counters = suite.client("orders").call("orders.Stats")["counters"]
states = {k.split(".")[1]: v for k, v in counters.items() if k.startswith("checkouts.") and v}
check.that("Stats counts six checkouts by how they ended",
           sum(states.values()) == 6 and states.get("COMPLETED") == 2
               and states.get("EXPIRED") == 1, states)
lower = books.call("payments.LedgerBalance", {
                   "prefix": f"revenue:{event_id}", "limit": 5})["accounts"]
check.that("an event's revenue is found under its id as it is written everywhere",
    len(lower) == 1, lower)
status = suite.run("orders", "verify", "--settle", "--address", suite.addresses["orders"])
check.that("every invariant holds", status[0] == 0, status)
check.end()

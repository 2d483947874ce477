"""npgsql/efcore.pg#1306 (and goldsky-io/streamling pull 65): after a failover the pool went on with
connections to the old writer, which was still up and took reads only.

Here: the old primary refuses writes but stays up with its sessions, the standby is promoted.
Right: README: "Name a primary and its synchronous standby with target_session_attrs=read-write, and
the services find the new primary by themselves; what was acknowledged is on it." Every later answer
knows what was acknowledged: a paid order is found, the stock is what is left."""
from kit import *

check = Check("the old primary lives on, read-only (efcore.pg#1306)")
server = Postgres()
server.standby()
suite = Suite(environment={"TURNSTILE_DATABASE": server.url}).start_all()
event_id, (type_id,) = event(suite.client("inventory"), [{}], totalCapacity=100)
view = suite.gateway("orders").call("orders.Purchase", purchase(event_id, [(type_id, 1)]))
check.that("it sells on the primary", view["state"] == "COMPLETED", view["state"])
server.sql("ALTER SYSTEM SET default_transaction_read_only = on")
server.sql("SELECT pg_reload_conf()")
time.sleep(0.5)
server.promote()
orders, bought = suite.gateway("orders"), []
for _ in range(3):
    body = purchase(event_id, [(type_id, 1)], owner="ann")
    began = time.time()
    error = refusal(orders.call, "orders.Purchase", body, deadlineMs=30_000)
    check.that("it sells on the new primary", not error and refusal.reply["state"] == "COMPLETED",
               error or refusal.reply["state"])
    check.note(f"after {time.time() - began:.2f} s")
    bought.append(body["purchaseId"])
time.sleep(3)
orders, inventory = suite.gateway("orders"), suite.gateway("inventory")
for method, key in (("GetCheckout", "checkoutId"), ("GetOrder", "orderId")):
    errors = [refusal(orders.call, f"orders.{method}", {key: id_}) for id_ in bought]
    check.that(f"{method} finds what was sold since", errors == [None] * 3,
               [e and e.reason for e in errors])
found = orders.call("orders.ListOrders", {"owner": "ann"})["orders"]
check.that("ListOrders has all three", len(found) == 3, len(found))
left = inventory.call("inventory.GetAvailability", {"eventId": event_id})["event"]["available"]
check.that("96 tickets are left", left == 96, left)
pending = suite.client("orders").call("orders.VerifyInvariants", {}, deadlineMs=30_000)["pending"]
check.that("verify has nothing pending", pending == 0, pending)
old = server.sql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'turnstile' "
                 "AND application_name LIKE 'turnstile%'")
check.note(f"{old} sessions are still open at the old primary")
check.that("all services live", all(suite.alive().values()), suite.alive())
check.end()

"""Metaswitch/chronos#85, quartznet/quartznet pull 3148: when NTP set the clock, timers popped at
once or not for as long as the jump was.

Right: "count from here, not by your clock" (turnstile.cddl, expiresInMs): a hold lasts as long as
was said, whichever way the wall clock jumps meanwhile, and neither sooner nor later is anything
sold."""
from kit import *

check = Check("the clock jumps while it runs (chronos#85)")
suite = Suite()
clock = FakeClock(suite, "+0")
for name in ("inventory", "payments", "orders"):
    suite.start(name, **clock.environment)
operator, gateway = suite.client("inventory"), suite.gateway("inventory")
event_id, (type_id,) = event(operator, [{}], totalCapacity=9, openCheckouts="ALLOW")


def hold():
    body = {"holdId": uuid.uuid4(), "eventId": event_id, "owner": "ann", "ttlMs": 4_000,
            "lines": [{"ticketTypeId": type_id, "quantity": 1}]}
    gateway.call("inventory.Reserve", body)
    return body["holdId"]


def state(hold_id):
    return gateway.call("inventory.GetHold", {"holdId": hold_id})["state"]


for jump in ("+3600", "-3600", "+86400", "+0"):
    one = hold()
    clock.set(jump)
    time.sleep(0.3)
    two = hold()
    check.that(f"{jump} s: holds from before and after live", state(one) == state(two) == "ACTIVE",
               (state(one), state(two)))
    time.sleep(5.5)
    check.that(f"{jump} s: both end after four seconds", state(one) == state(two) == "EXPIRED",
               (state(one), state(two)))
body = checkout(event_id, [(type_id, 1)])
suite.gateway("orders").call("orders.CreateCheckout", body)
view = suite.gateway("orders").call("orders.StartPayment", {
    "checkoutId": body["checkoutId"], "attemptId": uuid.uuid4(), "provider": "sim",
    "paymentMethod": "sim_ok"})
check.that("and it sells", view["state"] == "COMPLETED", view["state"])
check.that("the jumps are in the log", "clock_jump" in suite.log("inventory"))
check.end()

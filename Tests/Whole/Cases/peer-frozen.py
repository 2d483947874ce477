"""istio/istio#33466, grpc/grpc-go#7542, y-scope/spider#482: a peer that is frozen answers nothing
and closes nothing, and requests hang for a quarter of an hour.

Right: a call ends within its deadline ("at most 30,000"), a buyer is told where the purchase stands
(`waitMs`), health of the frozen one is not well, and once it moves again everything is finished
within seconds (README: "an answer that does not come is asked for again, never undone")."""
import signal

from kit import *

check = Check("a peer is frozen (istio#33466, grpc-go#7542)")
suite = Suite().start_all()
event_id, (type_id,) = event(suite.client("inventory"), [{}], totalCapacity=20)
suite.gateway("orders").call("orders.Purchase", purchase(event_id, [(type_id, 1)]))
for name in ("payments", "inventory"):
    orders, process = suite.gateway("orders"), suite.running[name]
    process.send_signal(signal.SIGSTOP)
    try:
        began, body = time.time(), purchase(event_id, [(type_id, 1)], waitMs=2_000)
        view = orders.call("orders.Purchase", body, deadlineMs=8_000)
        check.that(f"{name}: the purchase is answered in time",
                   time.time() - began < 4, view["state"])
        began = time.time()
        view = orders.call("orders.GetCheckout", {"checkoutId": body["purchaseId"]})
        check.that(f"{name}: it can be looked at", time.time() - began < 1, view["state"])
        status = suite.run(name, "health", "--address",
                           suite.addresses[name], "--timeout-ms", "1500")
        check.that(f"{name}: health is 1", status[0] == 1, status)
        time.sleep(12)
        saga = suite.client("orders").call("orders.GetSaga", {"checkoutId": body["purchaseId"]})
        step = "pay" if name == "payments" else "reserve"
        check.that(f"{name}: the operator sees the step and its trouble",
                   saga.get("step") == step and saga.get("trouble"), saga)
    finally:
        process.send_signal(signal.SIGCONT)
    began = time.time()
    view = settle(suite.gateway("orders"), body["purchaseId"], 30)
    check.that(f"{name}: thawed, it is finished", view["state"] == "COMPLETED", view["state"])
    check.note(f"after {time.time() - began:.1f} s")
status, out, error = suite.run("orders", "verify", "--settle",
                               "--address", suite.addresses["orders"])
check.that("every invariant holds", status == 0, out + error)
check.end()

"""PikoCI/pikoci#572, gadget-inc/silo pull 178: a graceful stop waited for open streams for ever,
and left a process without a listener.

Right: "serves until SIGTERM, then drains" (--help), drainMs 10 s (RPCLimits): whatever polls,
idles, stands in the middle of a frame or in the middle of a purchase, the process is gone by then
with status 0; calls under way are answered, and what the answers say is so."""
from kit import *

check = Check("a stop with long polls (pikoci#572)")
suite = Suite().start_all()
event_id, (type_id,) = event(suite.client("inventory"), [{}])
orders = suite.gateway("orders")
body = checkout(event_id, [(type_id, 1)])
view = orders.call("orders.CreateCheckout", body)
watch, slow, half = suite.gateway("orders"), suite.gateway("orders"), suite.client("orders")
idle = [suite.client("orders") for _ in range(3)]
feeds = {name: suite.client(name) for name in suite.addresses}
watch.write([1, 1, "orders.WatchCheckout", {}, {
    "checkoutId": body["checkoutId"], "sinceVersion": view["version"], "waitMs": 20_000}])
for name, client in feeds.items():
    reply = client.call(f"{name}.ReadEvents", {"afterSeq": 0, "limit": 1, "waitMs": 0})
    client.write([1, 9, f"{name}.ReadEvents", {}, {
        "feedId": reply["feedId"], "afterSeq": reply["head"], "limit": 1, "waitMs": 20_000}])
half.socket.sendall(b"\x00\x00\x10\x00half")
slow.write([1, 1, "orders.Purchase", {}, purchase(
    event_id, [(type_id, 1)], paymentMethod="sim_slow")])
time.sleep(0.7)
began, status = time.time(), suite.stop("orders")
took = time.time() - began
check.that("orders stops in time with status 0", status == 0 and took < 11, (status, took))
check.note(f"after {took:.1f} s")
error = refusal(slow.answer, 1)
check.that("the purchase under way is answered",
           error is None and refusal.reply["state"] in ("COMPLETED", "COMMITTING"), error)
error = refusal(watch.answer, 1)
check.that("the watcher is answered", error is None or error.reason in (
    "DRAINING", "UNAVAILABLE"), error)
for name, client in feeds.items():
    if name != "orders":
        check.that(f"{name} stops with status 0", suite.stop(name) == 0)
    try:
        error = refusal(client.answer, 9)
        said = error and error.error
    except Closed as closed:
        error, said = None, str(closed)
    check.that(f"{name}: a reader of the feed is not told that it cancelled",
               not (error and error.reason == "CANCELLED"), said)
check.end()

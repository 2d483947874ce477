"""systemd/systemd#6036 (a commenter's server had booted in 2098): after the clock was set right,
what had been planned by the wrong one never came.

Here: the machine starts with its clock an hour ahead, the services run a moment, the clock is set
right, and the services are started again.

Right: then sales begin and end by the right clock; and as long as they do not, an operator is told
(README: "an instant milliseconds since 1970 UTC"; salesStart: "no sale before")."""
from kit import *

check = Check("booted in the future (systemd#6036)")
suite = Suite(sim="webhookBp=0")
clock = FakeClock(suite, "+3600")
for name in ("inventory", "payments", "orders"):
    suite.start(name, **clock.environment)
event(suite.client("inventory"), [{}])
body = json.dumps({"id": "evt_first", "type": "zzz", "created": 1}).encode()
secret = webhook_secret(suite.credentials)
suite.gateway("payments").call("payments.IngestWebhook", {
    "provider": "sim", "rawBody": body, "headers": [
        {"name": "sim-signature", "value": signed(secret, body, int(time.time()) + 3_600)}]})
suite.stop_all()
clock.set("+0")
marks = {name: len(suite.log(name)) for name in suite.addresses}
for name in ("inventory", "payments", "orders"):
    suite.start(name, **clock.environment)
operator, orders = suite.client("inventory"), suite.gateway("orders")
event_id, (type_id,) = event(operator, [{}], salesStart=now_ms() + 1_800_000)
error = refusal(orders.call, "orders.Purchase", purchase(event_id, [(type_id, 1)]))
check.that("a sale that begins in half an hour has not begun",
           error is not None and error.detail.get("why") == "BEFORE",
           error or refusal.reply["state"])
error = refusal(event, operator, [{}], salesEnd=now_ms() + 1_800_000)
check.that("a sale that ends in half an hour can be opened", error is None, error)
event_id, (type_id,) = event(operator, [{}])
hold = suite.gateway("inventory").call("inventory.Reserve", {
    "holdId": uuid.uuid4(), "eventId": event_id, "owner": "ann",
    "lines": [{"ticketTypeId": type_id, "quantity": 1}]})
ahead = hold["createdAt"] - now_ms()
check.that("createdAt is now", abs(ahead) < 60_000, f"{ahead} ms ahead")
body = json.dumps({"id": "evt_second", "type": "zzz", "created": 1}).encode()
error = refusal(suite.gateway("payments").call, "payments.IngestWebhook", {
    "provider": "sim", "rawBody": body,
    "headers": [{"name": "sim-signature", "value": signed(secret, body)}]})
check.that("a webhook signed just now is taken", error is None, error)
said = [line for name in suite.addresses for line in suite.log(name)[marks[name]:].splitlines()
        if "clock" in line]
check.that("or at least the log tells of the clock", not check.failed or bool(said), said)
check.end()

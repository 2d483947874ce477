"""saleor/saleor pull 19560, prisma/orm#2855: a page's cursor did not name one row, so rows were
skipped or came again.

Right: "in order of their ids, a page at a time" (describe): whatever the page's size, the pages
together are the whole list, each entry once; a bad cursor does no harm."""
from kit import *

check = Check("pages (saleor pull 19560)")
suite = Suite().start_all()
operators = {name: suite.client(name) for name in suite.addresses}
orders, payments = suite.gateway("orders"), suite.gateway("payments")
secret = webhook_secret(suite.credentials)
for currency in ("EUR", "JPY"):
    event_id, (type_id,) = event(
        operators["inventory"], [{"price": euro(1_000, currency)}], currency=currency)
    for owner in ("ann", "Ann", "ann-b", "ÄNN"):
        orders.call("orders.Purchase", purchase(event_id, [(type_id, 1)], owner=owner))
    for _ in range(3):
        orders.call("orders.CreateCheckout", checkout(event_id, [(type_id, 1)]))
for id_ in ("evt_b", "evt-a", "evt_A", "EVT_a", "evt.c", "evt_10", "evt_9", "~z", "!a", "evt%x",
    "evt_a"):
    body = json.dumps({"id": id_, "type": "zzz", "created": 1}).encode()
    payments.call("payments.IngestWebhook", {
        "provider": "sim", "rawBody": body,
        "headers": [{"name": "sim-signature", "value": signed(secret, body)}]})
time.sleep(2)


def walk(service, method, field, key, limit, **body):
    rows, after = [], None
    for _ in range(100):
        more = {"after": after} if after else {}
        reply = operators[service].call(f"{service}.{method}", {**body, "limit": limit, **more})
        rows += [tuple(row[k] for k in key) for row in reply[field]]
        after = reply.get("next")
        if not after:
            return rows
    return rows


for service, method, field, key, body in (
    ("orders", "ListOrders", "orders", ["orderId"], {}),
    ("orders", "ListOrders", "orders", ["orderId"], {"owner": "Ann"}),
    ("inventory", "ListHolds", "holds", ["holdId"], {"state": "ACTIVE"}),
    ("payments", "ListWebhooks", "webhooks", ["eventId"], {}),
    ("payments", "ListWebhooks", "webhooks", ["eventId"], {"state": "IGNORED"}),
    ("payments", "LedgerBalance", "accounts", ["account", "currency"], {}),
    ("payments", "LedgerBalance", "accounts", ["account", "currency"], {"prefix": "revenue:"}),
):
    whole = walk(service, method, field, key, 500, **body)
    check.that(f"{method} {body}: {len(whole)} entries, each once",
               whole and len(whole) == len(set(whole)), whole)
    for limit in (1, 2, 3):
        pages = walk(service, method, field, key, limit, **body)
        check.that(f"{method} {body} by {limit}", pages == whole, len(pages))
check.that("another spelling of an owner is another owner", len(orders.call(
    "orders.ListOrders", {"owner": "ann%"})["orders"]) == 0)
check.end()

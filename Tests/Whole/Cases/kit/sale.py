"""An event on sale, and what buyers ask for."""
import base64
import hmac
import json
import time
import uuid

from .client import Client
from .settings import CREDENTIALS


def euro(amount, currency="EUR"):
    return {"amount": amount, "currency": currency}


def now_ms():
    return time.time_ns() // 1_000_000


def event(operator, types, currency="EUR", publish=True, **more):
    """A published event; `types` is a list of dictionaries that overrule a type's defaults.
    Returns the event's id and those of its types."""
    body = {
        "eventId": uuid.uuid4(), "title": "Night at the Quay", "startsAt": now_ms() + 86_400_000,
        "currency": currency, **more,
    }
    operator.call("inventory.CreateEvent", body)
    ids = []
    for overruled in types:
        ids.append(uuid.uuid4())
        operator.call("inventory.PutTicketType", {
            "ticketTypeId": ids[-1], "eventId": body["eventId"], "name": "Regular",
            "price": euro(2_500, currency), **overruled,
        })
    if publish:
        operator.call("inventory.PublishEvent", {"eventId": body["eventId"], "expectedVersion": 1})
    return body["eventId"], ids


def purchase(event_id, items, owner=None, **more):
    """The body of orders.Purchase; items are pairs of type and quantity."""
    owner = owner or f"buyer-{uuid.uuid4()}"
    return {
        "purchaseId": uuid.uuid4(), "owner": owner, "contact": {"email": "ann@example.org"},
        "eventId": event_id,
        "items": [{"ticketTypeId": i, "quantity": n} for i, n in items],
        "provider": "sim", "paymentMethod": "sim_ok", **more,
    }


def checkout(event_id, items, owner=None, **more):
    """The body of orders.CreateCheckout."""
    owner = owner or f"buyer-{uuid.uuid4()}"
    return {
        "checkoutId": uuid.uuid4(), "owner": owner, "contact": {"email": "ann@example.org"},
        "eventId": event_id,
        "items": [{"ticketTypeId": i, "quantity": n} for i, n in items], **more,
    }


def settle(orders, checkout_id, seconds=30):
    """Waits until a checkout has ended, and returns it."""
    ends = {"REJECTED", "COMPLETED", "CANCELLED", "EXPIRED", "REFUNDED", "PARKED"}
    until = time.time() + seconds
    view = orders.call("orders.GetCheckout", {"checkoutId": checkout_id})
    while view["state"] not in ends and time.time() < until:
        view = orders.call("orders.WatchCheckout", {
            "checkoutId": checkout_id, "sinceVersion": view["version"], "waitMs": 2_000})
    return view


def available(inventory, event_id, index=0):
    reply = inventory.call("inventory.GetAvailability", {"eventId": event_id})
    return reply["types"][index].get("available")


def violations(*services):
    """What VerifyInvariants finds at the services named, or all three."""
    found = []
    for service in services or ("inventory", "orders", "payments"):
        client = Client(service, "operator")
        reply = client.call(f"{service}.VerifyInvariants", {}, deadlineMs=30_000)
        found += reply["violations"]
        client.close()
    return found


def signed(secret, body, seconds=None):
    """The header that sim signs a webhook with."""
    seconds = int(time.time()) if seconds is None else seconds
    code = hmac.new(secret, f"{seconds}.".encode() + body, "sha256").hexdigest()
    return f"t={seconds},v1={code}"


def webhook_secret(credentials=None):
    with open(credentials or CREDENTIALS, encoding="utf-8") as file:
        return base64.b64decode(json.load(file)["webhookSecrets"]["sim"][0])

"""Buys a ticket from the three services and holds every frame against the published schema.

usage: purchase.py SCHEMA CREDENTIALS INVENTORY ORDERS PAYMENTS

SCHEMA is turnstile.cddl, CREDENTIALS the folder of the parties' files, the others are addresses.
Exit status 1 when a message does not fit the schema, or a spoiled one does.
"""
import base64
import json
import sys

import cbor2
import pycddl

import gateway

SCHEMA = open(sys.argv[1], encoding="utf-8").read()
ADDRESSES = dict(zip(("inventory", "orders", "payments"), sys.argv[3:]))
schemas, seen, wrong = {}, set(), []


def fits(rule, item):
    if rule not in schemas:
        schemas[rule] = pycddl.Schema(f"root = {rule}\n{SCHEMA}")
    try:
        schemas[rule].validate_cbor(cbor2.dumps(item))
        return True
    except pycddl.ValidationError:
        return False


def spoiled(item):
    """The message with one thing wrong, for each thing that it has."""
    for key in item:
        yield {**item, key: 1.5}
        yield {**item, key + "x": item[key]}
    yield [item]


def check(rule, item):
    seen.add(rule)
    if not fits(rule, item):
        wrong.append(f"{rule} does not allow {item}")
    for other in spoiled(item) if isinstance(item, dict) else ():
        if fits(rule, other):
            wrong.append(f"{rule} allows {other}")


class Client(gateway.Client):
    """Checks frames and bodies on their way."""

    def __init__(self, service, identity):
        with open(f"{sys.argv[2]}/{identity}.json", encoding="utf-8") as file:
            secret = json.load(file)["identities"][identity]["secrets"][0]
        super().__init__(service, ADDRESSES[service], identity, base64.b64decode(secret))

    def write(self, item):
        check("frame", item)
        super().write(item)

    def read(self):
        item = super().read()
        check("frame", item)
        return item

    def call(self, method, body, **context):
        check(f"{method}.request", body)
        try:
            reply = super().call(method, body, **context)
        except gateway.Refused as refusal:
            error = refusal.args[0]
            rule = error["reason"] + ".detail"
            seen.add(rule)
            if not fits(rule, error.get("detail", {})):
                wrong.append(f"{rule} does not allow {error}")
            raise
        check(f"{method}.reply", reply)
        return reply


def sell(manager, event, ticket_type):
    manager.call("inventory.CreateEvent", {
        "eventId": event, "title": "Nachtkonzert", "startsAt": 4_102_444_800_000,
        "currency": "EUR", "totalCapacity": 10})
    manager.call("inventory.PutTicketType", {
        "ticketTypeId": ticket_type, "eventId": event, "name": "Parkett",
        "price": {"amount": 4200, "currency": "EUR"}})
    version = manager.call("inventory.GetEvent", {"eventId": event})["event"]["version"]
    manager.call("inventory.PublishEvent", {"eventId": event, "expectedVersion": version})


def hold(shop, event, ticket_type):
    identity = gateway.new_id()
    shop.call("inventory.Reserve", {
        "holdId": identity, "eventId": event, "owner": "user:ann",
        "lines": [{"ticketTypeId": ticket_type, "quantity": 2}]})
    shop.call("inventory.GetHold", {"holdId": identity})
    shop.call("inventory.ReleaseHold", {"holdId": identity, "reason": "BUYER"})
    nothing = {
        "holdId": gateway.new_id(), "eventId": event, "owner": "user:ann",
        "lines": [{"ticketTypeId": ticket_type, "quantity": 0}]}
    if fits("inventory.Reserve.request", nothing):
        wrong.append("the schema allows a hold of no tickets")
    try:
        gateway.Client.call(shop, "inventory.Reserve", nothing)
        wrong.append("a hold of no tickets was not refused")
    except gateway.Refused as error:
        if error.args[0]["reason"] != "INVALID_ARGUMENT":
            wrong.append(f"a hold of no tickets: {error}")


def buy(orders, event, ticket_type):
    identity = gateway.new_id()
    checkout = orders.call("orders.Purchase", {
        "purchaseId": identity, "owner": "user:ann", "eventId": event,
        "contact": {"email": "ann@example.org"},
        "items": [{"ticketTypeId": ticket_type, "quantity": 2}],
        "provider": "sim", "paymentMethod": "sim_ok"})
    if checkout["state"] != "COMPLETED" or len(checkout["order"]["tickets"]) != 2:
        wrong.append(f"no tickets: {checkout}")
    orders.call("orders.GetCheckout", {"checkoutId": identity})
    orders.call("orders.GetOrder", {"orderId": identity})
    orders.call("orders.ListTickets", {"orderId": identity, "limit": 1})
    orders.call("orders.ListOrders", {"owner": "user:ann"})
    return identity, checkout


def buy_step_by_step(orders, event, ticket_type):
    identity, attempt = gateway.new_id(), gateway.new_id()
    checkout = orders.call("orders.CreateCheckout", {
        "checkoutId": identity, "owner": "user:ann", "eventId": event,
        "contact": {"email": "ann@example.org"},
        "items": [{"ticketTypeId": ticket_type, "quantity": 1}]})
    if checkout["state"] != "RESERVED" or checkout["expiresInMs"] <= 0:
        wrong.append(f"not reserved: {checkout}")
    checkout = orders.call("orders.StartPayment", {
        "checkoutId": identity, "attemptId": attempt, "provider": "sim",
        "paymentMethod": "sim_ok"})
    if checkout["state"] != "COMPLETED":
        wrong.append(f"not paid: {checkout}")
    orders.call("orders.WatchCheckout", {"checkoutId": identity, "sinceVersion": 0})
    identity = gateway.new_id()
    orders.call("orders.CreateCheckout", {
        "checkoutId": identity, "owner": "user:bob", "eventId": event,
        "contact": {"email": "bob@example.org"},
        "items": [{"ticketTypeId": ticket_type, "quantity": 1}]})
    checkout = orders.call("orders.CancelCheckout", {
        "checkoutId": identity, "reason": "changed my mind", "waitMs": 5000})
    if checkout["state"] != "CANCELLED":
        wrong.append(f"not cancelled: {checkout}")


def look(event, order, checkout):
    for service, address in ADDRESSES.items():
        operator = Client(service, "operator")
        operator.call(f"{service}.Stats", {})
        operator.call(f"{service}.VerifyInvariants", {})
        operator.call(f"{service}.ReadEvents", {"afterSeq": 0, "limit": 100, "waitMs": 0})
    Client("orders", "operator").call("orders.GetSaga", {"checkoutId": order})
    inventory = Client("inventory", "operator")
    inventory.call("inventory.GetAvailability", {"eventId": event})
    inventory.call("inventory.ListHolds", {"state": "COMMITTING"})
    payments = Client("payments", "operator")
    payments.call("payments.GetPayment", {"paymentId": checkout["payment"]["paymentId"]})
    payments.call("payments.LedgerBalance", {"limit": 10})


def refusals(shop, orders, event, ticket_type):
    hold = {"holdId": gateway.new_id(), "eventId": event, "owner": "user:ann",
            "lines": [{"ticketTypeId": ticket_type, "quantity": 900}]}
    for client, method, body, reason in (
            (shop, "inventory.GetHold", {"holdId": gateway.new_id()}, "HOLD_NOT_FOUND"),
            (shop, "inventory.GetEvent", {"eventId": gateway.new_id()}, "NOT_FOUND"),
            (shop, "inventory.Reserve", hold, "QUANTITY_OUT_OF_RANGE"),
            (orders, "orders.GetCheckout", {"checkoutId": gateway.new_id()}, "CHECKOUT_NOT_FOUND"),
            (orders, "orders.GetSaga", {"checkoutId": gateway.new_id()}, "PERMISSION_DENIED")):
        try:
            client.call(method, body)
            wrong.append(f"{method} was not refused")
        except gateway.Refused as error:
            if error.args[0]["reason"] != reason:
                wrong.append(f"{method} was refused by {error}")


def main():
    event, ticket_type = gateway.new_id(), gateway.new_id()
    sell(Client("inventory", "operator"), event, ticket_type)
    hold(Client("inventory", "gateway"), event, ticket_type)
    order, checkout = buy(Client("orders", "gateway"), event, ticket_type)
    buy_step_by_step(Client("orders", "gateway"), event, ticket_type)
    refusals(Client("inventory", "gateway"), Client("orders", "gateway"), event, ticket_type)
    look(event, order, checkout)
    for problem in wrong[:20]:
        print(problem[:1000])
    print(len(seen), "rules held against real messages,", len(wrong), "problems")
    sys.exit(1 if wrong else 0)


main()

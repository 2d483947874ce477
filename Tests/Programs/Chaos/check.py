#!/usr/bin/env python3
"""Judges a round: reads the four databases and the callers' own log, and nothing else of Turnstile.

usage: check.py [--postgresql ADDRESS] [--settle SECONDS] FOLDER

The folder holds inventory.db, orders.db, payments.db, payments.db.sim and callers.jsonl. Prints one
object {"checked", "findings", "figures"} and exits with 1 when there are findings. With --settle it
waits, while the services still run, until nothing is on its way any more. With --postgresql the
databases are copied from there first.
"""
import json
import os
import sqlite3
import sys
import time
import uuid
from collections import Counter, defaultdict

from export import export

FINAL = {"REJECTED", "COMPLETED", "CANCELLED", "EXPIRED", "REFUNDED"}
# Of the tickets of an order, so many are in an answer.
TOLD = 500
MOST_FINDINGS = 200


def name(key):
    return str(uuid.UUID(bytes=bytes(key)))


class Round:
    """The databases of a round, each as it is now."""

    def __init__(self, folder):
        def database(file):
            path = os.path.join(folder, file)
            return sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)

        self.folder = folder
        self.inventory = database("inventory.db")
        self.orders = database("orders.db")
        self.payments = database("payments.db")
        self.provider = database("payments.db.sim")

    def databases(self):
        return {"inventory": self.inventory, "orders": self.orders, "payments": self.payments,
                "provider": self.provider}

    def callers(self):
        with open(os.path.join(self.folder, "callers.jsonl"), encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def close(self):
        for database in self.databases().values():
            database.close()


def kept(provider, now):
    """What the provider has of each payment and did not give back. Written from what `sim`
    promises: a sale is money unless it was voided before it was due; late money comes whatever was
    voided; what is authorised must be captured."""
    amounts = {}
    for row in provider.execute(
            "SELECT payment_id, amount_minor, is_sale, fate, due_at, is_captured, is_voided, "
            "refunded_minor FROM sim_payment"):
        payment, amount, is_sale, fate, due, is_captured, is_voided, refunded = row
        if fate in ("sim_declined", "unknown"):
            has = False
        elif is_captured:
            has = True
        elif not is_sale:
            has = False
        elif fate == "sim_late":
            has = due <= now
        elif fate == "sim_action":
            has = due <= now and not is_voided
        else:
            has = not is_voided
        amounts[name(payment)] = (amount if has else 0) - refunded
    return amounts


def clock(provider):
    """The provider's own time, which may be ahead of ours."""
    stored = provider.execute("SELECT now_ms FROM writer").fetchone()
    return max(int(time.time() * 1000), stored[0] if stored else 0)


def prices(orders):
    """What the payment of each completed order was for, by payment."""
    return {name(payment): total for payment, total in orders.execute(
        "SELECT payment_id, total_minor FROM ticket_order "
        "WHERE status = 'COMPLETED' AND payment_id IS NOT NULL")}


class Judgement:
    def __init__(self):
        self.checked = 0
        self.findings = []

    def check(self, holds, finding):
        self.checked += 1
        if not holds:
            self.findings.append(finding)

    def same(self, what, actual, expected):
        self.check(actual == expected, f"{what}: {actual}, not {expected}")


def unsettled(found):
    """What is still on its way: it is no fault as long as it ends."""
    open_ones = []
    for checkout, state, step, trouble in found.orders.execute(
            "SELECT checkout_id, state, step, trouble FROM checkout WHERE state NOT IN "
            "('REJECTED', 'COMPLETED', 'CANCELLED', 'EXPIRED', 'REFUNDED')"):
        open_ones.append(f"checkout {name(checkout)} is {state} at {step}: {trouble}")
    for hold, state in found.inventory.execute(
            "SELECT hold_id, state FROM hold WHERE state IN ('ACTIVE', 'COMMITTING')"):
        open_ones.append(f"hold {name(hold)} is {state}")
    for refund, state in found.payments.execute(
            "SELECT refund_id, state FROM refund WHERE settled_at IS NULL"):
        open_ones.append(f"refund {name(refund)} is {state}")
    for account, left in found.payments.execute(
            "SELECT account, SUM(credit_minor) - SUM(debit_minor) AS left FROM ledger_entry "
            "WHERE account LIKE 'funds:%' OR account = 'refunds_payable' "
            "GROUP BY account HAVING left <> 0"):
        open_ones.append(f"{left} is left in {account}")
    price = prices(found.orders)
    now = clock(found.provider)
    coming = found.provider.execute(
        "SELECT COUNT(*) FROM sim_payment WHERE fate IN ('sim_late', 'sim_action') AND due_at > ?",
        (now,)).fetchone()[0]
    if coming:
        open_ones.append(f"{coming} payments are not due yet")
    for payment, amount in kept(found.provider, now).items():
        if amount != price.get(payment, 0):
            open_ones.append(
                f"payment {payment}: the provider keeps {amount}, not {price.get(payment, 0)}")
    return open_ones


def settle(folder, seconds, address):
    start = time.monotonic()
    while True:
        if address:
            export(address, folder)
        found = Round(folder)
        open_ones = unsettled(found)
        found.close()
        if not open_ones or time.monotonic() - start > seconds:
            return open_ones
        time.sleep(0.3)


def check_stock(found, judge):
    """Nothing is sold twice: what pools count is what completed orders have, within capacity."""
    items = Counter(dict(found.orders.execute(
        "SELECT i.ticket_type_id, SUM(i.quantity) FROM order_item i JOIN ticket_order o "
        "ON o.order_id = i.order_id WHERE o.status = 'COMPLETED' GROUP BY i.ticket_type_id")))
    tickets = Counter(dict(found.orders.execute(
        "SELECT ticket_type_id, COUNT(*) FROM ticket GROUP BY ticket_type_id")))
    per_event = Counter()
    for pool, kind, event, capacity, held, sold in found.inventory.execute(
            "SELECT pool_id, kind, event_id, capacity, held, sold FROM pool"):
        judge.same(f"{kind} pool {name(pool)}: held", held, 0)
        judge.check(
            capacity is None or sold <= capacity,
            f"{kind} pool {name(pool)}: {sold} sold of {capacity}")
        if kind == "TICKET_TYPE":
            judge.same(f"pool {name(pool)}: sold, against orders", sold, items[pool])
            judge.same(f"pool {name(pool)}: sold, against tickets", sold, tickets[pool])
            per_event[event] += sold
    for event, sold in found.inventory.execute(
            "SELECT pool_id, sold FROM pool WHERE kind = 'EVENT'"):
        judge.same(f"event {name(event)}: sold, against its types", sold, per_event[event])
    count, distinct, stored = found.orders.execute(
        "SELECT COUNT(*), COUNT(DISTINCT ticket_id), COUNT(NULLIF(LENGTH(secret), 0)) FROM ticket"
    ).fetchone()
    judge.same("tickets with a ticket_id of their own", distinct, count)
    judge.same("tickets whose code is stored", stored, 0)
    for order, wanted, has in found.orders.execute(
            "SELECT o.order_id, o.total_quantity, (SELECT COUNT(*) FROM ticket t "
            "WHERE t.order_id = o.order_id) FROM ticket_order o"):
        judge.same(f"order {name(order)}: tickets", has, wanted)


def check_holds(found, judge):
    """No hold is left open, and what is consumed belongs to one completed order."""
    completed = {row[0] for row in found.orders.execute(
        "SELECT order_id FROM ticket_order WHERE status = 'COMPLETED'")}
    consumed = Counter()
    for hold, state, order in found.inventory.execute(
            "SELECT hold_id, state, order_id FROM hold"):
        judge.check(
            state not in ("ACTIVE", "COMMITTING"), f"hold {name(hold)} is left {state}")
        if state == "CONSUMED":
            consumed[order] += 1
            judge.check(order in completed, f"hold {name(hold)} is consumed without an order")
    for order in completed:
        judge.same(f"order {name(order)}: consumed holds", consumed[order], 1)


def check_checkouts(found, judge):
    """Every checkout has ended, and orders are those of completed ones."""
    orders = dict(found.orders.execute("SELECT order_id, status FROM ticket_order"))
    for checkout, state in found.orders.execute("SELECT checkout_id, state FROM checkout"):
        judge.check(state in FINAL, f"checkout {name(checkout)} does not end: {state}")
        expected = "COMPLETED" if state == "COMPLETED" else None
        judge.same(f"checkout {name(checkout)}, {state}: order", orders.get(checkout), expected)


def check_money(found, judge):
    """Of every payment the provider keeps the price of a completed order, or nothing."""
    price = prices(found.orders)
    journal = kept(found.provider, clock(found.provider))
    for payment, amount in journal.items():
        judge.same(f"payment {payment}: kept by the provider", amount, price.get(payment, 0))
    for payment in price:
        judge.check(payment in journal, f"payment {payment}: the provider never heard of it")
    for refund, settled in found.payments.execute("SELECT refund_id, settled_at FROM refund"):
        judge.check(settled is not None, f"refund {name(refund)} is not settled")
    return journal


def check_ledger(found, judge):
    """The ledger balances, all of it and fact by fact, and agrees with orders and provider."""
    for currency, debit, credit in found.payments.execute(
            "SELECT currency, SUM(debit_minor), SUM(credit_minor) FROM ledger_entry "
            "GROUP BY currency"):
        judge.same(f"ledger, {currency}: debits, against credits", debit, credit)
    for ref, kind, debit, credit in found.payments.execute(
            "SELECT ref, kind, SUM(debit_minor), SUM(credit_minor) FROM ledger_entry "
            "GROUP BY ref, kind"):
        judge.same(f"ledger, {kind} {name(ref)}: debits, against credits", debit, credit)
    balance = defaultdict(int)
    for account, left in found.payments.execute(
            "SELECT account, SUM(credit_minor) - SUM(debit_minor) FROM ledger_entry "
            "GROUP BY account"):
        kind = account.split(":")[0]
        balance[kind] += left
        if kind in ("funds", "refunds_payable"):
            judge.same(f"ledger: left in {account}", left, 0)
    total, tax = found.orders.execute(
        "SELECT COALESCE(SUM(total_minor), 0), COALESCE(SUM(tax_minor), 0) FROM ticket_order "
        "WHERE status = 'COMPLETED'").fetchone()
    judge.same("ledger: revenue, against orders", balance["revenue"], total - tax)
    judge.same("ledger: tax, against orders", balance["tax_payable"], tax)
    took = -balance["clearing"] - balance["fees"]
    has = sum(kept(found.provider, clock(found.provider)).values())
    judge.same("ledger: money at the provider, against its journal", took, has)


def check_feeds(found, judge):
    """Facts are numbered without gaps."""
    for service, database in found.databases().items():
        count, first, last = database.execute(
            "SELECT COUNT(*), MIN(seq), MAX(seq) FROM outbox").fetchone()
        if count:
            judge.same(f"feed of {service}: first", first, 1)
            judge.same(f"feed of {service}: facts up to {last}", count, last)


def check_integrity(found, judge):
    for service, database in found.databases().items():
        found_out = database.execute("PRAGMA integrity_check").fetchone()[0]
        judge.same(f"{service}: integrity", found_out, "ok")


def check_callers(found, judge, journal):
    """Whoever was told something can rely on it."""
    states = {name(key): state for key, state in found.orders.execute(
        "SELECT checkout_id, state FROM checkout")}
    totals = {name(key): total for key, total in found.orders.execute(
        "SELECT order_id, total_minor FROM ticket_order WHERE status = 'COMPLETED'")}
    tickets = defaultdict(list)
    for order, ticket in found.orders.execute(
            "SELECT order_id, ticket_id FROM ticket ORDER BY order_id, number"):
        tickets[name(order)].append(name(ticket))
    charged = Counter()
    for payment, checkout in found.payments.execute("SELECT payment_id, checkout_id FROM payment"):
        charged[name(checkout)] += journal.get(name(payment), 0)
    holds = {name(key): state for key, state in found.inventory.execute(
        "SELECT hold_id, state FROM hold")}
    for line in found.callers():
        check_line(line, judge, states, totals, tickets, charged, holds)
    return Counter(states.values())


def check_line(line, judge, states, totals, tickets, charged, holds):
    key, ask, outcome = line["id"].lower(), line["ask"], line["outcome"]
    reply = line.get("reply") or {}
    told = reply.get("state")
    if ask.startswith("inventory."):
        if outcome == "done":
            judge.check(key in holds, f"hold {key}: its caller was told {told}, and there is none")
    elif outcome == "refused" and ask in ("orders.Purchase", "orders.CreateCheckout"):
        reason = line["error"]["reason"]
        judge.check(
            states.get(key) != "COMPLETED", f"{key} was refused, {reason}, and ended COMPLETED")
        judge.same(f"{key} was refused, {reason}, and charged", charged[key], 0)
    elif outcome == "done":
        judge.check(key in states, f"{key} was told {told}, and there is no such checkout")
        if told in FINAL:
            judge.same(f"{key} was told {told}, and ended", states.get(key), told)
        if told == "COMPLETED":
            order = reply["order"]
            given = [ticket["ticketId"].lower() for ticket in order["tickets"]]
            judge.check(len(given) > 0, f"{key} was told COMPLETED, without tickets")
            judge.same(f"{key}: tickets it was given", given, tickets[key][:TOLD])
            judge.same(f"{key}: tickets it has", order["ticketsTotal"], len(tickets[key]))
            judge.same(f"{key}: price it was told", order["total"]["amount"], totals.get(key))
            judge.same(f"{key}: charged", charged[key], totals.get(key))
        elif told in FINAL:
            judge.same(f"{key} was told {told}, and charged", charged[key], 0)


def judge_round(folder):
    found = Round(folder)
    judge = Judgement()
    check_integrity(found, judge)
    check_stock(found, judge)
    check_holds(found, judge)
    check_checkouts(found, judge)
    journal = check_money(found, judge)
    check_ledger(found, judge)
    check_feeds(found, judge)
    ends = check_callers(found, judge, journal)
    found.close()
    figures = ", ".join(f"{count} {state}" for state, count in sorted(ends.items()))
    return judge.checked, judge.findings, figures


def main(arguments):
    address = None
    if arguments[:1] == ["--postgresql"]:
        address, arguments = arguments[1], arguments[2:]
    if len(arguments) == 3 and arguments[0] == "--settle":
        left = settle(arguments[2], float(arguments[1]), address)
        checked, findings, figures = 1, [f"does not settle: {what}" for what in left], ""
    elif len(arguments) == 1:
        if address:
            export(address, arguments[0])
        checked, findings, figures = judge_round(arguments[0])
    else:
        sys.exit(__doc__)
    print(json.dumps(
        {"checked": checked, "findings": findings[:MOST_FINDINGS], "figures": figures}))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

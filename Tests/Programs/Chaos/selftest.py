#!/usr/bin/env python3
"""Makes each check of check.py fail: a check that finds nothing in its own counterexample proves
nothing.

usage: selftest.py FOLDER

The folder is that of a sound round. Each corruption is made on a copy; prints one object like
check.py's, whose findings are the corruptions that were not found.
"""
import json
import os
import shutil
import sqlite3
import sys
import tempfile

import check

# What is done to which database, and the finding that it must lead to.
IN_DATABASES = [
    ("inventory", "UPDATE pool SET sold = sold + 1 WHERE kind = 'TICKET_TYPE'", "against orders"),
    ("inventory", "UPDATE pool SET held = 1 WHERE kind = 'EVENT'", ": held"),
    ("inventory", "UPDATE pool SET capacity = sold - 1 WHERE kind = 'TICKET_TYPE'", " sold of "),
    ("inventory", "UPDATE pool SET sold = sold - 1 WHERE kind = 'EVENT'", "against its types"),
    ("inventory", "UPDATE hold SET state = 'COMMITTING' WHERE state = 'CONSUMED'",
     "is left COMMITTING"),
    ("inventory", "UPDATE hold SET order_id = randomblob(16) WHERE state = 'CONSUMED'",
     "is consumed without an order"),
    ("inventory", "UPDATE hold SET state = 'RELEASED' WHERE state = 'CONSUMED'", "consumed holds"),
    ("inventory", "DELETE FROM hold WHERE owner LIKE 'office-%'", "and there is none"),
    ("inventory", "DELETE FROM outbox WHERE seq = 1", "feed of inventory: first"),
    ("orders", "DELETE FROM outbox WHERE seq = 2", "feed of orders: facts up to"),
    ("orders", "DELETE FROM ticket WHERE number = 0", ": sold, against tickets"),
    ("orders", "DELETE FROM ticket WHERE number = 0", ": tickets: "),
    ("orders", "UPDATE ticket SET secret = zeroblob(16)", "tickets whose code is stored"),
    ("orders", "UPDATE ticket SET ticket_id = zeroblob(16)",
     "tickets with a ticket_id of their own"),
    ("orders", "UPDATE ticket SET ticket_id = randomblob(16)", "tickets it was given"),
    ("orders", "UPDATE checkout SET state = 'PAYING' WHERE state = 'COMPLETED'", "does not end"),
    ("orders", "UPDATE checkout SET state = 'CANCELLED' WHERE state = 'COMPLETED'", ": order: "),
    ("orders", "UPDATE checkout SET state = 'EXPIRED' WHERE state = 'COMPLETED'",
     "was told COMPLETED, and ended"),
    ("orders", "DELETE FROM checkout", "there is no such checkout"),
    ("orders", "UPDATE ticket_order SET total_minor = total_minor + 1", "price it was told"),
    ("orders", "UPDATE ticket_order SET total_minor = total_minor + 1",
     "ledger: revenue, against orders"),
    ("orders", "UPDATE ticket_order SET tax_minor = tax_minor - 1", "ledger: tax, against orders"),
    ("provider", "UPDATE sim_payment SET refunded_minor = 1 WHERE is_sale = 1",
     "kept by the provider"),
    ("provider", "UPDATE sim_payment SET refunded_minor = 1 WHERE is_sale = 1", "charged: "),
    ("provider", "DELETE FROM sim_payment", "the provider never heard of it"),
    ("provider", "UPDATE sim_payment SET is_captured = 1, fate = 'sim_ok', refunded_minor = 0",
     "and charged: "),
    ("provider", "UPDATE sim_payment SET refunded_minor = 1 WHERE is_sale = 1",
     "money at the provider, against its journal"),
    ("payments", "INSERT INTO refund SELECT randomblob(16), payment_id, checkout_id, 'sim', 1, "
     "'EUR', 'X', 'X', 'REQUESTED', 1, NULL, 1, NULL, NULL, 0 FROM payment LIMIT 1",
     "is not settled"),
    ("payments", "UPDATE ledger_entry SET debit_minor = debit_minor + 1 WHERE debit_minor > 0",
     "ledger, EUR: debits"),
    ("payments", "UPDATE ledger_entry SET debit_minor = debit_minor + 1 WHERE debit_minor > 0",
     "ledger, CAPTURED"),
    ("payments", "UPDATE ledger_entry SET account = 'funds:lost' WHERE account LIKE 'revenue:%'",
     "left in funds:lost"),
]


def execute(folder, database, statement):
    file = {"provider": "payments.db.sim"}.get(database, f"{database}.db")
    connection = sqlite3.connect(os.path.join(folder, file))
    connection.execute("PRAGMA ignore_check_constraints = ON")
    count = connection.execute(statement).rowcount
    connection.commit()
    connection.close()
    return count


def damage_file(folder):
    """A wrong number of free pages: every row is still there."""
    path = os.path.join(folder, "orders.db")
    execute(folder, "orders", "PRAGMA wal_checkpoint(TRUNCATE)")
    with open(path, "r+b") as file:
        file.seek(36)
        file.write((7).to_bytes(4, "big"))


def rewrite_log(folder, change):
    path = os.path.join(folder, "callers.jsonl")
    with open(path, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    for line in lines:
        if line.get("reply", {}).get("state") == "COMPLETED":
            change(line)
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)


def refuse(line):
    line.update(ask="orders.Purchase", outcome="refused", error={"reason": "SOLD_OUT"}, reply=None)


def take_tickets(line):
    line["reply"]["order"]["tickets"] = []


def say_cancelled(line):
    line["reply"]["state"] = "CANCELLED"


OTHERS = [
    ("a file is damaged", damage_file, "integrity"),
    ("a buyer was refused", lambda folder: rewrite_log(folder, refuse), "and ended COMPLETED"),
    ("a buyer was refused", lambda folder: rewrite_log(folder, refuse), "SOLD_OUT, and charged"),
    ("a buyer got no tickets", lambda folder: rewrite_log(folder, take_tickets),
     "without tickets"),
    ("a buyer was told CANCELLED", lambda folder: rewrite_log(folder, say_cancelled),
     "was told CANCELLED, and charged"),
]


def fails(source, what, corrupt, expected):
    """Whether check.py finds on a copy what was done to it."""
    with tempfile.TemporaryDirectory() as copy:
        for file in os.listdir(source):
            if ".db" in file or file == "callers.jsonl":
                shutil.copy(os.path.join(source, file), copy)
        corrupt(copy)
        findings = check.judge_round(copy)[1]
    if any(expected in finding for finding in findings):
        return []
    return [f"the checker does not find \"{expected}\" when {what}"]


def main(arguments):
    if len(arguments) != 1:
        sys.exit(__doc__)
    source, findings = arguments[0], []
    for database, statement, expected in IN_DATABASES:
        findings += fails(
            source, f"{database}: {statement}",
            lambda folder: execute(folder, database, statement), expected)
    for what, corrupt, expected in OTHERS:
        findings += fails(source, what, corrupt, expected)
    checked = len(IN_DATABASES) + len(OTHERS)
    print(json.dumps({"checked": checked, "findings": findings,
                      "figures": f"{checked - len(findings)} of {checked} corruptions found"}))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

#!/usr/bin/env python3
"""Copies what the services keep in PostgreSQL into SQLite files, for whoever judges a round.

usage: export.py ADDRESS FOLDER

Makes inventory.db, orders.db, payments.db and payments.db.sim of FOLDER anew, all from one moment.
"""
import csv
import io
import os
import sqlite3
import subprocess
import sys

SCHEMAS = {"inventory": "inventory.db", "orders": "orders.db", "payments": "payments.db",
           "payments_sim": "payments.db.sim"}
NULL = "\\N"
TYPES = {"bigint": int, "text": str, "bytea": lambda text: bytes.fromhex(text[2:])}


def psql(address, commands):
    """What the commands print, run in one session that stops at the first error."""
    return subprocess.run(
        ["psql", address, "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1"], check=True,
        input="\n".join(commands), capture_output=True, encoding="utf-8").stdout


def copy(query):
    return f"COPY ({query}) TO STDOUT (FORMAT csv, NULL '{NULL}', FORCE_QUOTE *);"


def rows(text):
    """A value that is NULL is the only one without quotes, and none of ours is that text."""
    return csv.reader(io.StringIO(text, newline=""))


def tables(address):
    found = {}
    names = ", ".join(f"'{schema}'" for schema in SCHEMAS)
    text = psql(address, [copy(
        "SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns "
        f"WHERE table_schema IN ({names}) ORDER BY 1, 2, ordinal_position")])
    for schema, table, column, kind in rows(text):
        found.setdefault((schema, table), []).append((column, TYPES[kind]))
    return found


def export(address, folder):
    found = tables(address)
    mark = "=== end of a table ==="
    commands = ["BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;"]
    for (schema, table), columns in found.items():
        names = ", ".join(column for column, _ in columns)
        commands += [copy(f"SELECT {names} FROM {schema}.{table}"), f"\\echo {mark}"]
    texts = psql(address, commands + ["COMMIT;"]).split(mark + "\n")
    for schema, file in SCHEMAS.items():
        path = os.path.join(folder, file)
        if os.path.exists(path):
            os.remove(path)
        database = sqlite3.connect(path)
        for ((owner, table), columns), text in zip(found.items(), texts):
            if owner != schema:
                continue
            names = ", ".join(column for column, _ in columns)
            database.execute(f"CREATE TABLE {table} ({names})")
            database.executemany(
                f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})",
                ([None if cell == NULL else read(cell) for cell, (_, read) in zip(row, columns)]
                 for row in rows(text)))
        database.commit()
        database.close()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    export(*sys.argv[1:])

"""ninenines/ranch#36, yesodweb/wai#928: at the limit of open files accept() was tried again at
once, for ever, at 100 % of a core. krylosov-aa/pg-status#32: and nobody was told, or told too
often.

Right: who is connected goes on, who comes waits or is told, the processor rests, and it recovers as
soon as somebody leaves (README: "Over a bound the answer is an error or a closed connection")."""
from kit import *

check = Check("too many open files (ranch#36, wai#928)")
suite = Suite()
suite.start("inventory", before=["prlimit", "--nofile=64:64"])
process = suite.running["inventory"]


def ticks():
    with open(f"/proc/{process.pid}/stat", encoding="utf-8") as file:
        fields = file.read().split()
    return int(fields[13]) + int(fields[14])


old = suite.client("inventory")
event_id, _ = event(old, [{}])
more, failed = [], 0
while failed < 5 and len(more) < 80:
    try:
        more.append(suite.client("inventory", timeout=0.2))
    except (OSError, Closed):
        failed += 1
check.that("the limit was met", failed == 5, len(more))
before = ticks()
time.sleep(3)
spent = ticks() - before
check.that("the processor rests", spent < 30, f"{spent} ticks in 3 s")
error = refusal(old.call, "inventory.GetEvent", {"eventId": event_id})
check.that("who is connected is answered", error is None, error)
error = refusal(event, old, [{}])
check.that("and may write", error is None, error)
for client in more:
    client.close()
time.sleep(1.5)
check.that("it takes new ones again", bool(suite.client("inventory", timeout=3)))
about = [line for line in suite.log("inventory").splitlines()
         if any(word in line for word in ("open files", "EMFILE", "accept"))]
check.note(f"lines of the log about it: {len(about)}")
check.end()

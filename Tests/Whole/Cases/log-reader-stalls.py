"""moby/moby#22502, containerd/containerd#9342: the reader of a service's output stalled, the pipe
filled, and the service hung in write(). Untrivial-ai/agent-orchestrator#3182, systemd/systemd#6620:
the reader went away, and the next line of the log killed the service.

Right: a service sells whether or not anybody reads its log. (README promises bounds for whatever
others do: "Everything is bounded".)"""
import fcntl

from kit import *

check = Check("the reader of the log stalls (moby#22502, containerd#9342)")


def noise(suite, rounds):
    """Strangers whose frames are wrong leave lines in the log."""
    for _ in range(rounds):
        for _ in range(15):
            try:
                client = suite.client("inventory", timeout=3)
                client.raw(cbor2.dumps([9, 1]))
                client.read()
                client.close()
            except (Closed, OSError):
                return
        time.sleep(1.1)


suite = Suite()
reader, writer = os.pipe()
suite.start("inventory", output=writer)
os.close(writer)
event_id, _ = event(suite.client("inventory"), [{}])
os.close(reader)
noise(suite, 1)
error = refusal(suite.client("inventory").call, "inventory.GetEvent", {"eventId": event_id})
check.that("the reader is gone: it serves", error is None and all(suite.alive().values()), error)
check.that("and stops with status 0", suite.stop("inventory") == 0)

suite = Suite()
reader, writer = os.pipe()
fcntl.fcntl(reader, 1031, 4_096)  # F_SETPIPE_SZ: sixteen times as soon full
suite.start("inventory", output=writer)
os.close(writer)
client = suite.client("inventory", timeout=5)
event_id, _ = event(client, [{}])
noise(suite, 4)
try:
    client.call("inventory.GetEvent", {"eventId": event_id})
    saw = None
except (OSError, Closed) as failure:
    saw = f"{type(failure).__name__}: {failure}"
check.that("the reader stalls: it answers on an old connection", saw is None, saw)
try:
    suite.client("inventory", timeout=5).close()
    saw = None
except (OSError, Closed) as failure:
    saw = f"{type(failure).__name__}: {failure}"
check.that("and on a new one", saw is None, saw)
os.set_blocking(reader, False)
try:
    os.read(reader, 65_536)
except BlockingIOError:
    pass
time.sleep(0.5)
check.that("the reader goes on: it answers", bool(suite.client("inventory", timeout=5)))
check.end()

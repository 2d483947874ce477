"""calebevans/mulder pull 86, mar-file-system/GUFI#126: a path with %, ? or # was read as an
address, and another file (or none) was opened; `mode=memory` in it even made the data vanish.

Right: `sqlite:/path/to/file` (the service's own message) is that file, whatever is in its name;
what is acknowledged survives kill -9 (README), so a place that keeps nothing is refused."""
import signal

from kit import *

check = Check("odd names of files (mulder pull 86, GUFI#126)")
for index, name in enumerate((
        "with space.db", "per%41cent.db", "question?mode=memory&x=1.db", "ha#sh.db",
            "ünï 🎭.db",
        "quote'd.db", "colon:ed.db")):
    suite = Suite()
    path = f"{suite.folder}/{name}"
    suite.start("inventory", TURNSTILE_DATABASE="sqlite:" + path)
    event_id, _ = event(suite.client("inventory"), [{}])
    suite.stop("inventory", signal.SIGKILL)
    check.that(f"{name!r} is the file", os.path.exists(path), os.listdir(suite.folder))
    suite.start("inventory", TURNSTILE_DATABASE="sqlite:" + path)
    error = refusal(suite.client("inventory").call, "inventory.GetEvent", {"eventId": event_id})
    check.that(f"{name!r} keeps what was acknowledged", error is None, error)
    suite.stop_all()
suite = Suite()
suite.start("inventory", TURNSTILE_DATABASE="sqlite::memory:")
if suite.alive()["inventory"]:
    event_id, _ = event(suite.client("inventory"), [{}])
    suite.stop("inventory", signal.SIGKILL)
    suite.start("inventory", TURNSTILE_DATABASE="sqlite::memory:")
    error = refusal(suite.client("inventory").call, "inventory.GetEvent", {"eventId": event_id})
    check.that("sqlite::memory: keeps what was acknowledged, or is refused", error is None, error)
else:
    check.that("sqlite::memory: is refused", True)
check.end()

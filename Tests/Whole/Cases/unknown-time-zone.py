"""fossasia/open-event-server pull 4038 (of #4037): an event with an unknown time zone was taken,
and broke the pages that showed it; the fix refuses it by name. Also HiEventsDev/Hi.Events#396, the
other way round: Etc/GMT+6 is a zone and was refused.

Right: `timezone` is an "IANA name, for display" (turnstile.cddl): what is none is refused by name,
what is one is taken. (There is no method yet that would mend it afterwards.)"""
from kit import *

check = Check("an unknown time zone (open-event-server pull 4038)")
operator = Client("inventory", "operator")


def made(zone):
    return refusal(operator.call, "inventory.CreateEvent", {
        "eventId": uuid.uuid4(), "title": "Zone", "startsAt": now_ms(), "currency": "EUR",
        "timezone": zone})


for zone in ("Europe/Vienna", "Etc/GMT+6", "Asia/Ho_Chi_Minh", "America/Argentina/Buenos_Aires"):
    error = made(zone)
    check.that(f"{zone} is taken", error is None, error)
for zone in ("Mars/Olympus", "UT+1", "Singapore\n", "\u202eEurope/Vienna", " "):
    error = made(zone)
    check.that(f"{zone!r} is refused by name", error is not None and "timezone" in error.message,
               error or "taken")
check.end()

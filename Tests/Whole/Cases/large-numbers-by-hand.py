"""databricks/cli pull 5494, temporalio/ui#2670: a number beyond 2^53, typed as JSON, was rounded on
its way, and another thing was meant.

Right: "integers are 64 bits with sign" (turnstile.cddl): the command line sends and prints every
one of them exactly, or refuses it; a fraction or an exponent is no integer."""
from kit import *

check = Check("large numbers by hand (databricks/cli pull 5494, temporalio/ui#2670)")


def cli(method, text, service="inventory"):
    result = subprocess.run(
        [EXECUTABLES + "/" + service, "call", method, text, "--address", ADDRESS[service],
         "--credentials", CREDENTIALS], capture_output=True, text=True, timeout=30)
    return result.returncode, result.stdout, result.stderr


def made(number):
    return cli("inventory.CreateEvent", json.dumps({
        "eventId": str(uuid.uuid4()), "title": "T", "startsAt": "@", "currency": "EUR"}
    ).replace('"@"', number))


for number in (2**53 + 1, 2**63 - 1, -(2**63), -(2**53) - 1):
    code, out, error = made(str(number))
    saw = json.loads(out)["event"]["startsAt"] if code == 0 else error
    check.that(f"{number} comes back", saw == number, saw)
    if code == 0:
        id_ = json.loads(out)["event"]["eventId"]
        stored = Client("inventory", "operator").call(
            "inventory.GetEvent", {"eventId": uuid.UUID(id_)})
        check.that(f"{number} is stored", stored["event"]["startsAt"] == number)
for text in (str(2**63), str(-(2**63) - 1), "1.5", "1.0", "1e3", "01", '"7"', "true"):
    code, out, error = made(text)
    check.that(f"{text} is refused before it is sent", code == 2, (code, out, error))
for name, title, wanted in (("a surrogate pair", "\\ud83c\\udfad", 0),
                            ("half of one", "\\ud83c", 2), ("NUL", "\\u0000", 2),
                            ("ESC", "\\u001b[31m", 2)):
    code, out, error = cli("inventory.CreateEvent", (
        '{"eventId":"%s","title":"%s","startsAt":1,"currency":"EUR"}' % (uuid.uuid4(), title)))
    check.that(f"{name} in a title: status {wanted}", code == wanted, (code, error))
    check.that(f"{name}: no control character reaches the terminal",
               not any(c < " " and c != "\n" for c in out + error))
check.end()

"""EasyPost/easypost-node#399 (twilio/authy-java#65 alike): HTTP/2 and frameworks write header names
in lower case, the library looked for its own spelling.

Right: RFC 9110, 5.1: names are case-insensitive. README: a gateway passes a webhook on "as it came:
the headers and the body byte by byte", so what HTTP and the proxies before a gateway allow must not
lose an event."""
from kit import *

check = Check("a webhook's headers (easypost-node#399)")
payments, secret = Client("payments"), webhook_secret()


def send(make):
    body = json.dumps({"id": f"evt_{uuid.uuid4()}", "type": "zzz", "created": 1}).encode()
    headers = [{"name": n, "value": v} for n, v in make(signed(secret, body))]
    return refusal(payments.call, "payments.IngestWebhook",
                   {"provider": "sim", "headers": headers, "rawBody": body})


for name in ("sim-signature", "Sim-Signature", "SIM-SIGNATURE"):
    error = send(lambda code: [(name, code)])
    check.that(f"{name} is found", error is None, error)
cdn = [(f"x-edge-{index}", "1") for index in range(36)]
for what, more in (
    ("36 headers of a proxy", cdn),
    ("a header without a value", [("accept-encoding", "")]),
    ("a header of 2 KiB", [("cookie", "c" * 2_048)]),
    ("two headers of one name", [("via", "1.1 a"), ("via", "1.1 b")]),
):
    error = send(lambda code: [("sim-signature", code), *more])
    check.that(f"{what} beside the signature loses no event", error is None, error)
error = send(lambda code: [("sim-signature", code.replace("v1=", "v1=0"))])
check.that("a wrong signature is refused", error and error.reason == "SIGNATURE_INVALID", error)
error = send(lambda code: [])
check.that("none too", error and error.reason == "SIGNATURE_INVALID", error)
check.end()

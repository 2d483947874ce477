"""ziglang/zig#5555, nodejs/node#40702, eventmachine/eventmachine#861: localhost resolves to ::1
first, the server listens at 127.0.0.1, and the client gives up instead of trying the next address.

Here: /etc/hosts as Debian installs it; a service at its default kind of address, 127.0.0.1; a peer,
and the command line, that are told `localhost`.

Right: RFC 1123, 2.3 and RFC 6724, 2: a host's addresses are tried in turn until one takes the
connection. README: "Debian 12 … is enough"."""
from kit import *

check = Check("localhost has two addresses (zig#5555, node#40702)")
suite = Suite()
hosts = suite.folder + "/hosts"
with open(hosts, "w", encoding="utf-8") as file:
    file.write("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n")
prefix = in_hosts(hosts)
suite.start("inventory").start("payments")
port = suite.addresses["inventory"].rsplit(":", 1)[1]
for host in ("127.0.0.1", "localhost"):
    result = subprocess.run(
        [*prefix, EXECUTABLES + "/inventory", "health", "--address", f"{host}:{port}",
            "--credentials",
         suite.credentials], capture_output=True, text=True, timeout=30)
    check.that(f"inventory health --address {host}:{port}", result.returncode == 0,
               result.stderr.strip())
suite.start("orders", before=prefix, TURNSTILE_INVENTORY=f"localhost:{port}")
event_id, (type_id,) = event(suite.client("inventory"), [{}])
view = suite.gateway("orders").call(
    "orders.Purchase", purchase(event_id, [(type_id, 1)], waitMs=4_000))
check.that("TURNSTILE_INVENTORY=localhost:… sells", view["state"] == "COMPLETED", view["state"])
if view["state"] != "COMPLETED":
    check.note([line for line in suite.log("orders").splitlines()
               if "unreachable" in line][-1][:200])
check.end()

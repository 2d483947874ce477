"""psycopg/psycopg#1151, pgbouncer/pgbouncer#210: prepared statements through a pooler in
transaction mode fail, at random, with errors that name neither.

Right: README asks of PostgreSQL what such a pooler does not give (advisory locks, the pipeline of
the extended protocol), and promises nothing for it: this is "not applicable". The case records that
pooling by session works, and how the other is told. Needs PGBOUNCER, the program."""
from kit import *

check = Check("a pooler between (psycopg#1151, pgbouncer#210)")
places = [os.environ.get("PGBOUNCER", ""), "/usr/sbin/pgbouncer"]
program = next((place for place in places if place and os.path.exists(place)), None)
if not program:
    check.skip("there is no pgbouncer (PGBOUNCER names it)")
server = Postgres()
for mode in ("session", "transaction"):
    suite = Suite()
    (port,) = free_ports(1)
    folder = server.folder
    with open(f"{folder}/{mode}.ini", "w", encoding="utf-8") as file:
        file.write(f"[databases]\npostgres = host={folder} user=turnstile\n[pgbouncer]\n"
                   f"listen_addr=127.0.0.1\nlisten_port={port}\nauth_type=any\npool_mode={mode}\n"
                   f"default_pool_size=50\nunix_socket_dir={folder}\nlogfile={folder}/bouncer.log\n"
                   "ignore_startup_parameters=extra_float_digits,options\n")
    libraries = os.path.join(os.path.dirname(program), "../lib/x86_64-linux-gnu")
    pooler = subprocess.Popen([*server.who, "env", f"LD_LIBRARY_PATH={libraries}", program,
                               f"{folder}/{mode}.ini"], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
    suite.running["pooler"] = pooler
    time.sleep(1)
    url = f"postgresql://turnstile@127.0.0.1:{port}/postgres"
    for name in ("inventory", "payments", "orders"):
        suite.start(name, TURNSTILE_DATABASE=url)
    if mode == "session":
        event_id, (type_id,) = event(suite.client("inventory"), [{}])
        view = suite.gateway("orders").call("orders.Purchase", purchase(event_id, [(type_id, 1)]))
        check.that("by session it sells", view["state"] == "COMPLETED", view["state"])
    else:
        for name in suite.addresses:
            last = [line for line in suite.log(name).splitlines() if not line.startswith('{"at"')
                    or "warning" in line or "error" in line]
            check.note(f"by transaction {name} " + ("runs: " if suite.alive()[name] else "ends: ")
                       + (last[-1][:150] if last else "says nothing"))
    suite.stop_all()
    server.sql("DROP SCHEMA IF EXISTS inventory, orders, payments, payments_sim CASCADE")
check.end()

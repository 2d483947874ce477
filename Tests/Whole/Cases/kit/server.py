"""PostgreSQL servers of one's own, for cases that move to one or lose one."""
import atexit
import glob
import os
import shutil
import subprocess
import tempfile

from .check import Check
from .settings import SCRATCH


class Postgres:
    """A PostgreSQL server of one's own on a socket in a folder of its own, and its standby."""

    def __init__(self):
        bins = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
        self.bin = os.environ.get("PG_BIN", bins[-1] if bins else "")
        if not os.path.exists(os.path.join(self.bin, "initdb")):
            Check.skip("there are no programs of PostgreSQL; PG_BIN names their folder")
        self.folder = tempfile.mkdtemp(dir=SCRATCH)
        self.who = []
        if os.getuid() == 0:
            self.who = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--init-groups"]
            shutil.chown(self.folder, "postgres")
        atexit.register(self.stop)
        primary = self.folder + "/primary"
        self.run("initdb", "-D", primary, "-U", "turnstile", "-A", "trust", "-E", "UTF8",
                 "--locale", "C")
        self.settings("primary", 5432)
        self.begin("primary")

    def settings(self, server, port):
        with open(f"{self.folder}/{server}/postgresql.conf", "a", encoding="utf-8") as file:
            file.write(f"listen_addresses=''\nunix_socket_directories='{self.folder}'\n"
                       f"port={port}\nmax_connections=100\n")

    def run(self, program, *arguments):
        result = subprocess.run(
            [*self.who, os.path.join(self.bin, program), *arguments], cwd="/", capture_output=True,
            text=True)
        if result.returncode != 0:
            raise RuntimeError(program + ": " + result.stdout[-300:] + result.stderr[-300:])
        return result.stdout

    def begin(self, server):
        self.run("pg_ctl", "-D", f"{self.folder}/{server}", "-l", f"{self.folder}/{server}.log",
                 "-w", "start")

    def standby(self):
        self.run("pg_basebackup", "-h", self.folder, "-p", "5432", "-U", "turnstile", "-D",
                 self.folder + "/standby", "-R", "-X", "stream", "-c", "fast")
        self.settings("standby", 5433)
        self.begin("standby")
        self.sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self.sql("SELECT pg_reload_conf()")

    def promote(self):
        self.run("pg_ctl", "-D", self.folder + "/standby", "-w", "promote")
        self.sql("ALTER SYSTEM RESET synchronous_standby_names", 5433)
        self.sql("SELECT pg_reload_conf()", 5433)

    def sql(self, text, port=5432):
        return self.run("psql", "-h", self.folder, "-p", str(port), "-U", "turnstile", "-d",
                        "postgres", "-Atc", text).strip()

    @property
    def url(self):
        pair = os.path.isdir(self.folder + "/standby")
        hosts = self.folder + ("," + self.folder if pair else "")
        return (f"postgresql:///postgres?host={hosts}&port={'5432,5433' if pair else '5432'}"
                "&user=turnstile&target_session_attrs=read-write")

    def stop(self):
        for server in ("primary", "standby"):
            if os.path.exists(f"{self.folder}/{server}/postmaster.pid"):
                try:
                    self.run("pg_ctl", "-D", f"{self.folder}/{server}", "-m", "immediate", "stop")
                except RuntimeError:
                    pass

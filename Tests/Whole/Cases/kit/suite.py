"""Services of one's own, for cases that stop or hurt them."""
import atexit
import base64
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time

from .check import Check
from .client import Client, Closed
from .settings import EXECUTABLES, SCRATCH


def free_ports(count):
    """Ports that nobody listens at. All are open before the first is closed, so they differ."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Suite:
    """Three services of one's own, on ports and in a folder of one's own."""

    def __init__(self, sim="", environment=None):
        self.folder = folder = tempfile.mkdtemp(dir=SCRATCH)
        self.credentials = os.path.join(folder, "credentials.json")
        with open(self.credentials, "w", encoding="utf-8") as file:
            json.dump(fresh_credentials(), file)
        os.chmod(self.credentials, 0o600)
        self.addresses = {
            name: f"127.0.0.1:{port}"
            for name, port in zip(("inventory", "orders", "payments"), free_ports(3))}
        self.environment = {
            **os.environ, "TURNSTILE_CREDENTIALS": self.credentials, "TURNSTILE_SIM": sim,
            **{f"TURNSTILE_{n.upper()}": a for n, a in self.addresses.items()},
            **(environment or {})}
        self.running = {}
        atexit.register(self.stop_all)

    def start(self, name, before=(), output=None, **environment):
        """Starts a service and waits until it answers; `before` stands in front of its command."""
        settings = {
            "TURNSTILE_DATABASE": f"sqlite:{self.folder}/{name}.db", **self.environment,
            "TURNSTILE_LISTEN": self.addresses[name], **environment}
        with open(os.path.join(self.folder, name + ".log"), "ab") as log:
            self.running[name] = subprocess.Popen(
                [*before, os.path.join(EXECUTABLES, name)], env=settings,
                stdin=subprocess.DEVNULL, stdout=output or log, stderr=output or log)
        until = time.time() + 15
        while time.time() < until and self.running[name].poll() is None:
            try:
                self.client(name, address=settings["TURNSTILE_LISTEN"]).close()
                break
            except (OSError, Closed):
                time.sleep(0.1)
        return self

    def start_all(self):
        for name in ("inventory", "payments", "orders"):
            self.start(name)
        return self

    def client(self, service, identity="operator", address=None, **more):
        return Client(
            service, identity, address=address or self.addresses[service],
            credentials=self.credentials, **more)

    def gateway(self, service):
        return self.client(service, "gateway")

    def stop(self, name, signal=15, wait=20):
        process = self.running.pop(name, None)
        if process is None:
            return None
        process.send_signal(signal)
        try:
            return process.wait(wait)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return "had to be killed"

    def stop_all(self):
        return {name: self.stop(name) for name in list(self.running)}

    def alive(self):
        return {name: process.poll() is None for name, process in self.running.items()}

    def log(self, name):
        with open(os.path.join(self.folder, name + ".log"), encoding="utf-8",
            errors="replace") as f:
            return f.read()

    def run(self, name, *arguments, timeout=40, **environment):
        """The executable as a command; returns exit status, stdout and stderr."""
        result = subprocess.run(
            [os.path.join(EXECUTABLES, name), *arguments], env={**self.environment, **environment},
            capture_output=True, timeout=timeout, stdin=subprocess.DEVNULL)
        return result.returncode, result.stdout.decode(errors="replace"), result.stderr.decode(
            errors="replace")


def fresh_credentials():
    def identity(roles, kinds=()):
        return {"secrets": [secret()], "roles": roles, "actorKinds": list(kinds)}

    def secret():
        return base64.b64encode(os.urandom(32)).decode()

    return {
        "ticketKey": secret(), "webhookSecrets": {"sim": [secret()]},
        "identities": {
            "inventory": identity(["inventory"]), "payments": identity(["payments"]),
            "orders": identity(["orders"], ["user", "guest", "staff"]),
            "gateway": identity(["gateway"], ["user", "guest"]),
            "operator": identity(["operator", "event_manager"])}}


def faketime(file):
    """The environment under which a process reads its wall clock's offset from a file."""
    places = [os.environ.get("FAKETIME", ""),
              "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"]
    library = next((place for place in places if place and os.path.exists(place)), None)
    if not library:
        Check.skip("there is no libfaketimeMT.so.1 (Debian: apt install faketime)")
    return {"LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": file, "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}


class FakeClock:
    """The wall clock of processes that are started with its environment, seconds off as set."""

    def __init__(self, suite, offset):
        self.file = suite.folder + "/offset"
        self.environment = faketime(self.file)
        self.set(offset)

    def set(self, offset):
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(offset)


def in_hosts(file):
    """What stands in front of a command that shall see another /etc/hosts (needs root)."""
    if os.getuid() != 0 or not shutil.which("unshare"):
        Check.skip("a private /etc/hosts needs root and unshare")
    return ["unshare", "-m", "sh", "-c", f'mount --bind {file} /etc/hosts && exec "$@"', "sh"]

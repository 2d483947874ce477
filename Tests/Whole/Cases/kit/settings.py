"""Where things are, as `run` says: the services that cases share, the executables, and a folder."""
import os

# host:port of the services that run while the cases do.
ADDRESS = {
    name: os.environ.get(name.upper(), f"127.0.0.1:{7101 + index}")
    for index, name in enumerate(("inventory", "orders", "payments"))
}
# A file of credentials with all identities.
CREDENTIALS = os.environ.get("CREDENTIALS", "credentials.json")
# The folder of the executables, for cases that start services of their own.
EXECUTABLES = os.environ.get("EXECUTABLES", ".build/release")
# The folder below which cases keep what they make.
SCRATCH = os.environ.get("SCRATCH", ".")

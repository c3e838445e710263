"""A real PostgreSQL of our own for the tests: a temporary directory, a Unix socket, no network, gone afterwards."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

BINARIES = Path("/usr/lib/postgresql")


def binaries():
    """Return the directory of the newest server's programs."""
    found = sorted(BINARIES.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found and (path := shutil.which("initdb")):
        found = [Path(path).resolve()]
    assert found, "the contract suite runs on a real PostgreSQL: install the package `postgresql`"
    return found[-1].parent


class Server:
    """One PostgreSQL; `url()` is a new, empty database. `durable=False` spares the disk where no crash is tested."""

    def __init__(self, *, durable=False):
        self.bin = binaries()
        self.root = Path(tempfile.mkdtemp(prefix="jhq-pg-", dir="/tmp"))  # a socket's path must be short
        self.user = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            entry = next(entry for name in ("postgres", "nobody") for entry in pwd.getpwall() if entry.pw_name == name)
            os.chown(self.root, entry.pw_uid, entry.pw_gid)
            self.user = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        self.databases = 0
        self.data = self.root / "data"
        self._run("initdb", "-D", self.data, "-A", "trust", "-U", "jointhq", "-E", "UTF8", "--no-sync", "--locale=C")
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(
                f"listen_addresses = ''\nunix_socket_directories = '{self.root}'\n"
                f"fsync = {'on' if durable else 'off'}\nmax_connections = 60\nshared_buffers = 64MB\n"
            )
        self.start()

    def _run(self, program, *args):
        done = subprocess.run(
            [self.bin / program, *map(str, args)],
            cwd=self.root,
            check=False,
            capture_output=True,
            text=True,
            **self.user,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self):
        self._run("pg_ctl", "-D", self.data, "-l", self.root / "log", "-w", "-t", "60", "start")

    def stop(self):
        self._run("pg_ctl", "-D", self.data, "-m", "immediate", "-w", "-t", "60", "stop")

    def query(self, text, database="postgres"):
        self._run("psql", "-h", self.root, "-U", "jointhq", "-d", database, "-v", "ON_ERROR_STOP=1", "-c", text)

    def url(self):
        self.databases += 1
        name = f"j{self.databases}"
        self.query(f"CREATE DATABASE {name}")
        return f"postgresql://jointhq@/{name}?host={self.root}"

    def close(self):
        with contextlib.suppress(AssertionError):
            self.stop()
        shutil.rmtree(self.root, ignore_errors=True)

"""A real PostgreSQL for the tests: Debian's programs, no network, nothing left behind."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
import pytest
from psycopg import sql

from loopback import PATIENCE_S
from peers import program

ROLE: Final = "hinomi"
GUARDED: Final = "guarded"
"""A role that needs a password; the others are let in by the socket's folder."""

_ACCOUNTS: Final = ("postgres", "nobody")  # Who may run it where the tests run as root.
_SETTINGS: Final = {
    "listen_addresses": "",
    "fsync": "off",  # The tests kill our processes, never the machine.
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "max_wal_size": "256MB",
    "autovacuum": "off",  # It would hide whether we clear up ourselves.
}


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: a folder with its data and its socket."""

    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def data(self) -> Path:
        """Name the folder of its files."""
        return self.folder / "data"

    def conninfo(self, database: str, role: str = ROLE) -> str:
        """Say how to reach one of its databases, as `config.toml` would."""
        return f"host={self.folder} dbname={database} user={role}"

    def run(self, *statements: str | sql.Composed) -> None:
        """Run statements as its administrator, outside all databases of the tests."""
        conninfo = self.conninfo("postgres")
        with psycopg.connect(conninfo, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    @contextmanager
    def database(self, name: str, template: str = "template1") -> Iterator[str]:
        """Create a database, give how to reach it, and drop it at the end."""
        named = sql.Identifier(name)
        self.run(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(named, sql.Identifier(template)))
        try:
            yield self.conninfo(name)
        finally:
            self.run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(named))


@contextmanager
def running_server() -> Iterator[Server]:
    """
    Run a server of one's own, as an account without rights; it ends with this process.

    The test skips where it is not installed, or fails where every peer is required.
    """
    found, prefix = Path(program("initdb")).parent, _prefix()
    # Not pytest's folder: that one is closed to other accounts, and too long for a socket.
    folder = Path(tempfile.mkdtemp(prefix="hinomi-pg-"))
    try:
        if os.geteuid() == 0:
            account = _account()
            os.chown(folder, account.pw_uid, account.pw_gid)
        _create(found, prefix, folder)
        options = [f"--{name}={value}" for name, value in _SETTINGS.items()]
        command = [*prefix, str(found / "postgres"), "-D", str(folder / "data"), *options]
        command += ["-k", str(folder)]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        server = Server(folder, process)
        try:
            _await(server)
            yield server
        finally:
            process.send_signal(signal.SIGQUIT)  # At once: nobody needs its data again.
            process.wait(PATIENCE_S)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(slots=True)
class Killable:
    """A server with its safety on, that may be killed and started again."""

    folder: Path
    process: subprocess.Popen[bytes] | None = None

    def conninfo(self, database: str) -> str:
        """Say how to reach one of its databases, as `config.toml` would."""
        return f"host={self.folder} dbname={database} user={ROLE}"

    def start(self) -> None:
        """Start it, and wait until it lets us in: after a kill it recovers first."""
        found, data = Path(program("initdb")).parent, self.folder / "data"
        command = [*_prefix(), str(found / "postgres"), "-D", str(data), "-k", str(self.folder)]
        command += ["--listen_addresses=", "--shared_buffers=32MB"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        _await(Server(self.folder, self.process))

    def kill(self) -> None:
        """Kill -9 the server and each process of it, and wait until all are gone."""
        if self.process is None:
            return
        pids = [self.process.pid, *_children(self.process.pid)]
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(PATIENCE_S)
        self.process = None
        while any(_is_alive(pid) for pid in pids[1:]):
            time.sleep(0.01)


@contextmanager
def killable_server(database: str) -> Iterator[Killable]:
    """Run a server of one's own with one empty database, to be killed at any moment."""
    found, prefix = Path(program("initdb")).parent, _prefix()
    folder = Path(tempfile.mkdtemp(prefix="hinomi-pg-"))
    server = Killable(folder)
    try:
        if os.geteuid() == 0:
            account = _account()
            os.chown(folder, account.pw_uid, account.pw_gid)
        _create(found, prefix, folder)
        server.start()
        with psycopg.connect(server.conninfo("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _children(pid: int) -> list[int]:
    """Name the processes that *pid* started."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            words = path.read_text("utf-8", "replace").rpartition(")")[2].split()
            if int(words[1]) == pid:
                found.append(int(path.parent.name))
    return found


def _is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that nobody waited for does not."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return False
    return words[0] != "Z"


def _account() -> pwd.struct_passwd:
    """Choose whom to be instead of root, whom PostgreSQL refuses."""
    known = {each.pw_name: each for each in pwd.getpwall()}
    return next(known[name] for name in _ACCOUNTS if name in known)


def _prefix() -> list[str]:
    """Give the words before a command that take rights from it, and end it with its parent."""
    words = ["setpriv", "--pdeathsig", "QUIT"]
    if os.geteuid() == 0:
        account = _account()
        words += ["--reuid", str(account.pw_uid), "--regid", str(account.pw_gid), "--clear-groups"]
    return words


def _create(found: Path, prefix: Sequence[str], folder: Path) -> None:
    """Make an empty cluster: text in UTF-8, sorted by its bytes; one role needs a password."""
    options = ("--locale=C", "--encoding=UTF8", "--auth=trust", "--no-sync", "--no-instructions")
    command = [*prefix, str(found / "initdb"), "-D", str(folder / "data"), "-U", ROLE, *options]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=PATIENCE_S)
    rules = folder / "data" / "pg_hba.conf"
    rules.write_text(f"local all {GUARDED} scram-sha-256\nlocal all all trust\n", "utf-8")


def _await(server: Server) -> None:
    """Wait until it lets us in."""
    ends_s = time.monotonic() + PATIENCE_S
    while True:
        try:
            return server.run()
        except psycopg.OperationalError:
            if server.process.poll() is not None or time.monotonic() > ends_s:
                said = (server.folder / "log").read_text("utf-8", "replace")
                pytest.fail(f"PostgreSQL did not start: {said}")
            time.sleep(0.02)

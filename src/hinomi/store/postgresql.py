"""
The case book in a database of PostgreSQL 15 or later, for a team.

One database holds one case book. It belongs to the role that hinomi uses, keeps text in UTF-8
and sorts it by its bytes, as SQLite does: an order that hangs on a language would differ from
the embedded one, and its indexes break when the rules of the language change with the system.

A reader sees one snapshot (REPEATABLE READ, READ ONLY). A writer sees with each statement what
was committed before it (READ COMMITTED), after it took an advisory lock that ends with its
transaction: alone by default, together with others where it said so. So code written for
SQLite's single writer is right here as it stands. SERIALIZABLE would be right as well, but
every writer would have to be ready to be undone at its end and to begin again, the retention
run and the replacement of a list of a million entries included.
"""

import re
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
import sqlalchemy as sa
from psycopg.conninfo import conninfo_to_dict

from hinomi.errors import ConfigError, HinomiError, Unavailable
from hinomi.store.backend import Residue

OLDEST: Final = 15
"""The oldest version of the server that the tests run on."""

_WRITERS: Final = int.from_bytes(b"hinomi", "big")
_SCRUBBERS: Final = _WRITERS + 1
"""Keys of advisory locks; they are apart in each database."""

_SECRETS: Final = frozenset({"password", "sslpassword", "oauth_client_secret"})

_IDLE_MS: Final = 300_000
"""After this long in one transaction without a word the server takes its locks away."""

_DEFAULTS: Final[Mapping[str, str]] = {
    "connect_timeout": "10",
    "application_name": "hinomi",
    "target_session_attrs": "read-write",  # A standby would refuse the first change.
    "tcp_user_timeout": "30000",  # A network that is gone is no reason to hang.
    "keepalives_idle": "30",
}

_REFUSED: Final = re.compile(
    r"authentication failed|no password supplied|does not exist|not permitted to log in"
    r"|permission denied|no pg_hba\.conf entry|not currently accepting connections"
    r"|certificate|does not support SSL|SSL negotiation|root\.crt|session is read-only"
    r"|unrecognized configuration parameter|invalid value for parameter|invalid .* value"
    r"|could not read|weak sslmode|is not a database|has group or world access"
)
"""What servers and libpq say where a person must mend something, before there is a SQLSTATE."""

_PASSING: Final = frozenset({
    "0A",  # A plan that a migration made void; nothing else here is a question of features.
    "08",  # Connection exception.
    "40",  # Undone: serialization failure, deadlock.
    "53",  # Disk full, out of memory, too many connections.
    "55",  # Locked for too long.
    "57",  # Shut down, cancelled.
    "58",  # An I/O error of the system.
})  # fmt: skip
"""Classes of SQLSTATE that another time may be gone."""

_MENDED: Final[Mapping[str, str]] = {
    "28": "mend casebook.postgresql or its password",
    "3D": "create the database, or mend casebook.postgresql",
    "3F": "let the role create tables: ALTER DATABASE … OWNER TO …",
    "42501": "the role of hinomi must own the database and its tables: REASSIGN OWNED BY …",
    "54": "a name or a path is too long for PostgreSQL: choose a shorter one",
    "XX": "restore it from backup",
}
"""What a person does about the others, by SQLSTATE or its class."""


class Postgresql:
    """One database of PostgreSQL: a `store.backend.Backend`."""

    def __init__(self, conninfo: str, password_file: Path | None, busy_ms: int) -> None:
        """
        Take note of where it is; nothing is asked of it yet.

        Args:
            conninfo: Keywords and values of libpq, without a password.
            password_file: Where the password is, if one is needed.
            busy_ms: How long who reads or writes waits for others before it gives up.

        Raises:
            ConfigError: If the words are wrong, or the password cannot be read or could be
                read by others.
        """
        try:
            words = parse_conninfo(conninfo)
        except ValueError as error:
            raise ConfigError(f"case book: casebook.postgresql: {error}") from error
        self.name = " ".join(
            f"{key}={words[key]}" for key in ("host", "port", "dbname") if key in words
        ) or "of PostgreSQL"  # fmt: skip
        self._busy_ms = busy_ms
        limits = {
            "lock_timeout": busy_ms,
            "idle_in_transaction_session_timeout": _IDLE_MS,
        }
        told = " ".join(f"-c {key}={value}" for key, value in limits.items())
        words = {**_DEFAULTS, **words, "options": f"{told} {words.get('options', '')}".strip()}
        if password_file is not None:
            words["password"] = read_password(password_file)
        engine = sa.create_engine(
            "postgresql+psycopg://",
            connect_args=words,
            use_native_hstore=False,
            pool_pre_ping=True,  # A server that was restarted meanwhile is no failure.
        )
        self.reading: sa.Engine = engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self.writing: sa.Engine = engine.execution_options(isolation_level="READ COMMITTED")
        self._plain = engine.execution_options(isolation_level="AUTOCOMMIT")

    def admit(self, connection: sa.Connection, *, shared: bool) -> None:
        """Take the lock of writers until the transaction ends: alone, or beside others."""
        lock = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
        connection.execute(sa.text(f"SELECT {lock}(:key)"), {"key": _WRITERS})

    def require_fit(self, connection: sa.Connection) -> None:
        """
        Return if the server is new enough, and text is kept in UTF-8 and sorted by its bytes.

        Raises:
            ConfigError: If it is not; the message says how to make such a database.
        """
        row = connection.execute(
            sa.text(
                "SELECT current_setting('server_version_num')::int / 10000,"
                " current_setting('server_encoding') = 'UTF8' AND 'B' < 'a' AND 'z' < 'ä'"
            )
        ).one()
        if row[0] < OLDEST:
            raise ConfigError(
                f"case book {self.name}: PostgreSQL {row[0]} is too old; it takes {OLDEST} or later"
            )
        if not row[1]:
            raise ConfigError(
                f"case book {self.name}: the database does not sort by bytes, or is not UTF-8; "
                "make one with createdb --template=template0 --encoding=UTF8 --locale=C.UTF-8"
            )

    def explain(self, error: sa.exc.DBAPIError) -> HinomiError | None:
        """Say what a failure means; None where our own code broke a rule of ours."""
        driver: Any = error.orig
        state = getattr(driver, "sqlstate", None) or ""
        reason = _reason(driver)
        if not state:  # It failed before, or without, an answer of the server.
            if not isinstance(driver, psycopg.OperationalError | psycopg.InterfaceError):
                return None
            if _REFUSED.search(str(driver)):
                return ConfigError(f"{reason}; mend casebook.postgresql or its password")
            return Unavailable(f"{reason}; nothing was changed, try again")
        if state[:2] in _PASSING:
            return Unavailable(f"{reason}; nothing was changed, try again")
        mended = _MENDED.get(state) or _MENDED.get(state[:2])
        return ConfigError(f"{reason}; {mended}") if mended else None

    def scrub(self) -> None:
        """
        Write every table anew without deleted rows, and what the planner knows of them.

        Raises:
            Unavailable: If a session may still see what was deleted, or somebody reads or
                writes, for longer than the busy time.
            ConfigError: If the role does not own what it must write anew.
        """
        with self._plain.connect() as connection, self._alone(connection):
            self._await_last_reader(connection)
            tables = sa.inspect(connection).get_table_names()
            for table in tables:
                self._write_anew(connection, _quoted(connection, table), "FULL, ANALYZE")
            for table in tables:
                _forget_statistics(connection, table)
            self._write_anew(connection, "pg_catalog.pg_statistic", "FULL")

    def residue(self) -> Residue:
        """Tell nothing: only the server's administrator can look, so `scrub` makes sure itself."""
        return Residue(unused=None, log_bytes=None)

    @contextmanager
    def _alone(self, connection: sa.Connection) -> Iterator[None]:
        """Let one scrub be at it at a time."""
        connection.execute(sa.text("SELECT pg_advisory_lock(:key)"), {"key": _SCRUBBERS})
        try:
            yield
        finally:
            connection.execute(sa.text("SELECT pg_advisory_unlock(:key)"), {"key": _SCRUBBERS})

    def _await_last_reader(self, connection: sa.Connection) -> None:
        """
        Wait until no session can see any more what is deleted by now.

        As long as one can, PostgreSQL copies deleted rows along. Whose snapshots there are
        is not for every role to see. So a row of our own is deleted in a table of its own:
        once that table shrinks to nothing, everything deleted before can go as well.
        """
        connection.execute(sa.schema.CreateSchema(_PROBE.schema or "", if_not_exists=True))
        connection.execute(sa.schema.CreateTable(_PROBE, if_not_exists=True))
        connection.execute(sa.insert(_PROBE))
        connection.execute(sa.delete(_PROBE))
        ends_s = time.monotonic() + self._busy_ms / 1000
        size = sa.select(sa.func.pg_relation_size(_PROBE.fullname))
        try:
            while self._write_anew(connection, _PROBE.fullname, "FULL"):
                if not connection.scalar(size):
                    return
                if time.monotonic() > ends_s:
                    raise Unavailable(
                        f"case book {self.name}: another session still reads what was deleted, or "
                        "a replica or a prepared transaction keeps it; try again when it has ended"
                    )
                time.sleep(min(0.2, self._busy_ms / 1000))
        finally:
            connection.execute(sa.schema.DropSchema(_PROBE.schema or "", cascade=True))

    def _write_anew(self, connection: sa.Connection, table: str, how: str) -> bool:
        """Write *table* into new files, and make sure of it: VACUUM skips what is not ours."""
        file = sa.text("SELECT pg_relation_filenode(CAST(:table AS regclass))")
        before = connection.scalar(file, {"table": table})
        connection.exec_driver_sql(f"VACUUM ({how}) {table}")
        if connection.scalar(file, {"table": table}) == before:
            raise ConfigError(
                f"case book {self.name}: {table} cannot be written anew: {_MENDED['42501']}"
            )
        return True


_PROBE: Final = sa.Table("probe", sa.MetaData(), schema="hinomi_scrub")
"""Apart from the tables of the case book, and there while a scrub begins."""


def parse_conninfo(text: str) -> dict[str, str]:
    """
    Take keywords and values of libpq apart.

    Raises:
        ValueError: If they are none, or hold a password. The message repeats nothing of them.
    """
    try:
        words = {key: str(value) for key, value in conninfo_to_dict(text).items()}
    except psycopg.ProgrammingError as error:
        raise ValueError(
            "is not as libpq reads it: write keyword=value pairs, as in "
            '"host=/run/postgresql dbname=hinomi user=hinomi"'
        ) from error
    if _SECRETS & words.keys():
        raise ValueError(
            "holds a password: write it into a file that its owner alone can read, and name that "
            "in casebook.password_file"
        )
    return words


def read_password(path: Path) -> str:
    """
    Read the password in the first line of *path*.

    Raises:
        ConfigError: If it cannot be read, could be read by others, or is empty.
    """
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise ConfigError(f"{path}: others may read this password; chmod 600 it")
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; casebook.password_file names it") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is no UTF-8 text") from error
    if not lines or not lines[0]:
        raise ConfigError(f"{path}: its first line is empty, and should be the password")
    return lines[0]


def _forget_statistics(connection: sa.Connection, table: str) -> None:
    """Drop what the planner remembers of an empty table: ANALYZE leaves that as it was."""
    quoted = _quoted(connection, table)
    any_row = sa.select(sa.literal(1)).select_from(sa.table(table))
    if connection.scalar(sa.select(sa.exists(any_row))):
        return
    known = sa.text(
        "SELECT a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a"
        " JOIN pg_stats s ON s.attname = a.attname AND s.tablename = :table"
        " AND s.schemaname = current_schema() WHERE a.attrelid = CAST(:quoted AS regclass)"
    )
    for column, kind in connection.execute(known, {"table": table, "quoted": quoted}).all():
        # To its own type: no row is there to be changed, and the statistics go.
        named = _quoted(connection, column)
        connection.exec_driver_sql(f"ALTER TABLE {quoted} ALTER COLUMN {named} TYPE {kind}")


def _quoted(connection: sa.Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(name)


def _reason(driver: BaseException | None) -> str:
    """Give the server's own words without what follows them, which may repeat values."""
    lines = str(driver).splitlines() or ["the database failed"]
    return lines[0].removeprefix("connection failed: ").removeprefix("connection is bad: ")

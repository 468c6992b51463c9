"""
The tables of the case book, in types that SQLite and PostgreSQL both keep exactly.

Addresses are two signed 64-bit halves and times are ms since the Unix epoch, as in the
flow lake. A change here needs a migration beside it: a test compares the two.
"""

from typing import Final

import sqlalchemy as sa

HEAD: Final = "0006"
"""The newest migration; a case book marked with a later one was made by a later hinomi."""

METADATA: Final = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

SERIAL: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite numbers INTEGER only.

EXPORTERS: Final = sa.Table(
    "exporters",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column(
        "counts", sa.Text, nullable=False, server_default="all"
    ),  # `model.exporter.CountedDirection`.
)

INTERFACES: Final = sa.Table(
    "interfaces",
    METADATA,
    sa.Column("exporter", sa.ForeignKey("exporters.number"), primary_key=True),
    sa.Column(
        "ifindex", sa.BigInteger, primary_key=True, autoincrement=False
    ),  # RFC 2863: 31 bits.
    sa.Column("role", sa.SmallInteger, nullable=False),  # `model.exporter.InterfaceRole`.
)

EXPORTER_HOURS: Final = sa.Table(
    "exporter_hours",
    METADATA,
    sa.Column("exporter", sa.ForeignKey("exporters.number"), primary_key=True),
    sa.Column("hour", sa.Integer, primary_key=True, autoincrement=False),  # Since the epoch, UTC.
    sa.Column("unit", sa.Text, primary_key=True),  # `model.exporter.SequenceUnit`.
    sa.Column("datagrams", sa.BigInteger, nullable=False),
    sa.Column("records", sa.BigInteger, nullable=False),
    sa.Column("received", sa.BigInteger, nullable=False),
    sa.Column("lost", sa.BigInteger, nullable=False),
)
"""What arrived in each hour, and what did not: one row for each kind of sequence number."""

OWN_NETWORKS: Final = sa.Table(
    "own_networks",
    METADATA,
    sa.Column(
        "position", sa.Integer, primary_key=True, autoincrement=False
    ),  # As the operator wrote them.
    sa.Column("base_hi", sa.BigInteger, nullable=False),
    sa.Column("base_lo", sa.BigInteger, nullable=False),
    sa.Column("length", sa.SmallInteger, nullable=False),  # Bits of the 128-bit form.
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("line_bits", sa.SmallInteger, nullable=False),
    sa.Column("port_offset", sa.SmallInteger, nullable=False),
    sa.Column("customer", sa.Text, nullable=False),
    sa.Column("valid_from_ms", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("base_hi", "base_lo", "length", "valid_from_ms"),
)

IMPORTS: Final = sa.Table(
    "imports",
    METADATA,
    sa.Column("content_id", sa.Text, primary_key=True),  # SHA-256 of the file, hex.
    sa.Column("file_name", sa.Text, nullable=False),  # Without its folders: they may name people.
    sa.Column("format", sa.Text, nullable=False),
    sa.Column("records", sa.BigInteger, nullable=False),
    sa.Column("stored", sa.BigInteger, nullable=False),
    sa.Column("dropped", sa.JSON, nullable=False),  # Unidirectional records by reason.
    sa.Column("malformed", sa.BigInteger, nullable=False),
    sa.Column("imported_ms", sa.BigInteger, nullable=False),
    sa.Column("options", sa.JSON, nullable=False),
)

SPOOL: Final = sa.Table(
    "spool",
    METADATA,
    sa.Column("folder", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("size", sa.BigInteger, nullable=False),  # Bytes, when it was taken.
    sa.Column("mtime_ns", sa.BigInteger, nullable=False),
    sa.Column("taken_ms", sa.BigInteger, nullable=False),
)
"""The files of followed folders that were taken in, so that none is read twice in vain."""

LISTS: Final = sa.Table(
    "lists",
    METADATA,
    sa.Column("id", SERIAL, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),  # Snapshot of (kind, source), from 1.
    sa.Column("added_ms", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),  # Of the file as it lay on disk, hex.
    sa.Column("entries", sa.Integer, nullable=False),
    sa.Column("ended_ms", sa.BigInteger),  # Null: this is the current snapshot.
    sa.UniqueConstraint("kind", "source", "number"),
)
"""The snapshots of every list; one per (kind, source) is current."""

LIST_ENTRIES: Final = sa.Table(
    "list_entries",
    METADATA,
    sa.Column("id", SERIAL, primary_key=True),
    sa.Column("snapshot", sa.ForeignKey("lists.id"), nullable=False),  # The first that holds it.
    sa.Column("base_hi", sa.BigInteger, nullable=False),  # A line's pseudonym where own.
    sa.Column("base_lo", sa.BigInteger, nullable=False),
    sa.Column("length", sa.SmallInteger, nullable=False),
    sa.Column("proto", sa.SmallInteger),  # Null: any.
    sa.Column("port", sa.Integer),  # Null: any.
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("first_listed_ms", sa.BigInteger),
    sa.Column("last_listed_ms", sa.BigInteger),
    sa.Column("own", sa.Boolean, nullable=False),
    sa.Column("since_ms", sa.BigInteger, nullable=False),
    sa.Column("until_ms", sa.BigInteger),  # Null: the current snapshot still holds it.
    sa.Index("ix_list_entries_snapshot_until_ms", "snapshot", "until_ms"),
    sa.Index("ix_list_entries_base_hi_base_lo", "base_hi", "base_lo"),
)
"""
Each entry once for the time it stood unchanged on its list, from *since_ms* (inclusive)
to *until_ms* (exclusive): a list fetched every day costs its changes, not its length.
"""

DRILLS: Final = sa.Table(
    "drills",
    METADATA,
    sa.Column("id", SERIAL, primary_key=True),
    sa.Column("ran_ms", sa.BigInteger, nullable=False),
    sa.Column("plan", sa.Text, nullable=False),  # SHA-256 of what was planted and how, hex.
    sa.Column("register", sa.Text, nullable=False),  # Its version.
    sa.Column("sampling_interval", sa.Integer, nullable=False),  # The largest N met.
    sa.Column("hours", sa.Integer, nullable=False),  # Distinct hours with records.
    sa.Column("lines", sa.BigInteger, nullable=False),  # That might have played bots.
    sa.Column("rounds", sa.Integer, nullable=False),
    sa.Column("botnets", sa.Integer, nullable=False),
    sa.Column("found", sa.Integer, nullable=False),
    sa.Column("possible", sa.Float, nullable=False),  # Sum of the bounds.
    sa.Column("listed", sa.Integer, nullable=False),
    sa.Column("confirmed", sa.Integer, nullable=False),
    sa.Column("others", sa.Integer, nullable=False),
    sa.Column("wrong", sa.Integer, nullable=False),
    sa.Column("alarm", sa.Boolean, nullable=False),
    sa.Column("cells", sa.JSON, nullable=False),  # Counts by size and pace.
)
"""What drills found, as numbers; a drop against the earlier ones is an alarm."""

KEY_PERIOD: Final = sa.Table(
    "key_period",
    METADATA,
    sa.Column("name", sa.Text, primary_key=True),
)
"""The key period of all pseudonyms in the case book: one row, none before it ever changed."""

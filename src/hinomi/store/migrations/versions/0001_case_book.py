"""
The first case book: exporters, interfaces, own networks, imports, lists.

Written out, not taken from `store.schema`: that one moves on, a migration stays.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    _create_networks()
    _create_imports()
    _create_lists()


def _create_networks() -> None:
    op.create_table(
        "exporters",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_exporters"),
        sa.UniqueConstraint("name", name="uq_exporters_name"),
    )
    op.create_table(
        "interfaces",
        sa.Column("exporter", sa.Integer, nullable=False),
        sa.Column("ifindex", sa.BigInteger, nullable=False),
        sa.Column("ingress", sa.SmallInteger, nullable=False),
        sa.PrimaryKeyConstraint("exporter", "ifindex", name="pk_interfaces"),
        sa.ForeignKeyConstraint(["exporter"], ["exporters.number"], name="fk_interfaces_exporter"),
    )
    op.create_table(
        "own_networks",
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("base_hi", sa.BigInteger, nullable=False),
        sa.Column("base_lo", sa.BigInteger, nullable=False),
        sa.Column("length", sa.SmallInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("line_bits", sa.SmallInteger, nullable=False),
        sa.Column("port_offset", sa.SmallInteger, nullable=False),
        sa.Column("customer", sa.Text, nullable=False),
        sa.Column("valid_from_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_own_networks"),
        sa.UniqueConstraint(
            "base_hi",
            "base_lo",
            "length",
            "valid_from_ms",
            name="uq_own_networks_base_hi_base_lo_length_valid_from_ms",
        ),
    )


def _create_imports() -> None:
    op.create_table(
        "imports",
        sa.Column("content_id", sa.Text, nullable=False),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("format", sa.Text, nullable=False),
        sa.Column("records", sa.BigInteger, nullable=False),
        sa.Column("stored", sa.BigInteger, nullable=False),
        sa.Column("dropped", sa.JSON, nullable=False),
        sa.Column("malformed", sa.BigInteger, nullable=False),
        sa.Column("imported_ms", sa.BigInteger, nullable=False),
        sa.Column("options", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("content_id", name="pk_imports"),
    )


def _create_lists() -> None:
    serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "lists",
        sa.Column("id", serial, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("added_ms", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("entries", sa.Integer, nullable=False),
        sa.Column("ended_ms", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_lists"),
        sa.UniqueConstraint("kind", "source", "number", name="uq_lists_kind_source_number"),
    )
    op.create_table(
        "list_entries",
        sa.Column("id", serial, nullable=False),
        sa.Column("snapshot", serial, nullable=False),
        sa.Column("base_hi", sa.BigInteger, nullable=False),
        sa.Column("base_lo", sa.BigInteger, nullable=False),
        sa.Column("length", sa.SmallInteger, nullable=False),
        sa.Column("proto", sa.SmallInteger),
        sa.Column("port", sa.Integer),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("first_listed_ms", sa.BigInteger),
        sa.Column("last_listed_ms", sa.BigInteger),
        sa.Column("own", sa.Boolean, nullable=False),
        sa.Column("since_ms", sa.BigInteger, nullable=False),
        sa.Column("until_ms", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_list_entries"),
        sa.ForeignKeyConstraint(["snapshot"], ["lists.id"], name="fk_list_entries_snapshot"),
    )
    op.create_index("ix_list_entries_snapshot_until_ms", "list_entries", ["snapshot", "until_ms"])

"""
What live collection needs: counting points, losses by hour, followed folders.

Plain ADD and RENAME COLUMN, no batch: SQLite would make the table anew, and the rows of
others that point to it would stand in the way.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Say more of exporters and interfaces, and make two tables."""
    op.add_column("exporters", sa.Column("counts", sa.Text, nullable=False, server_default="all"))
    op.execute("ALTER TABLE interfaces RENAME COLUMN ingress TO role")
    op.create_table(
        "exporter_hours",
        sa.Column("exporter", sa.Integer, nullable=False),
        sa.Column("hour", sa.Integer, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("datagrams", sa.BigInteger, nullable=False),
        sa.Column("records", sa.BigInteger, nullable=False),
        sa.Column("received", sa.BigInteger, nullable=False),
        sa.Column("lost", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("exporter", "hour", "unit", name="pk_exporter_hours"),
        sa.ForeignKeyConstraint(
            ["exporter"], ["exporters.number"], name="fk_exporter_hours_exporter"
        ),
    )
    op.create_table(
        "spool",
        sa.Column("folder", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("mtime_ns", sa.BigInteger, nullable=False),
        sa.Column("taken_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("folder", "name", name="pk_spool"),
    )

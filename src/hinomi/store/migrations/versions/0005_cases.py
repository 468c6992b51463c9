"""
Cases with their evidence, verdicts, notes and history; sources; listings; runs; seeds.

Written out, not taken from `store.caseschema`: that one moves on, a migration stays.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the tables, and the index by which a service is found on the lists."""
    for create in (
        _cases,
        _evidence,
        _evidence_sources,
        _source_outcomes,
        _source_pairs,
        _case_verdicts,
        _case_notes,
        _case_events,
        _listings,
        _case_runs,
        _case_seeds,
    ):
        create()
    op.create_index("ix_list_entries_base_hi_base_lo", "list_entries", ["base_hi", "base_lo"])


def _cases() -> None:
    op.create_table(
        "cases",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("hi", sa.BigInteger, nullable=False),
        sa.Column("lo", sa.BigInteger, nullable=False),
        sa.Column("proto", sa.SmallInteger, nullable=False),
        sa.Column("port", sa.Integer, nullable=False),
        sa.Column("own", sa.Boolean, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("service_class", sa.Text, nullable=False),
        sa.Column("episode", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("opened_ms", sa.BigInteger, nullable=False),
        sa.Column("changed_ms", sa.BigInteger, nullable=False),
        sa.Column("posterior", sa.Double, nullable=False),
        sa.Column("methods", sa.Integer, nullable=False),
        sa.Column("holds", sa.JSON, nullable=False),
        sa.Column("is_urgent", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_cases"),
        sa.UniqueConstraint(
            "hi", "lo", "proto", "port", "own", name="uq_cases_hi_lo_proto_port_own"
        ),
    )
    op.create_index("ix_cases_is_urgent_posterior_id", "cases", ["is_urgent", "posterior", "id"])
    op.create_index("ix_cases_state", "cases", ["state", "is_urgent", "posterior", "id"])


def _evidence() -> None:
    op.create_table(
        "evidence",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("hi", sa.BigInteger, nullable=False),
        sa.Column("lo", sa.BigInteger, nullable=False),
        sa.Column("proto", sa.SmallInteger, nullable=False),
        sa.Column("port", sa.Integer, nullable=False),
        sa.Column("own", sa.Boolean, nullable=False),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("claim", sa.Text, nullable=False),
        sa.Column("observed_day", sa.Integer, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("strength", sa.Double),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("received_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_evidence"),
        sa.UniqueConstraint(
            "hi",
            "lo",
            "proto",
            "port",
            "own",
            "source",
            "method",
            "claim",
            "reference",
            "observed_day",
            name="uq_evidence_statement",
        ),
    )
    op.create_index("ix_evidence_source_received_ms", "evidence", ["source", "received_ms"])


def _evidence_sources() -> None:
    op.create_table(
        "evidence_sources",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("grade", sa.Text, nullable=False),
        sa.Column("family", sa.Text, nullable=False),
        sa.Column("said_by", sa.Text, nullable=False),
        sa.Column("said_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_evidence_sources"),
    )
    op.create_index("ix_evidence_sources_name_id", "evidence_sources", ["name", "id"])


def _source_outcomes() -> None:
    op.create_table(
        "source_outcomes",
        sa.Column("case_id", _SERIAL, nullable=False),
        sa.Column("episode", sa.Integer, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("was_right", sa.Boolean, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_source_outcomes_case_id"),
        sa.PrimaryKeyConstraint("case_id", "episode", "source", name="pk_source_outcomes"),
    )
    op.create_index(
        "ix_source_outcomes_source", "source_outcomes", ["source", "method", "was_right"]
    )


def _source_pairs() -> None:
    op.create_table(
        "source_pairs",
        sa.Column("one", sa.Text, nullable=False),
        sa.Column("other", sa.Text, nullable=False),
        sa.Column("kinship", sa.Text, nullable=False),
        sa.Column("copied", sa.Double, nullable=False),
        sa.Column("told", sa.JSON, nullable=False),
        sa.Column("learned_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("one", "other", name="pk_source_pairs"),
    )


def _case_verdicts() -> None:
    op.create_table(
        "case_verdicts",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("case_id", _SERIAL, nullable=False),
        sa.Column("episode", sa.Integer, nullable=False),
        sa.Column("said_by", sa.Text, nullable=False),
        sa.Column("said_ms", sa.BigInteger, nullable=False),
        sa.Column("finding", sa.Text, nullable=False),
        sa.Column("service_class", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("lifted", sa.JSON, nullable=False),
        sa.Column("posterior", sa.Double, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_verdicts_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_case_verdicts"),
    )
    op.create_index("ix_case_verdicts_case_id", "case_verdicts", ["case_id"])
    op.create_index("ix_case_verdicts_said_ms", "case_verdicts", ["said_ms"])


def _case_notes() -> None:
    op.create_table(
        "case_notes",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("case_id", _SERIAL, nullable=False),
        sa.Column("said_by", sa.Text, nullable=False),
        sa.Column("said_ms", sa.BigInteger, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_notes_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_case_notes"),
    )
    op.create_index("ix_case_notes_case_id", "case_notes", ["case_id"])


def _case_events() -> None:
    op.create_table(
        "case_events",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("case_id", _SERIAL, nullable=False),
        sa.Column("episode", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("before", sa.Text),
        sa.Column("after", sa.Text, nullable=False),
        sa.Column("said_by", sa.Text, nullable=False),
        sa.Column("register", sa.Text, nullable=False),
        sa.Column("entry", sa.BigInteger, nullable=False),
        sa.Column("posterior", sa.Double, nullable=False),
        sa.Column("reasons", sa.JSON, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_events_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_case_events"),
        sa.UniqueConstraint("case_id", "version", name="uq_case_events_case_id_version"),
    )
    op.create_index("ix_case_events_step_at_ms", "case_events", ["step", "at_ms"])


def _listings() -> None:
    op.create_table(
        "listings",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("case_id", _SERIAL, nullable=False),
        sa.Column("episode", sa.Integer, nullable=False),
        sa.Column("hi", sa.BigInteger, nullable=False),
        sa.Column("lo", sa.BigInteger, nullable=False),
        sa.Column("proto", sa.SmallInteger, nullable=False),
        sa.Column("port", sa.Integer, nullable=False),
        sa.Column("service_class", sa.Text, nullable=False),
        sa.Column("since_epoch", sa.Integer, nullable=False),
        sa.Column("valid_until", sa.Integer, nullable=False),
        sa.Column("was_contacted", sa.Boolean, nullable=False),
        sa.Column("ended_ms", sa.BigInteger),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_listings_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_listings"),
        sa.UniqueConstraint("case_id", "episode", name="uq_listings_case_id_episode"),
    )
    op.create_index("ix_listings_ended_ms_id", "listings", ["ended_ms", "id"])


def _case_runs() -> None:
    op.create_table(
        "case_runs",
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("until_day", sa.Integer, nullable=False),
        sa.Column("candidates", sa.Integer, nullable=False),
        sa.Column("below", sa.Integer, nullable=False),
        sa.Column("opened", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_case_runs"),
    )


def _case_seeds() -> None:
    op.create_table(
        "case_seeds",
        sa.Column("case_id", _SERIAL, nullable=False),
        sa.Column("truth", sa.Text, nullable=False),
        sa.Column("lent", sa.JSON, nullable=False),
        sa.Column("made_ms", sa.BigInteger, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("revealed_ms", sa.BigInteger),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_seeds_case_id"),
        sa.PrimaryKeyConstraint("case_id", name="pk_case_seeds"),
    )

"""
The hub: members, what they say, what was published, what people there decided.

Written out, not taken from `store.hub.schema`: that one moves on, a migration stays.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the tables."""
    for create in (_members, _credentials, _batches, _sealings, _snapshots, _entries):
        create()
    for create in (
        _acknowledgements,
        _weighings,
        _histories,
        _namings,
        _rulings,
        _outcomes,
        _figures,
    ):
        create()
    for create in (_rounds, _tables, _answers):
        create()


def _members() -> None:
    op.create_table(
        "hub_members",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("organisation", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("contacts", sa.JSON, nullable=False),
        sa.Column("uses", sa.JSON, nullable=False),
        sa.Column("page", sa.Text, nullable=False),
        sa.Column("signing_key", sa.Text, nullable=False),
        sa.Column("attestations", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_hub_members"),
    )


def _credentials() -> None:
    op.create_table(
        "hub_credentials",
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("member", sa.Text, nullable=False),
        sa.Column("token_digest", sa.Text, nullable=False),
        sa.Column("outlets", sa.JSON, nullable=False),
        sa.Column("until", sa.Integer, nullable=False),
        sa.Column("is_revoked", sa.Boolean, nullable=False),
        sa.ForeignKeyConstraint(["member"], ["hub_members.name"], name="fk_hub_credentials_member"),
        sa.PrimaryKeyConstraint("fingerprint", name="pk_hub_credentials"),
    )
    op.create_index("ix_hub_credentials_member", "hub_credentials", ["member"])


def _batches() -> None:
    op.create_table(
        "hub_batches",
        sa.Column("member", sa.Text, nullable=False),
        sa.Column("deed", sa.Text, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("media", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("statements", sa.Integer, nullable=False),
        sa.Column("entry", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["member"], ["hub_members.name"], name="fk_hub_batches_member"),
        sa.PrimaryKeyConstraint("member", "deed", "epoch", name="pk_hub_batches"),
    )
    op.create_index("ix_hub_batches_deed_epoch", "hub_batches", ["deed", "epoch"])


def _sealings() -> None:
    op.create_table(
        "hub_sealings",
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("epoch", name="pk_hub_sealings"),
    )


def _snapshots() -> None:
    op.create_table(
        "hub_snapshots",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("previous", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("head", sa.Text, nullable=False),
        sa.Column("json", sa.LargeBinary, nullable=False),
        sa.Column("csv", sa.LargeBinary, nullable=False),
        sa.Column("entry", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_hub_snapshots"),
        sa.UniqueConstraint("epoch", name="uq_hub_snapshots_epoch"),
    )


def _entries() -> None:
    op.create_table(
        "hub_entries",
        sa.Column("hi", sa.BigInteger, nullable=False),
        sa.Column("lo", sa.BigInteger, nullable=False),
        sa.Column("proto", sa.SmallInteger, nullable=False),
        sa.Column("port", sa.Integer, nullable=False),
        sa.Column("episode", sa.Integer, nullable=False),
        sa.Column("modified", sa.Integer, nullable=False),
        sa.Column("since", sa.Integer, nullable=False),
        sa.Column("service_class", sa.Text, nullable=False),
        sa.Column("valid_until", sa.Integer, nullable=False),
        sa.Column("is_revoked", sa.Boolean, nullable=False),
        sa.Column("is_newest", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint(
            "hi", "lo", "proto", "port", "episode", "modified", name="pk_hub_entries"
        ),
    )
    op.create_index("ix_hub_entries_is_newest", "hub_entries", ["is_newest", "is_revoked"])
    op.create_index("ix_hub_entries_modified", "hub_entries", ["modified"])


def _acknowledgements() -> None:
    op.create_table(
        "hub_acknowledgements",
        sa.Column("member", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["number"], ["hub_snapshots.number"], name="fk_hub_acknowledgements_number"
        ),
        sa.ForeignKeyConstraint(
            ["member"], ["hub_members.name"], name="fk_hub_acknowledgements_member"
        ),
        sa.PrimaryKeyConstraint("member", "number", name="pk_hub_acknowledgements"),
    )


def _weighings() -> None:
    op.create_table(
        "hub_weighings",
        sa.Column("hi", sa.BigInteger, nullable=False),
        sa.Column("lo", sa.BigInteger, nullable=False),
        sa.Column("proto", sa.SmallInteger, nullable=False),
        sa.Column("port", sa.Integer, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("posterior", sa.Double, nullable=False),
        sa.Column("members", sa.Integer, nullable=False),
        sa.Column("methods", sa.Integer, nullable=False),
        sa.Column("against", sa.Integer, nullable=False),
        sa.Column("service_class", sa.Text, nullable=False),
        sa.Column("reasons", sa.JSON, nullable=False),
        sa.Column("carried", sa.Integer, nullable=False),
        sa.Column("contested", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("hi", "lo", "proto", "port", name="pk_hub_weighings"),
    )
    op.create_index("ix_hub_weighings_outcome_posterior", "hub_weighings", ["outcome", "posterior"])


def _histories() -> None:
    op.create_table(
        "hub_histories",
        sa.Column("member", sa.Text, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("rows", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(["member"], ["hub_members.name"], name="fk_hub_histories_member"),
        sa.PrimaryKeyConstraint("member", name="pk_hub_histories"),
    )


def _namings() -> None:
    op.create_table(
        "hub_namings",
        sa.Column("hi", sa.BigInteger, nullable=False),
        sa.Column("lo", sa.BigInteger, nullable=False),
        sa.Column("proto", sa.SmallInteger, nullable=False),
        sa.Column("port", sa.Integer, nullable=False),
        sa.Column("since", sa.Integer, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("members", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("hi", "lo", "proto", "port", name="pk_hub_namings"),
    )


def _rulings() -> None:
    op.create_table(
        "hub_rulings",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("hi", sa.BigInteger, nullable=False),
        sa.Column("lo", sa.BigInteger, nullable=False),
        sa.Column("proto", sa.SmallInteger, nullable=False),
        sa.Column("port", sa.Integer, nullable=False),
        sa.Column("finding", sa.Text, nullable=False),
        sa.Column("service_class", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("said_by", sa.Text, nullable=False),
        sa.Column("approved_by", sa.Text, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("until", sa.Integer, nullable=False),
        sa.Column("entry", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_hub_rulings"),
    )
    op.create_index("ix_hub_rulings_hi_lo", "hub_rulings", ["hi", "lo", "proto", "port", "id"])


def _outcomes() -> None:
    op.create_table(
        "hub_outcomes",
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("hi", sa.BigInteger, nullable=False),
        sa.Column("lo", sa.BigInteger, nullable=False),
        sa.Column("proto", sa.SmallInteger, nullable=False),
        sa.Column("port", sa.Integer, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("was_right", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("source", "hi", "lo", "proto", "port", name="pk_hub_outcomes"),
    )
    op.create_index("ix_hub_outcomes_source", "hub_outcomes", ["source", "was_right"])


def _figures() -> None:
    op.create_table(
        "hub_figures",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("told", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_hub_figures"),
    )
    op.create_index("ix_hub_figures_epoch", "hub_figures", ["epoch"])


def _rounds() -> None:
    op.create_table(
        "hub_rounds",
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("threshold", sa.Integer, nullable=False),
        sa.Column("capacity", sa.Integer, nullable=False),
        sa.Column("numbers", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("epoch", name="pk_hub_rounds"),
    )


def _tables() -> None:
    op.create_table(
        "hub_tables",
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("member", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("point", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("entry", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["epoch"], ["hub_rounds.epoch"], name="fk_hub_tables_epoch"),
        sa.ForeignKeyConstraint(["member"], ["hub_members.name"], name="fk_hub_tables_member"),
        sa.PrimaryKeyConstraint("epoch", "member", name="pk_hub_tables"),
        sa.UniqueConstraint("epoch", "point", name="uq_hub_tables_point"),
    )


def _answers() -> None:
    op.create_table(
        "hub_answers",
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("member", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(["epoch"], ["hub_rounds.epoch"], name="fk_hub_answers_epoch"),
        sa.ForeignKeyConstraint(["member"], ["hub_members.name"], name="fk_hub_answers_member"),
        sa.PrimaryKeyConstraint("epoch", "member", name="pk_hub_answers"),
    )

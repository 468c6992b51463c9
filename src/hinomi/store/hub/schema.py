"""
The tables of the hub; in a provider's home they stay empty.

There is no time in them finer than an epoch, of anything: what is not kept cannot be published.
Who did what when stands in the journal.
"""

from typing import Final

import sqlalchemy as sa

from hinomi.store.schema import METADATA, SERIAL

MEMBERS: Final = sa.Table(
    "hub_members",
    METADATA,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("organisation", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),  # `model.member.MemberKind`.
    sa.Column("state", sa.Text, nullable=False),  # `model.member.MemberState`.
    sa.Column("contacts", sa.JSON, nullable=False),
    sa.Column("uses", sa.JSON, nullable=False),  # `model.member.Use`.
    sa.Column("page", sa.Text, nullable=False),
    sa.Column("signing_key", sa.Text, nullable=False),  # Public.
    sa.Column("attestations", sa.JSON, nullable=False),
)

CREDENTIALS: Final = sa.Table(
    "hub_credentials",
    METADATA,
    sa.Column("fingerprint", sa.Text, primary_key=True),
    sa.Column("member", sa.ForeignKey("hub_members.name"), nullable=False),
    sa.Column("token_digest", sa.Text, nullable=False),
    sa.Column("outlets", sa.JSON, nullable=False),  # `model.member.Outlet`.
    sa.Column("until", sa.Integer, nullable=False),  # Days since 1970-01-01, UTC.
    sa.Column("is_revoked", sa.Boolean, nullable=False),
    sa.Index("ix_hub_credentials_member", "member"),
)

BATCHES: Final = sa.Table(
    "hub_batches",
    METADATA,
    sa.Column("member", sa.ForeignKey("hub_members.name"), primary_key=True),
    sa.Column("deed", sa.Text, primary_key=True),  # `share.signing.Deed`.
    sa.Column("epoch", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("media", sa.Text, nullable=False),  # "json" or "csv".
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),  # The member's signature, as it came.
    sa.Column("body", sa.LargeBinary, nullable=False),  # As it came: the signature is over it.
    sa.Column("statements", sa.Integer, nullable=False),
    sa.Column("entry", sa.BigInteger, nullable=False),  # Of the journal.
    sa.Index("ix_hub_batches_deed_epoch", "deed", "epoch"),
)
"""What members said, one batch of a kind an epoch."""

SEALINGS: Final = sa.Table(
    "hub_sealings",
    METADATA,
    sa.Column("epoch", sa.Integer, primary_key=True, autoincrement=False),
)
"""Epochs whose list is being made, or made: what members say of the ones before comes too late."""

SNAPSHOTS: Final = sa.Table(
    "hub_snapshots",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("epoch", sa.Integer, nullable=False, unique=True),
    sa.Column("previous", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),  # Of the JSON.
    sa.Column("head", sa.Text, nullable=False),  # The signed note.
    sa.Column("json", sa.LargeBinary, nullable=False),
    sa.Column("csv", sa.LargeBinary, nullable=False),
    sa.Column("entry", sa.BigInteger, nullable=False),  # Of the journal.
)

ENTRIES: Final = sa.Table(
    "hub_entries",
    METADATA,
    sa.Column("hi", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("lo", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("proto", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("port", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("episode", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("modified", sa.Integer, primary_key=True, autoincrement=False),  # Epoch.
    sa.Column("since", sa.Integer, nullable=False),  # Epoch.
    sa.Column("service_class", sa.Text, nullable=False),
    sa.Column("valid_until", sa.Integer, nullable=False),  # Epoch.
    sa.Column("is_revoked", sa.Boolean, nullable=False),
    sa.Column("is_newest", sa.Boolean, nullable=False),  # Of all versions of its server.
    sa.Index("ix_hub_entries_is_newest", "is_newest", "is_revoked"),
    sa.Index("ix_hub_entries_modified", "modified"),
)
"""Every version of every listing: `model.snapshot.Entry`."""

ACKNOWLEDGEMENTS: Final = sa.Table(
    "hub_acknowledgements",
    METADATA,
    sa.Column("member", sa.ForeignKey("hub_members.name"), primary_key=True),
    sa.Column(
        "number", sa.ForeignKey("hub_snapshots.number"), primary_key=True, autoincrement=False
    ),
    sa.Column("epoch", sa.Integer, nullable=False),  # In which the member said so.
    sa.Column("note", sa.Text, nullable=False),  # The member's signature.
)
"""Who has put which snapshot to use: removal has reached a member when it says so here."""

WEIGHINGS: Final = sa.Table(
    "hub_weighings",
    METADATA,
    sa.Column("hi", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("lo", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("proto", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("port", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("epoch", sa.Integer, nullable=False),  # In which it was weighed.
    sa.Column("outcome", sa.Text, nullable=False),  # `hub.aggregate.Outcome`.
    sa.Column("posterior", sa.Double, nullable=False),
    sa.Column("members", sa.Integer, nullable=False),  # Independent ones that speak for it.
    sa.Column("methods", sa.Integer, nullable=False),
    sa.Column("against", sa.Integer, nullable=False),  # Members that speak against it.
    sa.Column("service_class", sa.Text, nullable=False),
    sa.Column("reasons", sa.JSON, nullable=False),  # Code and values each.
    sa.Column("carried", sa.Integer, nullable=False),  # Last epoch it was carried in; -1: never.
    sa.Column("contested", sa.Integer, nullable=False),  # Last epoch it was refused in; -1: never.
    sa.Index("ix_hub_weighings_outcome_posterior", "outcome", "posterior"),
)
"""What the newest weighing of each server came to."""

HISTORIES: Final = sa.Table(
    "hub_histories",
    METADATA,
    sa.Column("member", sa.ForeignKey("hub_members.name"), primary_key=True),
    sa.Column("epoch", sa.Integer, nullable=False),  # Last one that was taken in.
    sa.Column("rows", sa.LargeBinary, nullable=False),  # `store.hub.histories`.
)
"""In which epoch a member first named each of a sample of addresses: whom it copies shows there."""

NAMINGS: Final = sa.Table(
    "hub_namings",
    METADATA,
    sa.Column("hi", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("lo", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("proto", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("port", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("since", sa.Integer, nullable=False),  # Epoch in which it was listed.
    sa.Column("epoch", sa.Integer, nullable=False),  # Of the last list that it stands on.
    sa.Column("members", sa.JSON, nullable=False),  # Names.
)
"""Which members named what stands on the list before it did; it goes when the listing ends."""

RULINGS: Final = sa.Table(
    "hub_rulings",
    METADATA,
    sa.Column("id", SERIAL, primary_key=True),
    sa.Column("hi", sa.BigInteger, nullable=False),
    sa.Column("lo", sa.BigInteger, nullable=False),
    sa.Column("proto", sa.SmallInteger, nullable=False),
    sa.Column("port", sa.Integer, nullable=False),
    sa.Column("finding", sa.Text, nullable=False),  # `model.case.Finding`.
    sa.Column("service_class", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("said_by", sa.Text, nullable=False),
    sa.Column("approved_by", sa.Text, nullable=False),  # Empty: it takes nobody else.
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("until", sa.Integer, nullable=False),  # Last epoch in which it counts.
    sa.Column("entry", sa.BigInteger, nullable=False),  # Of the journal.
    sa.Index("ix_hub_rulings_hi_lo", "hi", "lo", "proto", "port", "id"),
)
"""What people at the hub decided of a server; the newest counts, as long as it does."""

OUTCOMES: Final = sa.Table(
    "hub_outcomes",
    METADATA,
    sa.Column("source", sa.Text, primary_key=True),  # A member, or a source of evidence.
    sa.Column("hi", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("lo", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("proto", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("port", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("was_right", sa.Boolean, nullable=False),
    sa.Index("ix_hub_outcomes_source", "source", "was_right"),
)
"""Whose word a checked answer bore out, of those that it does not itself rest on."""

FIGURES: Final = sa.Table(
    "hub_figures",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),  # Of the snapshot.
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("told", sa.JSON, nullable=False),  # Counts: `hub.figures.measure`.
    sa.Index("ix_hub_figures_epoch", "epoch"),
)
"""What each list came to, in counts: they name no server."""

ROUNDS: Final = sa.Table(
    "hub_rounds",
    METADATA,
    sa.Column("epoch", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("threshold", sa.Integer, nullable=False),
    sa.Column("capacity", sa.Integer, nullable=False),
    sa.Column("numbers", sa.JSON, nullable=False),  # Number by member's name.
)
"""Rounds of private corroboration, as they were agreed on when the first member asked."""

TABLES: Final = sa.Table(
    "hub_tables",
    METADATA,
    sa.Column("epoch", sa.ForeignKey("hub_rounds.epoch"), primary_key=True, autoincrement=False),
    sa.Column("member", sa.ForeignKey("hub_members.name"), primary_key=True),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),  # The member's signature, as it came.
    sa.Column("point", sa.BigInteger, nullable=False),  # Where its shares were evaluated.
    sa.Column("body", sa.LargeBinary, nullable=False),  # As it came; see `share.private.wire`.
    sa.Column("entry", sa.BigInteger, nullable=False),  # Of the journal.
    sa.UniqueConstraint("epoch", "point", name="uq_hub_tables_point"),
)
"""What members sent in a round; it goes when the round is combined, whatever comes of that."""

ANSWERS: Final = sa.Table(
    "hub_answers",
    METADATA,
    sa.Column("epoch", sa.ForeignKey("hub_rounds.epoch"), primary_key=True, autoincrement=False),
    sa.Column("member", sa.ForeignKey("hub_members.name"), primary_key=True),
    sa.Column("digest", sa.Text, nullable=False),  # Of the tables that it answers.
    sa.Column("body", sa.LargeBinary, nullable=False),
)
"""What each member is told of a round; without tables and key it says nothing of servers."""

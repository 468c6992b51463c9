"""
The tables of cases: what was found, what speaks for it, what people said, what was let out.

Rows of history are added and never changed; only the row of a case itself, and the end of a
listing, tell the present.
"""

from typing import Final

import sqlalchemy as sa

from hinomi.store.schema import METADATA, SERIAL

CASES: Final = sa.Table(
    "cases",
    METADATA,
    sa.Column("id", SERIAL, primary_key=True),
    sa.Column("hi", sa.BigInteger, nullable=False),  # A line's pseudonym where own.
    sa.Column("lo", sa.BigInteger, nullable=False),
    sa.Column("proto", sa.SmallInteger, nullable=False),
    sa.Column("port", sa.Integer, nullable=False),
    sa.Column("own", sa.Boolean, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # `model.case.CaseState`.
    sa.Column("service_class", sa.Text, nullable=False),  # `model.case.ServiceClass`.
    sa.Column("episode", sa.Integer, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("opened_ms", sa.BigInteger, nullable=False),
    sa.Column("changed_ms", sa.BigInteger, nullable=False),
    sa.Column("posterior", sa.Double, nullable=False),
    sa.Column("methods", sa.Integer, nullable=False),
    sa.Column("holds", sa.JSON, nullable=False),  # Codes.
    sa.Column("is_urgent", sa.Boolean, nullable=False),
    sa.UniqueConstraint("hi", "lo", "proto", "port", "own"),
    sa.Index("ix_cases_is_urgent_posterior_id", "is_urgent", "posterior", "id"),
    sa.Index("ix_cases_state", "state", "is_urgent", "posterior", "id"),
)

EVIDENCE: Final = sa.Table(
    "evidence",
    METADATA,
    sa.Column("id", SERIAL, primary_key=True),
    sa.Column("hi", sa.BigInteger, nullable=False),
    sa.Column("lo", sa.BigInteger, nullable=False),
    sa.Column("proto", sa.SmallInteger, nullable=False),  # `model.evidence.ANY_PORT`: any.
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
    sa.UniqueConstraint(
        *("hi", "lo", "proto", "port", "own", "source", "method", "claim"),
        *("reference", "observed_day"),
        name="uq_evidence_statement",
    ),
    sa.Index("ix_evidence_source_received_ms", "source", "received_ms"),
)
"""Kept by service, not by case: what others know waits for the day on which a case opens."""

SOURCES: Final = sa.Table(
    "evidence_sources",
    METADATA,
    sa.Column("id", SERIAL, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("method", sa.Text, nullable=False),
    sa.Column("grade", sa.Text, nullable=False),  # Admiralty letter that somebody gave it.
    sa.Column("family", sa.Text, nullable=False),  # Sources of one family are one; empty: alone.
    sa.Column("said_by", sa.Text, nullable=False),
    sa.Column("said_ms", sa.BigInteger, nullable=False),
    sa.Index("ix_evidence_sources_name_id", "name", "id"),
)
"""What the operator says of sources; the newest row of a name counts."""

OUTCOMES: Final = sa.Table(
    "source_outcomes",
    METADATA,
    sa.Column("case_id", sa.ForeignKey("cases.id"), primary_key=True),
    sa.Column("episode", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("method", sa.Text, nullable=False),
    sa.Column("was_right", sa.Boolean, nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Index("ix_source_outcomes_source", "source", "method", "was_right"),
)
"""Which sources an answer bears out or contradicts, of those it does not itself rest on."""

PAIRS: Final = sa.Table(
    "source_pairs",
    METADATA,
    sa.Column("one", sa.Text, primary_key=True),
    sa.Column("other", sa.Text, primary_key=True),
    sa.Column("kinship", sa.Text, nullable=False),  # `verify.copying.Kinship`.
    sa.Column("copied", sa.Double, nullable=False),  # The larger share of the two.
    sa.Column("told", sa.JSON, nullable=False),  # Sentences: English and Japanese each.
    sa.Column("learned_ms", sa.BigInteger, nullable=False),
)
"""What the histories of two sources showed them to be to each other, when it was last asked."""

VERDICTS: Final = sa.Table(
    "case_verdicts",
    METADATA,
    sa.Column("id", SERIAL, primary_key=True),
    sa.Column("case_id", sa.ForeignKey("cases.id"), nullable=False),
    sa.Column("episode", sa.Integer, nullable=False),
    sa.Column("said_by", sa.Text, nullable=False),
    sa.Column("said_ms", sa.BigInteger, nullable=False),
    sa.Column("finding", sa.Text, nullable=False),
    sa.Column("service_class", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("lifted", sa.JSON, nullable=False),  # Codes of holds that it lifts.
    sa.Column("posterior", sa.Double, nullable=False),
    sa.Index("ix_case_verdicts_case_id", "case_id"),
    sa.Index("ix_case_verdicts_said_ms", "said_ms"),
)

NOTES: Final = sa.Table(
    "case_notes",
    METADATA,
    sa.Column("id", SERIAL, primary_key=True),
    sa.Column("case_id", sa.ForeignKey("cases.id"), nullable=False),
    sa.Column("said_by", sa.Text, nullable=False),
    sa.Column("said_ms", sa.BigInteger, nullable=False),
    sa.Column("words", sa.Text, nullable=False),
    sa.Index("ix_case_notes_case_id", "case_id"),
)

EVENTS: Final = sa.Table(
    "case_events",
    METADATA,
    sa.Column("id", SERIAL, primary_key=True),
    sa.Column("case_id", sa.ForeignKey("cases.id"), nullable=False),
    sa.Column("episode", sa.Integer, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),  # Of the case after it.
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("before", sa.Text),
    sa.Column("after", sa.Text, nullable=False),
    sa.Column("said_by", sa.Text, nullable=False),  # A person, or "run".
    sa.Column("register", sa.Text, nullable=False),  # Its version.
    sa.Column("entry", sa.BigInteger, nullable=False),  # Of the journal; -1: none.
    sa.Column("posterior", sa.Double, nullable=False),
    sa.Column("reasons", sa.JSON, nullable=False),  # Code, text, text_ja, values each.
    sa.UniqueConstraint("case_id", "version"),
    sa.Index("ix_case_events_step_at_ms", "step", "at_ms"),
)
"""One row for every change of a case: two people cannot make the same one."""

LISTINGS: Final = sa.Table(
    "listings",
    METADATA,
    sa.Column("id", SERIAL, primary_key=True),
    sa.Column("case_id", sa.ForeignKey("cases.id"), nullable=False),
    sa.Column("episode", sa.Integer, nullable=False),
    sa.Column("hi", sa.BigInteger, nullable=False),  # Plain, also of an own service.
    sa.Column("lo", sa.BigInteger, nullable=False),
    sa.Column("proto", sa.SmallInteger, nullable=False),
    sa.Column("port", sa.Integer, nullable=False),
    sa.Column("service_class", sa.Text, nullable=False),
    sa.Column("since_epoch", sa.Integer, nullable=False),
    sa.Column("valid_until", sa.Integer, nullable=False),  # Last epoch in which it holds.
    sa.Column("was_contacted", sa.Boolean, nullable=False),  # By suspects, when it was listed.
    sa.Column("ended_ms", sa.BigInteger),  # Null: it stands.
    sa.UniqueConstraint("case_id", "episode"),
    sa.Index("ix_listings_ended_ms_id", "ended_ms", "id"),
)

RUNS: Final = sa.Table(
    "case_runs",
    METADATA,
    sa.Column("digest", sa.Text, primary_key=True),  # Of what was read and under which rules.
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("until_day", sa.Integer, nullable=False),  # The last day that it saw.
    sa.Column("candidates", sa.Integer, nullable=False),  # That were worth a case.
    sa.Column("below", sa.Integer, nullable=False),  # That were not.
    sa.Column("opened", sa.Integer, nullable=False),
)
"""Runs of detection that cases were opened from: the same run again changes nothing."""

SEEDS: Final = sa.Table(
    "case_seeds",
    METADATA,
    sa.Column("case_id", sa.ForeignKey("cases.id"), primary_key=True),
    sa.Column("truth", sa.Text, nullable=False),  # `model.case.Finding`.
    sa.Column("lent", sa.JSON, nullable=False),  # Evidence that is not of its service.
    sa.Column("made_ms", sa.BigInteger, nullable=False),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("revealed_ms", sa.BigInteger),  # Null: reviewers do not know it yet.
)
"""
First episodes whose truth is known beforehand, to measure the reviewers. They are never listed.

The evidence that they are shown with stands here and nowhere else: it is another service's.
"""

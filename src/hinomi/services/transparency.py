"""
The page for subscribers, from what a home really is and did (R8).

Making it reads configuration, register, journal and counters; no flow record. Handing it out
is an act with a mandate of its own, and the journal keeps the page's SHA-256.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from hinomi.clock import day_of, render_time
from hinomi.collect.accounting import DROPPED, CollectStatus, read_status
from hinomi.collect.wire.sets.decode import PAYLOAD_DISCARDED
from hinomi.collect.wire.sflow import sampled
from hinomi.config import OperatorConfig, OperatorWords
from hinomi.errors import NotFound, UsageError
from hinomi.govern import transparency
from hinomi.govern.checkpoint import Checkpoint
from hinomi.govern.journal import Body
from hinomi.govern.matrix import LegalBasis, Matrix, Power
from hinomi.govern.plainwords import Language, plain_words
from hinomi.govern.roles import Role
from hinomi.govern.transparency import (
    DAY_MS,
    Facts,
    Figures,
    Operator,
    Proof,
    PurposeFact,
    Sampling,
    compose,
)
from hinomi.model.flow import CONVERSATIONS
from hinomi.model.window import Window
from hinomi.services.figures import count_entries
from hinomi.services.home import COLLECT, Home
from hinomi.services.mandates import Operation, record
from hinomi.services.people import people_in_force, today
from hinomi.services.subscriberpage import render_subscriber_page
from hinomi.store.durable import replace_durably, require_file_place
from hinomi.store.journal import FileJournal

_OTHER_ACTS: Final = ("init", "journal", "refused", "key", "ruling")
"""Acts of the journal that no command has as its operation."""

_REACHING: Final = frozenset({Power.NOTIFY, Power.BLOCK, Power.CORRELATE})

_MODE: Final = 0o644
"""A page for the public need not be hidden from the web server of the house."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberPage:
    """A page that is ready to be handed out."""

    language: Language
    document: dict[str, object]
    html: str

    @property
    def sha256(self) -> str:
        """The page's own hash, hex: that of the file in UTF-8."""
        return hashlib.sha256(self.html.encode()).hexdigest()

    @property
    def missing(self) -> list[str]:
        """What the operator must set before it is fit to be published."""
        operator: Any = self.document["operator"]
        return list(operator["missing"])


def require_page_place(path: Path) -> None:
    """
    Make sure that a page can be put at *path*, before it is made.

    Raises:
        NotFound: If the folder does not exist.
        Unavailable: If the folder takes no file, or *path* is a folder.
    """
    if not path.parent.is_dir():
        raise NotFound(f"{path.parent}: no such folder for the page; make it, then repeat")
    require_file_place(path)


def publish_page(
    home: Home,
    language: Language,
    output: Path | None = None,
    *,
    since_ms: int | None = None,
    until_ms: int | None = None,
) -> SubscriberPage:
    """
    Make the page of a period and hand it out: to a file, or to the caller.

    Args:
        home: What it tells of.
        language: In which it tells.
        output: Where to put it, in place of what stood there; None: the caller shows it.
        since_ms: Start of the period's first day, UTC; None: the day the journal begins.
        until_ms: Start of the day after its last; None: the last day that is over, or
            today where none is over yet.

    Raises:
        UsageError: If the period is not one of whole days, or lies in the future.
        ConfigError: If the register lets counts be told that protect nobody.
        Unavailable: If journal or disk refuse; no page was put anywhere.
    """
    mandate = home.mandate(Operation.TRANSPARENCY)
    facts = gather(home, since_ms, until_ms)
    document = compose(facts)
    page = SubscriberPage(
        language=language, document=document, html=render_subscriber_page(document, language)
    )
    told: dict[str, object] = {
        "act": "publish",
        "language": language,
        "period": {"since": render_time(facts.since_ms), "until": render_time(facts.until_ms)},
        "page": page.sha256,
        "document": hashlib.sha256(msgspec.json.encode(document, order="sorted")).hexdigest(),
        "entries": facts.proof.size,
        "root": facts.proof.root,
        "register": facts.proof.register,
    }
    journal = home.journal()
    record(journal, Operation.TRANSPARENCY, mandate, {**told, "stage": "begins"})
    if output is not None:
        replace_durably(output.resolve(), page.html.encode(), mode=_MODE)
        done = {"act": "publish", "page": page.sha256, "stage": "done"}
        record(journal, Operation.TRANSPARENCY, mandate, done)
    return page


def gather(home: Home, since_ms: int | None = None, until_ms: int | None = None) -> Facts:
    """
    Gather what is known of *home* for a page; no flow record is read.

    Raises:
        As `publish_page`.
    """
    journal = home.journal()
    note = journal.note()
    head = Checkpoint.parse(note.text)
    window = _period(home, journal, head.size, since_ms, until_ms)
    status = read_status(home.folder / COLLECT)
    register = home.register
    least = register.integer("collect.sampling_interval_min")
    figures = _figures(home, journal, head.size, window, status)
    return Facts(
        made_ms=home.clock(),
        since_ms=window.since_ms or 0,
        until_ms=window.until_ms or 0,
        laboratory=home.is_laboratory,
        transit_kept=home.config.collect.transit == "keep",
        forwarded=bool(home.config.collect.forward),
        columns=tuple(CONVERSATIONS.names),
        operator=_operator(home.config.operator),
        sampling=Sampling(
            least=None if home.is_laboratory else least,
            stated=register.integer("collect.sampling_interval"),
            sent=_sent(status),
            met=figures.met,
        ),
        register=register,
        oldest_ms=home.lake().statistics().first_ms,
        purposes=permitted_purposes(home.matrix()),
        roles=_roles(home),
        operations=(*_OTHER_ACTS, *(each.word for each in Operation)),
        reidentifies=tuple(each.word for each in Operation if Power.REIDENTIFY in each.powers),
        reaches=any(_REACHING & each.powers for each in Operation),
        figures=figures,
        proof=Proof(
            register=register.version,
            origin=head.origin,
            size=head.size,
            root=head.root.hex(),
            key=journal.verifier.render(),
            checkpoint=note.render(),
        ),
    )


def permitted_purposes(matrix: Matrix) -> tuple[PurposeFact, ...]:
    """Tell what this version does, for which purpose, on which basis, until when."""
    words, found = plain_words().purposes, []
    for purpose in dict.fromkeys(each.purpose for each in Operation):
        used = {power for each in Operation if each.purpose is purpose for power in each.powers}
        found.append(
            PurposeFact(
                name=str(purpose),
                en=words[purpose].en,
                ja=words[purpose].ja,
                ends=None if (ends := matrix.purposes[purpose].ends) is None else str(ends),
                powers=tuple(str(power) for power in Power if power in used),
                bases=(str(LegalBasis.LEGITIMATE_BUSINESS),),  # As `mandate_for` has it.
            )
        )
    return tuple(found)


def _period(
    home: Home, journal: FileJournal, size: int, since_ms: int | None, until_ms: int | None
) -> Window:
    """Settle the period: whole days, of which the last may be the running one."""
    today_ms = home.clock() // DAY_MS * DAY_MS
    first = next(journal.leaves(min(size, 1)), None)
    began_ms = today_ms if first is None else min(first.time_ms // DAY_MS * DAY_MS, today_ms)
    if since_ms is None:
        since_ms = began_ms
    if until_ms is None:  # A day that is not over is told only where there is no other.
        until_ms = today_ms if since_ms < today_ms else today_ms + DAY_MS
    for option, time_ms in (("--since", since_ms), ("--until", until_ms)):
        if time_ms % DAY_MS:
            raise UsageError(
                f"{option}: the page tells whole days (UTC) alone; give a day, such as 2026-01-31"
            )
    if since_ms >= until_ms:
        raise UsageError("--since is not before --until: the period holds no day")
    if until_ms <= began_ms:
        raise UsageError(
            f"--until: the journal begins on {day_of(began_ms)}; of days before nothing is known"
        )
    if until_ms > today_ms + DAY_MS:
        raise UsageError("--until lies in the future: nothing can be told of it")
    return Window(since_ms, until_ms)


def _figures(
    home: Home, journal: FileJournal, size: int, window: Window, status: CollectStatus
) -> Figures:
    """Add up journal, case book and counters; what was written since is for the next page."""
    kept: set[int] = set()

    def bodies() -> Iterator[Body]:
        for body in journal.bodies():
            if body.index < size:
                kept.add(body.index)
                yield body

    figures = count_entries(bodies(), window)
    if len(kept) < size:
        figures.without_body = sum(
            index not in kept and window.covers(leaf.time_ms)
            for index, leaf in enumerate(journal.leaves(size))
        )
    with home.casebook() as casebook:
        for hour in casebook.exporter_hours(window):
            figures.received += hour.records
            figures.lost += max(hour.lost, 0)
    if status.workers:
        figures.routers_since_ms = min(each.started_ms for each in status.workers.values())
        figures.dropped_of_routers = Counter({each: status.total(each) for each in DROPPED})
        figures.discarded = sum(map(status.total, (PAYLOAD_DISCARDED, sampled.PAYLOAD_DISCARDED)))
    return figures


def _sent(status: CollectStatus) -> tuple[int, ...]:
    """Give the intervals that routers state, without saying which router."""
    samplers = (each.samplers for each in status.exporters.values())
    return tuple(sorted({sampler.interval for each in samplers for sampler in each}))


def _roles(home: Home) -> tuple[str, ...]:
    """Name the roles that somebody holds who may act today."""
    people, on = people_in_force(home).people, today(home)
    held = {role for each in people.people.values() if each.acts_on(on) for role in each.roles}
    return tuple(str(role) for role in Role if role in held)


def _operator(config: OperatorConfig) -> Operator:
    return Operator(
        language=config.language,
        own=_operator_words(config),
        translated=_operator_words(config.translated),
        url=config.url,
    )


def _operator_words(said: OperatorWords) -> transparency.OperatorWords:
    return transparency.OperatorWords(
        name=said.name.strip(),
        contact=said.contact.strip(),
        explanation=said.explanation.strip(),
    )

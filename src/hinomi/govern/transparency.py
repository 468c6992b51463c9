"""
The page for subscribers as a document: facts of a home in, what may be told of them out (R8).

Nothing here reads or writes. Whatever is told about traffic or people passes `coarsen`, and
days are the finest times; the page is rendered from the document alone, so it tells no more.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from hinomi.clock import day_of
from hinomi.govern.coarsening import Count, coarsen, least_count
from hinomi.govern.parameters import Register
from hinomi.govern.plainwords import Language, plain_words

FORM: Final = 3
"""Version of the document's form."""

SECTIONS: Final = (
    "summary",
    "collected",
    "not_collected",
    "sampling",
    "retention",
    "purposes",
    "access",
    "numbers",
    "changes",
    "expect",
    "object",
    "documents",
    "proof",
)
"""What the page tells, in its order; in both languages."""

DAY_MS: Final = 86_400_000
OPERATOR_WORDS: Final = ("name", "contact", "explanation")
_NEEDED: Final = ("name", "contact")
_OTHER: Final = "other"
_DISCARDED: Final = "payload"
_RETENTION: Final = "retention."
_UNITS_MS: Final = {"days": DAY_MS, "hours": 3_600_000, "ms": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorWords:
    """Who answers subscribers, in their own words; empty: not set."""

    name: str = ""
    contact: str = ""
    explanation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Who answers subscribers, in the language they wrote in, and perhaps in the other."""

    language: Language = "ja"
    own: OperatorWords = OperatorWords()
    translated: OperatorWords = OperatorWords()
    url: str = ""

    def missing(self) -> list[str]:
        """Name what must be set before the page may be published."""
        return [each for each in _NEEDED if not getattr(self.own, each)]

    def told(self, key: str) -> dict[str, dict[str, str]]:
        """Give one of the words for a reader of each language, with the language it is in."""
        other: Language = "en" if self.language == "ja" else "ja"
        own = {"text": getattr(self.own, key), "language": self.language}
        translated = {"text": getattr(self.translated, key), "language": other}
        return {self.language: own, other: translated if translated["text"] else own}


@dataclass(frozen=True, slots=True, kw_only=True)
class PurposeFact:
    """A purpose, what is permitted for it and why; words in both languages."""

    name: str
    en: str
    ja: str
    ends: str | None  # The day on which it ends; None: none is set.
    powers: tuple[str, ...]
    bases: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """Intervals N of 1-in-N; 0 where nobody states one."""

    least: int | None  # None: a laboratory takes anything.
    stated: int
    sent: tuple[int, ...]  # By routers, as the collector last heard.
    met: tuple[int, ...]  # In the records that were analysed in the period.


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of what is registered."""

    time_ms: int
    kind: str  # interval, model, parameter, or outside: of which the journal says nothing.
    name: str | None = None  # Of the parameter, where it names no place of the network.


@dataclass(slots=True, kw_only=True)
class Figures:
    """What the journal and the case book count of a period: exact, never shown as it is."""

    entries: int = 0
    without_body: int = 0
    accounts: int = 0
    received: int = 0
    received_stored: int = 0
    lost: int = 0
    files: int = 0
    imported: int = 0
    imported_stored: int = 0
    detections: int = 0
    candidates: int = 0  # Of the run with most.
    known: int = 0
    cases: int = 0  # That were opened, or began anew.
    handed_on: int = 0  # Exports, batches and comparisons.
    listings: int = 0  # Of the list with most that was handed out.
    submitted: int = 0  # Of the batch with most for the hub.
    sighted: int = 0  # Servers of the hub's list that one batch spoke of, at most.
    confirmed: int = 0
    compared: int = 0  # Times; of how many servers is nobody's business, not the hub's either.
    refusals: int = 0
    deleted_hours: int = 0
    deleted_records: int = 0
    deletions: int = 0
    bodies_deleted: int = 0
    dropped_of_files: Mapping[str, int] = field(default_factory=dict)
    dropped_of_routers: Mapping[str, int] = field(default_factory=dict)
    discarded: int = 0
    routers_since_ms: int | None = None  # Since when routers' reasons are counted; None: never.
    accesses: Mapping[str, int] = field(default_factory=dict)
    met: tuple[int, ...] = ()
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What ties the page to the journal and the register."""

    register: str
    origin: str
    size: int
    root: str
    key: str
    checkpoint: str  # The signed note.


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that is known of a home for one page."""

    made_ms: int
    since_ms: int
    until_ms: int
    laboratory: bool
    transit_kept: bool
    forwarded: bool
    columns: tuple[str, ...]  # Of a stored record.
    operator: Operator
    sampling: Sampling
    register: Register
    oldest_ms: int | None  # Start of the oldest stored record.
    purposes: tuple[PurposeFact, ...]
    roles: tuple[str, ...]
    operations: tuple[str, ...]  # All acts that this version knows.
    reidentifies: tuple[str, ...]  # Acts that may turn a pseudonym back.
    reaches: bool  # Some act may notify, block, or match with subscribers' data.
    figures: Figures
    proof: Proof


def compose(facts: Facts) -> dict[str, object]:
    """
    Make the document: plain values alone, which JSON can hold.

    Raises:
        ConfigError: If the register lets counts be told that protect nobody.
    """
    least = least_count(facts.register)
    return {
        "form": FORM,
        "made": day_of(facts.made_ms),
        "laboratory": facts.laboratory,
        "period": {
            "since": day_of(facts.since_ms),
            "until": day_of(facts.until_ms),
            "last": day_of(facts.until_ms - 1),
            "running": facts.until_ms > facts.made_ms,
        },
        "least_count": least,
        "operator": {
            **{key: facts.operator.told(key) for key in OPERATOR_WORDS},
            "url": facts.operator.url,
            "missing": facts.operator.missing(),
        },
        "collected": {
            "columns": _columns(facts.columns),
            "transit_kept": facts.transit_kept,
            "forwarded": facts.forwarded,
        },
        "sampling": {
            "least_interval": facts.sampling.least,
            "stated_interval": facts.sampling.stated,
            "sent_intervals": list(facts.sampling.sent),
            "met_intervals": list(facts.sampling.met),
        },
        "retention": {
            "limits": _limits(facts.register),
            "oldest": None if facts.oldest_ms is None else day_of(facts.oldest_ms),
        },
        "purposes": [_purpose(each) for each in facts.purposes],
        "access": {
            "roles": list(facts.roles),
            "accounts": coarsen(facts.figures.accounts, least),
            "outward": _outward(facts.operations),
            "reidentifies": list(facts.reidentifies),
            "reaches": facts.reaches,
        },
        "numbers": _numbers(facts.figures, least),
        "changes": _changes(facts.figures.changes),
        "proof": {
            "register": facts.proof.register,
            "origin": facts.proof.origin,
            "size": facts.proof.size,
            "root": facts.proof.root,
            "key": facts.proof.key,
            "checkpoint": facts.proof.checkpoint,
        },
    }


def _columns(names: tuple[str, ...]) -> list[dict[str, object]]:
    """
    Explain the columns of a record, in their order.

    Raises:
        ValueError: If a column has no words (the caller's bug): it would go untold.
    """
    told: list[dict[str, object]] = []
    rest = set(names)
    for each in plain_words().columns:
        if rest.issuperset(each.names):
            told.append({"names": list(each.names), "en": each.en, "ja": each.ja})
            rest -= set(each.names)
    if rest:
        raise ValueError(f"no words for what is collected: {', '.join(sorted(rest))}")
    return sorted(told, key=lambda row: names.index(row["names"][0]))  # type: ignore[index]


def _purpose(fact: PurposeFact) -> dict[str, object]:
    return {
        "name": fact.name,
        "en": fact.en,
        "ja": fact.ja,
        "ends": fact.ends,
        "powers": list(fact.powers),
        "bases": list(fact.bases),
    }


def _outward(operations: tuple[str, ...]) -> list[str]:
    """
    Name the acts of a provider by which something leaves the system, or reaches a person.

    Raises:
        ValueError: If an act has no words (the caller's bug): a door would go untold.
    """
    words = plain_words().operations
    if unknown := sorted(set(operations) - words.keys()):
        raise ValueError(f"no words for what is done: {', '.join(unknown)}")
    return [each for each in operations if words[each].outward and not words[each].at_hub]


def _limits(register: Register) -> list[dict[str, object]]:
    """List the time limit of each kind of data, and what else of that sort is registered."""
    limits: list[dict[str, object]] = []
    rest = {name for name in register.parameters if name.startswith(_RETENTION)}
    for data, words in plain_words().data.items():
        found = sorted(
            name
            for name in register.parameters
            if words.parameter and name.startswith(words.parameter)
        )
        rest -= set(found)
        if words.at_hub:
            continue
        if words.fixed or not found:
            limits.append({"data": data, "limit": words.fixed or "not-set"})
        limits += [{"data": data, **_limit(register, name)} for name in found]
    return limits + [{"data": None, **_limit(register, name)} for name in sorted(rest)]


def _limit(register: Register, name: str) -> dict[str, object]:
    """Tell one registered time limit, in hours where its unit is one of time."""
    parameter = register.parameters[name]
    value, said = parameter.value, parameter.unit
    unit = said.replace(",", " ").split(" ")[0]
    if unit in _UNITS_MS and isinstance(value, int | float) and not isinstance(value, bool):
        hours = round(value * _UNITS_MS[unit] / _UNITS_MS["hours"])
        return {"parameter": name, "limit": "hours", "hours": hours}
    return {
        "parameter": name,
        "limit": "as-registered",
        "value": str(value),
        "unit": parameter.unit,
    }


def _numbers(figures: Figures, least: int) -> dict[str, object]:
    def told(count: int) -> Count:
        return coarsen(count, least)

    since_ms = figures.routers_since_ms
    return {
        "received": told(figures.received),
        "received_stored": told(figures.received_stored),
        "lost": told(figures.lost),
        "files": told(figures.files),
        "imported": told(figures.imported),
        "imported_stored": told(figures.imported_stored),
        "detections": told(figures.detections),
        "candidates": told(figures.candidates),
        "known": told(figures.known),
        "cases": told(figures.cases),
        "handed_on": told(figures.handed_on),
        "listings": told(figures.listings),
        "submitted": told(figures.submitted),
        "sighted": told(figures.sighted),
        "confirmed": told(figures.confirmed),
        "compared": told(figures.compared),
        "refusals": told(figures.refusals),
        "deleted_hours": told(figures.deleted_hours),
        "deleted_records": told(figures.deleted_records),
        "deletions": told(figures.deletions),
        "bodies_deleted": told(figures.bodies_deleted),
        "without_body": told(figures.without_body),
        "discarded": {_DISCARDED: told(figures.discarded)},
        "dropped": _dropped(figures, least),
        "routers_since": None if since_ms is None else day_of(since_ms),
        "accesses": {
            name: told(figures.accesses.get(name, 0))
            for name, words in plain_words().operations.items()
            if words.reads
        },
    }


def _dropped(figures: Figures, least: int) -> dict[str, dict[str, Count]]:
    """Tell what was left out by reason; reasons without words are added up, lest one be raw."""
    words = plain_words().reasons
    sums: dict[str, dict[str, int]] = {}
    for place, counts in (
        ("files", figures.dropped_of_files),
        ("routers", figures.dropped_of_routers),
    ):
        for reason, count in counts.items():
            known = reason if reason in words else _OTHER
            row = sums.setdefault(known, {"files": 0, "routers": 0})
            row[place] += count
    return {
        reason: {place: coarsen(count, least) for place, count in sums[reason].items()}
        for reason in words
        if any(sums.get(reason, {}).values())
    }


def _changes(changes: tuple[Change, ...]) -> list[dict[str, object]]:
    """Tell each change once a day: how often in a day is nobody's business."""
    told: dict[tuple[str, str, str | None], None] = {}
    for each in changes:
        told[day_of(each.time_ms), each.kind, each.name] = None
    return [{"day": day, "kind": kind, "name": name} for day, kind, name in told]

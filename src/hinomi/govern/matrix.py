"""
The matrix of what is lawful: purpose, data, power and legal basis (R1, R18).

It is data (``matrix.toml`` beside this file), so that a lawyer can read it. Each combination
is permitted, refused, or needs a ruling: then it is refused until somebody enters a ruling
with its document. What no row names is refused.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cache, lru_cache
from importlib import resources
from itertools import product
from typing import Final, NamedTuple, Self

import msgspec


class Purpose(StrEnum):
    """What flow information, or what was made of it, may serve."""

    DETECT_CC = "detect-cc"  # Find C&C servers (fourth report of the study group, 2021).
    OPERATE = "operate"  # Keep the store itself in order: compaction, keys, removal.
    SHARE_CC = "share-cc"
    NOTIFY = "notify"
    BLOCK_CONSENTED = "block-consented"
    RELAY_ATTACKS = "relay-attacks"
    EXPLAIN = "explain"
    AUDIT = "audit"
    RESEARCH = "research"


class Data(StrEnum):
    """Classes of data that are treated alike."""

    FLOW_RECORDS = "flow-records"  # Conversation records, and partial results made of them.
    SUSPECT_SETS = "suspect-sets"  # Probably infected lines, as pseudonyms.
    CANDIDATES = "candidates"
    JUDGEMENTS = "judgements"  # Probability band, method categories, register hash.
    LISTINGS = "listings"
    MEMBER_STATEMENTS = "member-statements"  # Findings and sightings of members, at the hub.
    SIGHTINGS = "sightings"  # "Confirmed", "not seen", "wrong" or "gone", of a listed server.
    OWN_SERVICES = "own-services"  # Servers inside the own network, as pseudonyms.
    LISTS = "lists"  # Of others: known C&C servers, honeypots, scanners.
    REFERENCE_TABLES = "reference-tables"  # Routes, allocations: dated tables of others.
    NETWORK_PLAN = "network-plan"  # Own prefixes and exporters.
    MODELS = "models"
    SUBSCRIBER_RECORDS = "subscriber-records"  # Access logs and contracts.
    OUTSIDE_REPORTS = "outside-reports"  # "This address, port and time was seen infected."
    ATTACK_SOURCES = "attack-sources"  # Address, port and time.
    NAMES = "names"  # FQDN, URL, DNS queries.
    PAYLOAD = "payload"
    GOVERNANCE_RECORDS = "governance-records"  # Journal, register, mandates, roles.
    STATISTICS = "statistics"  # Numbers that tell of nobody.
    SYNTHETIC = "synthetic"  # Made-up worlds.


class Power(StrEnum):
    """What a mandate lets its bearer do: the operations of the matrix."""

    COLLECT = "collect"
    STORE = "store"
    ANALYSE = "analyse"
    CORRELATE = "correlate"  # With subscriber data.
    REIDENTIFY = "re-identify"
    PUBLISH = "publish"
    SHARE = "share"
    NOTIFY = "notify"
    BLOCK = "block"
    RESEARCH = "research"
    AUDIT = "audit"
    MAINTAIN = "maintain"  # Compact, re-encrypt and remove; reads nothing out.


class LegalBasis(StrEnum):
    """Why an access does not breach the secrecy of communications."""

    CONSENT = "consent"  # 同意
    LEGITIMATE_BUSINESS = "legitimate-business-act"  # 正当業務行為: purpose, necessity, means.
    EMERGENCY = "emergency"  # 緊急避難
    LAW = "law"  # 法令行為


class Answer(StrEnum):
    """What a row says."""

    PERMITTED = "permitted"
    REFUSED = "refused"
    NEEDS_RULING = "needs-ruling"


class Cell(NamedTuple):
    """One combination."""

    purpose: Purpose
    data: Data
    power: Power
    basis: LegalBasis

    def __str__(self) -> str:
        return f"{self.purpose} / {self.data} / {self.power} / {self.basis}"


class PurposeEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A purpose in words, and when it ends."""

    en: str
    ja: str
    ends: date | None = None
    """The first day, UTC, on which nothing is permitted for it any more; None: it has no end."""


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is said of some combinations, why, and where that comes from."""

    purpose: Purpose
    data: tuple[Data, ...]
    powers: tuple[Power, ...]
    bases: tuple[LegalBasis, ...]
    answer: Answer
    en: str
    ja: str
    seed: str  # Number of the public document.
    passage: str  # Where in it.

    def cells(self) -> Iterator[Cell]:
        """Yield the combinations that the row speaks of."""
        for data, power, basis in product(self.data, self.powers, self.bases):
            yield Cell(self.purpose, data, power, basis)


class Ruling(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A decision, by somebody who may take it, on a combination that needs one."""

    purpose: Purpose
    data: Data
    power: Power
    basis: LegalBasis
    document: str  # SHA-256 of the document, hex; a copy lies in the home.
    title: str
    entered_by: str
    ends: date

    @property
    def cell(self) -> Cell:
        """The combination that it decides."""
        return Cell(self.purpose, self.data, self.power, self.basis)


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    purposes: dict[Purpose, PurposeEntry]
    rows: tuple[Row, ...]


UNLISTED: Final = (
    "no row of the matrix names this: what is not permitted is refused",
    "一覧にない組合せです。認められていないことは行いません。",
)
"""Why an unlisted combination is refused: English, Japanese."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What the matrix says of one combination on one day."""

    cell: Cell
    is_permitted: bool
    answer: Answer
    en: str
    ja: str
    row: Row | None  # None: no row names it.
    ruling: Ruling | None = None  # What permits a combination that needs one.


@dataclass(frozen=True, slots=True)
class Matrix:
    """All rows and purposes, and the rulings that a home entered."""

    purposes: Mapping[Purpose, PurposeEntry]
    rows: tuple[Row, ...]
    rulings: tuple[Ruling, ...] = ()
    _by_cell: Mapping[Cell, Row] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_cell", _by_cell(self.rows))

    def ask(self, cell: Cell, day: date) -> Finding:
        """Tell whether *cell* is permitted on *day* (UTC), and why."""
        row = self._by_cell.get(cell)
        entry = self.purposes[cell.purpose]
        if row is None:
            return Finding(cell, False, Answer.REFUSED, *UNLISTED, None)  # noqa: FBT003 - the field's name says it.
        if entry.ends is not None and day >= entry.ends:
            en = f"the purpose {cell.purpose} ended on {entry.ends}; decide anew whether it goes on"
            ja = f"この目的は{entry.ends}に終わりました。続けるかどうかを決め直してください。"
            return Finding(cell, False, Answer.REFUSED, en, ja, row)  # noqa: FBT003 - as above.
        ruling = self._ruling(cell, day) if row.answer is Answer.NEEDS_RULING else None
        permitted = row.answer is Answer.PERMITTED or ruling is not None
        return Finding(cell, permitted, row.answer, row.en, row.ja, row, ruling)

    def with_rulings(self, rulings: Iterable[Ruling]) -> Self:
        """
        Give the matrix as a home has it.

        Raises:
            ValueError: If a ruling is for a combination that needs none: what is refused
                stays refused, whatever document is entered.
        """
        entered = tuple(rulings)
        for ruling in entered:
            row = self._by_cell.get(ruling.cell)
            if row is None or row.answer is not Answer.NEEDS_RULING:
                raise ValueError(f"{ruling.cell} needs no ruling and takes none")
        return type(self)(self.purposes, self.rows, entered)

    def with_ends(self, ends: Mapping[Purpose, date]) -> Self:
        """Give the matrix with other ends of purposes."""
        purposes = {
            each: msgspec.structs.replace(entry, ends=ends.get(each, entry.ends))
            for each, entry in self.purposes.items()
        }
        return type(self)(purposes, self.rows, self.rulings)

    def _ruling(self, cell: Cell, day: date) -> Ruling | None:
        for ruling in self.rulings:
            if ruling.cell == cell and day < ruling.ends:
                return ruling
        return None


@lru_cache(maxsize=4)  # Homes have the same rows, with rulings and ends of their own.
def _by_cell(rows: tuple[Row, ...]) -> Mapping[Cell, Row]:
    found: dict[Cell, Row] = {}
    for row in rows:
        for cell in row.cells():
            if cell in found:
                raise ValueError(f"two rows of the matrix speak of {cell}")
            found[cell] = row
    return found


def every_cell() -> Iterator[Cell]:
    """Yield every combination there is."""
    for purpose, data, power, basis in product(Purpose, Data, Power, LegalBasis):
        yield Cell(purpose, data, power, basis)


@cache
def shipped_matrix() -> Matrix:
    """Give the matrix that ships with hinomi."""
    text = resources.files("hinomi.govern").joinpath("matrix.toml").read_text(encoding="utf-8")
    document = msgspec.convert(tomllib.loads(text), _Document)
    return Matrix(document.purposes, document.rows)

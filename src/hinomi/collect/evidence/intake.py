"""
What every reader of evidence is given: the file as lines, what the caller says, the counts.

A file is read as a stream. A bad line stops it with file and line, unless the operator keeps
the good ones; what is well formed but proves nothing here is counted by its reason.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Final, Self, TypeVar

from hinomi.clock import day_of
from hinomi.collect.context.intake import Intake as ContextFile
from hinomi.collect.lists.intake import BadLine
from hinomi.errors import MalformedDocument, NotFound
from hinomi.govern.parameters import Register
from hinomi.model.context import DAY_MS
from hinomi.model.evidence import Claim, Evidence, Method
from hinomi.model.service import Service

LONGEST_LINE: Final = 1 << 20
"""Bytes of a line: a honeypot's longest event stays far below."""

MOST_HELD: Final = 50_000
"""Distinct statements held to make repeated ones one; beyond, the oldest are handed on."""

A_NAME: Final = "a name, not an address"
LATER: Final = "later than the file's day"
PRIVATE: Final = "a private address"
UNROUTABLE: Final = "unroutable"
"""Why a well-formed line is no evidence, for counts; each format has more of its own."""

_Item = TypeVar("_Item")


class Skip(Exception):
    """A line is well formed but proves nothing of a server; the text is its reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceLimits:
    """What readers take for little, and how sure a source can be at most; see the howto."""

    names_least: int = 10  # Names on one address below which they say nothing.
    names_half: int = 100  # Names at which a shared host is as likely as not.
    packets_least: int = 10  # Packets into a darknet below which nothing is said.
    backscatter_strength: float = 0.2  # Replies may be forged, and C&C servers are attacked too.
    asked_strength: float = 0.5  # Of a fetch that was asked for and perhaps never answered.
    changed_strength: float = 0.5  # Of another holder's certificate.
    trait_strength: float = 0.1  # Of what C&C servers share with many others: never measured.

    @classmethod
    def from_register(cls, register: Register) -> Self:
        """Read the values from ``evidence.*``."""
        return cls(
            names_least=register.integer("evidence.names_least"),
            names_half=register.integer("evidence.names_half"),
            packets_least=register.integer("evidence.packets_least"),
            backscatter_strength=register.number("evidence.backscatter_strength"),
            asked_strength=register.number("evidence.asked_strength"),
            changed_strength=register.number("evidence.changed_strength"),
            trait_strength=register.number("evidence.trait_strength"),
        )

    def __post_init__(self) -> None:
        if min(self.names_least, self.names_half, self.packets_least) < 1:
            raise ValueError("limits of evidence are counts from 1")
        strengths = (
            self.backscatter_strength,
            self.asked_strength,
            self.changed_strength,
            self.trait_strength,
        )
        if not all(0.0 <= each <= 1.0 for each in strengths):
            raise ValueError("a strength of evidence is outside 0..1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the caller says of a file, since it does not say so itself."""

    source: str
    day: int  # The file's day, days since 1970: what bears no date is dated so.
    keep_good: bool = False  # Count bad lines and go on, instead of stopping.
    claim: Claim | None = None  # In place of what the format would take it to claim.
    method: Method | None = None
    limits: EvidenceLimits = field(default_factory=EvidenceLimits)


class Intake:
    """
    One file of evidence on its way in.

    Args:
        path: The file: plain, gzip or bzip2.
        told: What the caller says of it.
    """

    def __init__(self, path: Path, told: Told) -> None:
        self.path = path
        self.told = told
        self.ignored: Counter[str] = Counter()
        self.malformed = 0
        self._file = ContextFile(path, day_of(told.day * DAY_MS))

    @contextmanager
    def line(self, number: int | None, item: str = "") -> Iterator[None]:
        """
        Read one line (or *item* of a document without lines) inside this context.

        Raises:
            MalformedDocument: If a `BadLine` is raised inside and good ones are not kept.
        """
        try:
            yield
        except Skip as reason:
            self.ignored[str(reason)] += 1
        except BadLine as error:
            self.refuse(f"{item}: {error}" if item else str(error), number)

    @contextmanager
    def skipping(self) -> Iterator[None]:
        """Read one of several things on a line: if it proves nothing, the others may."""
        try:
            yield
        except Skip as reason:
            self.ignored[str(reason)] += 1

    def refuse(self, reason: str, number: int | None) -> None:
        """
        Count a bad line where good ones are kept.

        Raises:
            MalformedDocument: If they are not.
        """
        if not self.told.keep_good:
            raise MalformedDocument(reason, str(self.path), number)
        self.malformed += 1

    def ignore(self, reason: str, count: int = 1) -> None:
        """Count what is well formed but proves nothing here."""
        if count:
            self.ignored[reason] += count

    def each(
        self, items: Iterable[tuple[int, _Item]], parse: Callable[[_Item], Iterable[Evidence]]
    ) -> Iterator[Evidence]:
        """Yield what *parse* makes of each numbered item, bad ones dealt with as `line` says."""
        for number, item in items:
            found: tuple[Evidence, ...] = ()
            with self.line(number):
                found = tuple(parse(item))
            yield from found

    @contextmanager
    def stream(self) -> Iterator[IO[bytes]]:
        """
        Open the file, decompressed.

        Raises:
            NotFound: If it cannot be opened, or is no file that can be read twice.
            MalformedDocument: If the compressed stream is cut or damaged.
        """
        if self.path.exists() and not self.path.is_file():
            raise NotFound(f"{self.path} is no file; evidence is read twice, so save it as one")
        with self._file.stream() as file:
            yield file

    def lines(self) -> Iterator[tuple[int, str]]:
        """
        Yield the lines that are not blank, with their numbers from 1.

        A line that is longer than 1 MiB, no UTF-8, or binary is a bad line.
        """
        with self.stream() as file:
            number = 0
            while raw := file.readline(LONGEST_LINE + 1):
                number += 1
                if len(raw) > LONGEST_LINE:
                    self.refuse("a line is longer than 1 MiB", number)
                    while raw and not raw.endswith(b"\n"):
                        raw = file.readline(LONGEST_LINE)
                    continue
                text = self._text(raw, number)
                if text:
                    yield number, text

    def _text(self, raw: bytes, number: int) -> str:
        try:
            text = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip()
        except UnicodeDecodeError:
            self.refuse("is no UTF-8 text", number)
            return ""
        if "\0" in text:
            self.refuse("is binary, no text", number)
            return ""
        return text

    def sha256(self) -> str:
        """
        Hash the file as it lies on disk.

        Raises:
            NotFound: If it cannot be read.
        """
        try:
            return self._file.sha256()
        except OSError as error:
            raise NotFound(f"{self.path}: {error.strerror}") from error

    def evidence(
        self,
        service: Service,
        claim: Claim,
        method: Method,
        day: int,
        *,
        reference: str = "",
        strength: float | None = None,
        **facts: float | str,
    ) -> Evidence:
        """
        Make a statement of the caller's source.

        Raises:
            Skip: If it is dated after the file: no source has seen that yet.
            BadLine: If a word of it holds what is no text; documents can spell that out.
        """
        if day > self.told.day:
            raise Skip(LATER)
        if any(_is_no_text(each) for each in (reference, *facts.values())):
            raise BadLine("holds a NUL or half a character, which is no text")
        return Evidence(
            service=service,
            method=method,
            source=self.told.source,
            claim=claim,
            observed_day=day,
            reference=reference,
            strength=strength,
            facts={name: fact for name, fact in facts.items() if fact != ""},
        )


def _is_no_text(fact: float | str) -> bool:
    """Tell whether *fact* is text that no file and no database can hold, as JSON may escape it."""
    return isinstance(fact, str) and any(c == "\0" or "\ud800" <= c <= "\udfff" for c in fact)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceFormat:
    """One format of evidence."""

    name: str  # As `--format` takes it.
    recognises: Callable[[str], bool]  # From the first 64 KiB of the text.
    read: Callable[[Intake], Iterator[Evidence]]
    """
    Yield what the file states. Raises `MalformedDocument` where it is not of this format as
    a whole, or at a bad line unless good ones are kept.
    """

    claims: frozenset[Claim] = frozenset()  # What the caller may say that it claims.
    methods: frozenset[Method] = frozenset()  # How the caller may say that it was found out.
    needs_claim: bool = False


def collapse(statements: Iterable[Evidence], most_held: int) -> Iterator[Evidence]:
    """
    Make repeated statements one, of the latest day, with their number as the fact ``times``.

    Only what stands within *most_held* distinct statements of each other is compared, so that
    memory stays bounded; who keeps them keeps each but once.
    """
    held: dict[tuple[object, ...], Evidence] = {}
    for each in statements:
        key = (each.service, each.method, each.claim, each.reference)
        before = held.get(key)
        held[key] = each if before is None else _merge(before, each)
        if len(held) >= most_held:
            yield from held.values()
            held.clear()
    yield from held.values()


def _merge(one: Evidence, other: Evidence) -> Evidence:
    later = one if one.observed_day > other.observed_day else other
    times = int(one.facts.get("times", 1)) + int(other.facts.get("times", 1))
    return replace(later, facts={**later.facts, "times": times})

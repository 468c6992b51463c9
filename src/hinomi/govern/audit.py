"""
The auditor's check of a journal: everything is computed anew from its leaves.

It needs the files of the journal and its public key, and neither the node nor any trust in it.
What the auditor noted or a witness signed before shows what these files alone cannot: that the
journal was put back to an older state, or that others were shown another one.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from hinomi.clock import render_time
from hinomi.govern import merkle
from hinomi.govern.checkpoint import Checkpoint
from hinomi.govern.edge import Edge
from hinomi.govern.journal import LEAF_BYTES, Altered, Body, Leaf, deleted_bodies
from hinomi.govern.note import BadNote, Note, Verifier
from hinomi.govern.tiles import (
    ENTRIES,
    WIDTH,
    BadTile,
    decode_bundle,
    parse_name,
    place_name,
    stored_in,
    tile_name,
    widths,
)

CLOCK_TOLERANCE_MS: Final = 60_000
"""A clock that is set back by less is being kept right."""

_ENTRY_BYTES: Final = 2 + LEAF_BYTES
_DELETED: Final = b'"bodies_deleted"'

Read = Callable[[str], bytes | None]
"""Gives a file of the journal by its name; None if it is not there."""


class Fault(StrEnum):
    """What can be wrong with a journal."""

    CHECKPOINT = "checkpoint"  # It is not signed by the journal's key, or is no checkpoint.
    MISSING = "missing"  # Something that the checkpoint covers is not there.
    ALTERED = "altered"  # Something is there and is not what was signed.
    BODY = "body"  # A body says something else than was committed to, or went without a word.
    CLOCK = "clock"  # Times go back.
    VIEW = "view"  # Another checkpoint does not lie on this journal: rolled back, or two views.


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong."""

    fault: Fault
    text: str


@dataclass(slots=True)
class Audit:
    """What came of a check."""

    origin: str = ""
    entries: int = 0
    root: bytes = b""
    kept: list[int] = field(default_factory=list)  # Entries whose bodies are there.
    told: list[tuple[int, int]] = field(default_factory=list)  # Bodies said to be deleted.
    witnesses: dict[str, int] = field(default_factory=dict)  # Newest size that each signed.
    findings: list[Finding] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)  # Files of an entry never acknowledged.

    @property
    def is_whole(self) -> bool:
        """Tell whether nothing is wrong."""
        return not self.findings

    def say(self, fault: Fault, text: str) -> None:
        """Keep one thing that is wrong."""
        self.findings.append(Finding(fault, text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the auditor knows from elsewhere."""

    key: Verifier  # Of the journal.
    witnesses: Sequence[Verifier] = ()
    seen: Sequence[tuple[str, Note]] = ()  # Checkpoints noted or cosigned before, and whence.
    with_bodies: bool = True  # False: only hashes and times were exported.


def audit(note: Note, read: Read, names: Iterable[str], evidence: Evidence) -> Audit:
    """
    Check a journal.

    Args:
        note: Its checkpoint.
        read: Reads its files.
        names: Of all its files.
        evidence: What the auditor knows.
    """
    result = Audit()
    try:
        note.require(evidence.key)
        head = Checkpoint.parse(note.text)
    except BadNote as error:
        result.say(Fault.CHECKPOINT, f"the checkpoint: {error}")
        return result
    result.origin, result.entries, result.root = head.origin, head.size, head.root
    if head.origin != evidence.key.name:
        result.say(Fault.CHECKPOINT, f"it is of {head.origin}, not of {evidence.key.name}")
    computed, times = _Computed(), []
    for number in range(-(-head.size // WIDTH)):
        width = min(WIDTH, head.size - number * WIDTH)
        leaves = _leaves(result, read, number, width)
        if leaves is None:
            return result
        computed.add(leaves)
        times += [leaf.time_ms for leaf in leaves]
        _check_bodies(result, read, number, leaves)
    _check_root(result, computed, head)
    _check_files(result, read, names, computed)
    _check_clock(result, times)
    if evidence.with_bodies:
        _check_deleted(result)
    _check_seen(result, computed, times, evidence)
    return result


class _Computed:
    """The tiles of a tree, made anew from its leaves."""

    def __init__(self) -> None:
        self.edge = Edge()
        self.tiles: dict[tuple[int | str, int], bytes] = {}

    def add(self, leaves: Sequence[Leaf]) -> None:
        """Add leaves at the end."""
        for tile in self.edge.add([leaf.encode() for leaf in leaves]):
            self.tiles[tile.level, tile.number] = tile.content

    def file(self, level: int | str, number: int, width: int) -> bytes | None:
        """Give what a file must hold; None if it lies beyond the tree."""
        length = width * (_ENTRY_BYTES if level == ENTRIES else merkle.HASH_BYTES)
        tile = self.tiles.get((level, number), b"")
        return tile[:length] if len(tile) >= length else None

    def tile(self, level: int, number: int, width: int) -> bytes:
        """Give the first *width* hashes of a tile."""
        return self.tiles[level, number][: width * merkle.HASH_BYTES]

    def root(self, size: int) -> bytes:
        """Give the root of the first *size* leaves."""
        return merkle.root(stored_in(self.tile, size), size)


def _leaves(result: Audit, read: Read, number: int, width: int) -> list[Leaf] | None:
    name = tile_name(ENTRIES, number, width)
    bundle = read(name)
    if bundle is None and (full := read(tile_name(ENTRIES, number))) is not None:
        bundle = full[: width * _ENTRY_BYTES]  # It filled up, and the partial one went.
    if bundle is None:
        result.say(
            Fault.MISSING,
            f"{name} is missing: {result.entries} entries are signed, and it holds some of them",
        )
        return None
    try:
        return [Leaf.decode(each) for each in decode_bundle(bundle, width)]
    except (Altered, BadTile):
        result.say(Fault.ALTERED, f"{name} holds other entries than were signed, or damaged ones")
        return None


def _check_bodies(result: Audit, read: Read, number: int, leaves: Sequence[Leaf]) -> None:
    name = f"bodies/{place_name(number)}"
    first, last = number * WIDTH, -1
    *lines, rest = (read(name) or b"").split(b"\n")
    if rest:
        result.unfinished.append(name)
    for line in lines:
        try:
            body = Body.decode(line + b"\n")
        except Altered:
            result.say(Fault.BODY, f"{name} has a line that is no body")
            continue
        if body.index >= result.entries:
            result.unfinished.append(name)
            continue
        place = body.index - first
        if not 0 <= place < len(leaves) or body.index <= last:
            result.say(Fault.BODY, f"{name}: entry {body.index} is out of its place")
            continue
        last = body.index
        if body.leaf() != leaves[place]:
            result.say(
                Fault.BODY, f"{name}: entry {body.index} says something else than was signed"
            )
        if _DELETED in body.text:
            result.told += deleted_bodies([body.parse()])
        result.kept.append(body.index)


def _check_root(result: Audit, computed: _Computed, head: Checkpoint) -> None:
    if computed.root(head.size) != head.root:
        result.say(
            Fault.ALTERED,
            "the entries are not those that the checkpoint was signed over: their root is another",
        )


def _check_files(result: Audit, read: Read, names: Iterable[str], computed: _Computed) -> None:
    there = {name: place for name in names if (place := parse_name(name)) is not None}
    for name, place in sorted(there.items()):
        wanted = computed.file(*place)
        if wanted is None:
            result.unfinished.append(name)
        elif read(name) != wanted:
            result.say(Fault.ALTERED, f"{name} holds other hashes than its entries have")
    for level, last, width in widths(computed.edge.size):
        for number in range(last + 1):
            name = tile_name(level, number, width if number == last else WIDTH)
            if name not in there and tile_name(level, number) not in there:
                result.say(Fault.MISSING, f"{name} is missing")


def _check_clock(result: Audit, times: Sequence[int]) -> None:
    latest = times[0] if times else 0
    for index, time_ms in enumerate(times):
        if time_ms < latest - CLOCK_TOLERANCE_MS:
            result.say(
                Fault.CLOCK,
                f"the clock was set back before entry {index}: {_said(time_ms)} follows "
                f"{_said(latest)}",
            )
            latest = time_ms  # Told once: what follows is measured from here.
        latest = max(latest, time_ms)


def _check_deleted(result: Audit) -> None:
    accounted = bytearray(result.entries)
    for first, end in [*result.told, *((index, index + 1) for index in result.kept)]:
        inside = range(max(first, 0), min(end, result.entries))
        accounted[inside.start : inside.stop] = b"\x01" * len(inside)
    for index in (place for place, is_known in enumerate(accounted) if not is_known):
        result.say(Fault.BODY, f"the body of entry {index} is gone, and no entry says why")


def _check_seen(
    result: Audit, computed: _Computed, times: Sequence[int], evidence: Evidence
) -> None:
    for whence, note in evidence.seen:
        try:
            note.require(evidence.key)
            seen = Checkpoint.parse(note.text)
            signed = {each.name: note.require(each) for each in evidence.witnesses if note.by(each)}
        except BadNote as error:
            result.say(Fault.CHECKPOINT, f"{whence}: {error}")
            continue
        if seen.size > result.entries:
            result.say(
                Fault.VIEW,
                f"{whence}: the journal had {seen.size} entries then and has {result.entries} "
                "now: it was cut or put back to an older state",
            )
        elif computed.root(seen.size) != seen.root:
            result.say(
                Fault.VIEW,
                f"{whence}: the first {seen.size} entries were others then: the journal was "
                "written anew, or two were shown",
            )
        for name, time_s in signed.items():
            result.witnesses[name] = max(seen.size, result.witnesses.get(name, 0))
            if time_s is not None:
                _check_witnessed(result, whence, times, seen.size, time_s * 1000)


def _check_witnessed(
    result: Audit, whence: str, times: Sequence[int], size: int, signed_ms: int
) -> None:
    """Compare the times of entries with the clock of who signed between them."""
    before, after = times[:size], times[size:]
    if any(time_ms > signed_ms + CLOCK_TOLERANCE_MS for time_ms in before):
        result.say(
            Fault.CLOCK, f"{whence}: entries claim to be younger than {_said(signed_ms)}, "
            "when they were signed"
        )  # fmt: skip
    if any(time_ms < signed_ms - CLOCK_TOLERANCE_MS for time_ms in after):
        result.say(
            Fault.CLOCK, f"{whence}: entries claim to be older than {_said(signed_ms)}, "
            "when those before them were signed"
        )  # fmt: skip


def _said(time_ms: int) -> str:
    """Render a time, however far off somebody put it."""
    try:
        return render_time(time_ms)
    except (ValueError, OverflowError, OSError):
        return f"{time_ms} ms"

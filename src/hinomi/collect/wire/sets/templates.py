"""
The templates of all streams of one version: learned from sets, looked up for data.

A template set that a stream sent before, byte for byte, is recognised and not parsed again:
exporters repeat theirs every few datagrams. Nothing expires while the exporter lives: some
send a template once in a session (robustness case 7).

Source: RFC 7011, sections 8 and 8.1; RFC 3954, section 7.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from hinomi.collect.wire.ledger import Ledger
from hinomi.collect.wire.sets.definitions import (
    LEAST_DATA_SET,
    Definition,
    TemplateLimits,
    parse,
    parse_set,
)
from hinomi.collect.wire.sets.layouts import NO_LAYOUT, Layout, Layouts
from hinomi.collect.wire.sets.walk import SET_HEADER, Sets
from hinomi.collect.wire.streams import NO_STREAM, Stream, Streams

TEMPLATE_TOO_MANY: Final = "template-too-many"
"""Templates beyond the number or the bytes that one stream or exporter may have."""

TEMPLATE_TOO_OFTEN: Final = "template-too-often"
"""Redefinitions beyond the number that one stream may send in a batch: the template goes."""

TEMPLATE_REDEFINED: Final = "template-redefined"
"""Templates that were used again with another layout."""

TEMPLATE_WITHDRAWN: Final = "template-withdrawn"
"""Templates that the exporter withdrew."""

FIELD_IMPOSSIBLE: Final = "field-impossible"
"""Fields of templates that are wider than their element can be, or have no width: passed over."""

SETS_UNCONFIRMED: Final = "sets-unconfirmed"
"""Data sets decoded by a template from before the exporter's, or the collector's, restart."""

_MEMO_SETS: Final = 16
_MEMO_BYTES: Final = 16 << 10
"""Template sets that are remembered of one stream; real ones have a handful of a few hundred."""


class KeptTemplate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One template as it survives a restart."""

    version: int
    source: int  # Number of the exporter.
    domain: int
    template: int
    is_options: bool
    body: bytes  # Its record behind the number, as sent.
    last_seen_ms: int  # When it last came, ms since the Unix epoch.


class Change(NamedTuple):
    """A template that became another, or came, or went, within a batch."""

    key: int
    position: int  # Of the template set among all sets of the batch.
    before: int  # Number of the layout until then; `NO_LAYOUT`.


class Origins(NamedTuple):
    """Where n template sets come from, shape (n,) each."""

    stream: NDArray[np.int32]
    arrived_ms: NDArray[np.int64]
    position: NDArray[np.int64]  # Among all sets of the batch.


class _Origin(NamedTuple):
    """Where one template set comes from."""

    stream: int
    source: int
    arrived_ms: int
    position: int


@dataclass(slots=True, eq=False)
class _Slot:
    layout: Layout
    last_seen_ms: int
    size: int  # Bytes, as it counts towards the exporter's share.


@dataclass(slots=True, eq=False)
class _Seen:
    """A template set that was sent before."""

    slots: list[_Slot]
    last_ms: int


@dataclass(slots=True, eq=False)
class _Known:
    """What is remembered of one stream."""

    slots: dict[int, _Slot] = field(default_factory=dict)  # By template number.
    memo: dict[bytes, _Seen] = field(default_factory=dict)  # By a set's bytes.
    memo_bytes: int = 0

    def forget_memo(self) -> None:
        """Parse whatever set comes next."""
        self.date_slots()
        self.memo.clear()
        self.memo_bytes = 0

    def date_slots(self) -> None:
        """Hand on when sets were seen to the templates in them."""
        for seen in self.memo.values():
            for slot in seen.slots:
                slot.last_seen_ms = max(slot.last_seen_ms, seen.last_ms)


def keys_of(stream: NDArray[np.int32], template: NDArray[np.int64]) -> NDArray[np.int64]:
    """Join stream and template number to the one number a template is known by, shape (n,)."""
    return stream.astype(np.int64) << 16 | template


class Templates:
    """All templates of one version."""

    def __init__(
        self, version: int, streams: Streams, ledger: Ledger, limits: TemplateLimits
    ) -> None:
        """Know none yet."""
        self.layouts = Layouts(version)
        self._version = version
        self._streams = streams
        self._ledger = ledger
        self._limits = limits
        self._known: dict[int, _Known] = {}
        self._numbers: dict[int, int] = {}  # Layout by key, for looking many up at once.
        self._unconfirmed: set[int] = set()  # Keys.
        self._count: Counter[int] = Counter()  # By exporter.
        self._bytes: Counter[int] = Counter()
        self._changes: list[Change] = []
        self._replaced: Counter[int] = Counter()  # By stream, in this batch.

    def learn(self, buffer: NDArray[np.uint8], sets: Sets, origins: Origins) -> list[Change]:
        """
        Take in the template sets of a batch.

        Args:
            buffer: Of the batch.
            sets: Template sets in their order.
            origins: Where they come from.

        Returns:
            What changed, in order.
        """
        self._changes, self._replaced = [], Counter()
        data = buffer.data
        # Almost all of these sets were seen before: this loop is as short as it can be.
        for start, end, stream, arrived_ms, position in zip(
            (sets.start - SET_HEADER).tolist(),
            sets.end.tolist(),
            origins.stream.tolist(),
            origins.arrived_ms.tolist(),
            origins.position.tolist(),
            strict=True,
        ):
            raw = bytes(data[start:end])
            known = self._known.get(stream)
            seen = known.memo.get(raw) if known is not None else None
            if seen is None:
                self._parse(raw, stream, arrived_ms, position)
            else:
                seen.last_ms = arrived_ms
        return self._changes

    def find(
        self, keys: NDArray[np.int64], position: NDArray[np.int64], changes: list[Change]
    ) -> NDArray[np.int64]:
        """
        Look up the layouts that data sets have where they stand.

        Args:
            keys: Of each set, shape (n,); see `keys_of`.
            position: Of each set among all sets of the batch, shape (n,).
            changes: What the template sets of the same batch changed.

        Returns:
            Layout numbers, shape (n,); `NO_LAYOUT` where the template is not known.
        """
        # Neighbours mostly have the same key, above all where each record has its own set.
        is_head = np.ones(keys.size, np.bool_)
        np.not_equal(keys[1:], keys[:-1], out=is_head[1:])
        distinct, place = np.unique(keys[is_head], return_inverse=True)
        asked = distinct.tolist()
        get = self._numbers.get
        found = np.array([get(key, NO_LAYOUT) for key in asked], dtype=np.int64)
        numbers: NDArray[np.int64] = found[place[np.cumsum(is_head) - 1]]
        if changes:
            concerned = set(asked)
            for change in reversed(changes):  # Each puts back what was true before it.
                if change.key in concerned:
                    earlier = (keys == change.key) & (position < change.position)
                    numbers[earlier] = change.before
        return numbers

    def has(self, key: int) -> bool:
        """Tell whether a template is known by now."""
        return key in self._numbers

    def unconfirmed(self, keys: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which sets have a template from before a restart, shape (n,)."""
        if not self._unconfirmed:
            return np.zeros(keys.size, np.bool_)
        return np.isin(keys, np.fromiter(self._unconfirmed, np.int64))

    def distrust(self, stream: int) -> None:
        """Note that the exporter restarted: its templates may mean something else by now."""
        known = self._known.get(stream)
        if known is not None:
            known.forget_memo()  # So that what comes is parsed, and confirms.
            self._unconfirmed.update(stream << 16 | template for template in known.slots)

    def snapshot(self) -> list[KeptTemplate]:
        """Give all templates, by stream and number."""
        for known in self._known.values():
            known.date_slots()
        return [
            KeptTemplate(
                version=self._version,
                source=self._streams.known[stream].source,
                domain=self._streams.known[stream].domain,
                template=template,
                is_options=slot.layout.is_options,
                body=self.layouts.body(slot.layout),
                last_seen_ms=slot.last_seen_ms,
            )
            for stream, known in sorted(self._known.items())
            for template, slot in sorted(known.slots.items())
        ]

    def restore(self, kept: Iterable[KeptTemplate]) -> None:
        """Take templates of an earlier run in; what breaks a limit or rule is counted, not kept."""
        self._changes, self._replaced = [], Counter()
        for each in kept:
            stream = self._streams.number(Stream(each.source, self._version, each.domain))
            if each.version != self._version or stream == NO_STREAM:
                continue
            definition = parse(
                self._version, each.template, each.body, 0,
                is_options=each.is_options, limits=self._limits,
            )  # fmt: skip
            if definition.problem:
                self._ledger.add(each.source, definition.problem)
            if not definition.fields or not LEAST_DATA_SET <= each.template < 1 << 16:
                continue
            known = self._known.setdefault(stream, _Known())
            origin = _Origin(stream, each.source, each.last_seen_ms, 0)
            if self._define(known, definition, origin):
                self._unconfirmed.add(stream << 16 | each.template)

    def _parse(self, raw: bytes, stream: int, arrived_ms: int, position: int) -> None:
        """Take in one template set, and remember it if a repetition would change nothing."""
        source = self._streams.known[stream].source
        known = self._known.setdefault(stream, _Known())
        origin = _Origin(stream, source, arrived_ms, position)
        changed = len(self._changes)
        slots: list[_Slot] = []
        is_repeatable = True
        number = int.from_bytes(raw[:2], "big")
        for definition in parse_set(self._version, number, raw[SET_HEADER:], self._limits):
            slot = self._apply(known, definition, origin)
            is_repeatable = is_repeatable and slot is not None
            if slot is not None:
                slots.append(slot)
        if len(self._changes) > changed:
            known.forget_memo()
        if not is_repeatable or len(raw) > _MEMO_BYTES:
            return
        if len(known.memo) >= _MEMO_SETS or known.memo_bytes + len(raw) > _MEMO_BYTES:
            known.forget_memo()
        known.memo[raw] = _Seen(slots, arrived_ms)
        known.memo_bytes += len(raw)

    def _apply(self, known: _Known, definition: Definition, origin: _Origin) -> _Slot | None:
        """Do what one template record says; give its template if it now stands."""
        if definition.problem:
            # An invalid definition deletes the old one (robustness case 8).
            self._ledger.add(origin.source, definition.problem)
            self._drop(known, definition.template, origin)
            return None
        if definition.fields:
            return self._define(known, definition, origin)
        withdrawn = (
            [definition.template]
            if definition.template >= LEAST_DATA_SET
            else [
                template
                for template, slot in known.slots.items()
                if slot.layout.is_options == definition.is_options
            ]
        )
        for template in withdrawn:
            if self._drop(known, template, origin):
                self._ledger.add(origin.source, TEMPLATE_WITHDRAWN)
        return None

    def _define(self, known: _Known, definition: Definition, origin: _Origin) -> _Slot | None:
        key = origin.stream << 16 | definition.template
        self._unconfirmed.discard(key)
        old = known.slots.get(definition.template)
        if old is not None:
            if (
                old.layout.is_options == definition.is_options
                and self.layouts.body(old.layout) == definition.body
            ):
                old.last_seen_ms = origin.arrived_ms
                return old
            self._ledger.add(origin.source, TEMPLATE_REDEFINED)
            self._drop(known, definition.template, origin)
        if self._replaced[origin.stream] > self._limits.changes_per_batch:
            self._ledger.add(origin.source, TEMPLATE_TOO_OFTEN)
            return None
        size = len(definition.body)
        if (
            len(known.slots) >= self._limits.per_stream
            or self._count[origin.source] >= self._limits.per_exporter
            or self._bytes[origin.source] + size > self._limits.bytes_per_exporter
        ):
            self._ledger.add(origin.source, TEMPLATE_TOO_MANY)
            return None
        layout = self.layouts.take(definition)
        self._ledger.add(origin.source, FIELD_IMPOSSIBLE, layout.impossible)
        slot = known.slots[definition.template] = _Slot(layout, origin.arrived_ms, size)
        self._count[origin.source] += 1
        self._bytes[origin.source] += size
        self._changes.append(Change(key, origin.position, NO_LAYOUT))
        self._numbers[key] = layout.number
        return slot

    def _drop(self, known: _Known, template: int, origin: _Origin) -> bool:
        """Forget one template; tell whether it was known."""
        slot = known.slots.pop(template, None)
        if slot is None:
            return False
        key = origin.stream << 16 | template
        self._unconfirmed.discard(key)
        self._replaced[origin.stream] += 1
        self._count[origin.source] -= 1
        self._bytes[origin.source] -= slot.size
        self._changes.append(Change(key, origin.position, slot.layout.number))
        del self._numbers[key]
        self.layouts.give_back(slot.layout)
        return True

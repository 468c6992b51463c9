"""
Every protocol in one: a batch of datagrams in, flow records out, everything else counted.

Source: RFC 3954 (v9), RFC 7011 and 7012 (IPFIX), sFlow version 5, Cisco's layout of v5.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from hinomi.collect.wire import netflow5
from hinomi.collect.wire.datagrams import Datagrams, read_u16, read_u32
from hinomi.collect.wire.exported import Exported
from hinomi.collect.wire.ledger import Ledger
from hinomi.collect.wire.meaning.boots import KeptBoot
from hinomi.collect.wire.meaning.interpret import Interpreter
from hinomi.collect.wire.meaning.samplers import KeptSampler, Samplers
from hinomi.collect.wire.sequences.sequence import KeptPosition, Sequences
from hinomi.collect.wire.sets.decode import SetDecoder
from hinomi.collect.wire.sets.definitions import TemplateLimits
from hinomi.collect.wire.sets.groups import Headers
from hinomi.collect.wire.sets.templates import KeptTemplate
from hinomi.collect.wire.sflow import decode as sflow
from hinomi.collect.wire.sflow.agentdrops import AgentDrops
from hinomi.collect.wire.sources import REFUSED, Sources
from hinomi.collect.wire.streams import Stream, Streams

DATAGRAMS: Final = "datagrams"
"""Datagrams received from an exporter that may send."""

DATAGRAM_BYTES: Final = "datagram-bytes"
"""Bytes of those datagrams' payloads."""

RECORDS: Final = "records"
"""Flow records decoded, unidirectional, before any rule of the home is applied."""

MALFORMED_SHORT: Final = "malformed-short"
"""Datagrams that end before their version does."""

MALFORMED_VERSION: Final = "malformed-version"
"""Datagrams of no export protocol that is read here: NetFlow v5 and v9, IPFIX, sFlow v5."""

_V5, _V9, _IPFIX, _SFLOW = 5, 9, 10, 0
_SFLOW_VERSION: Final = 5
_LEAST_BYTES: Final = 4


class KeptState(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What survives a restart: exporters by address, their templates, rates and sequences."""

    addresses: tuple[bytes, ...] = ()  # 16 bytes each; their places are the source numbers.
    templates: tuple[KeptTemplate, ...] = ()
    samplers: tuple[KeptSampler, ...] = ()
    boots: tuple[KeptBoot, ...] = ()
    positions: tuple[KeptPosition, ...] = ()


class Decoder:
    """
    Decodes all that one collector receives, and remembers templates and rates.

    Notes:
        No datagram makes it raise; what is wrong with one is counted in `ledger`. What it
        remembers is bounded by the limits of `Sources`, `Streams` and `TemplateLimits`.
    """

    def __init__(
        self,
        sources: Sources,
        *,
        default_interval: int = 0,
        overrides: Mapping[int, int] | None = None,
        trust_agents: bool = False,
        limits: TemplateLimits | None = None,
    ) -> None:
        """
        Begin without templates.

        Args:
            sources: Numbers of the exporters; shared with whoever numbers the datagrams.
            default_interval: N for exporters that never state it; 0: it stays unknown.
            overrides: N by exporter number, above all that the exporter says.
            trust_agents: Name sFlow exporters by the agent address they claim.
            limits: Bounds of templates and of sets that wait for one.
        """
        self.sources = sources
        self.ledger = Ledger()
        self.streams = Streams()
        self.samplers = Samplers(
            self.streams,
            self.ledger,
            overrides=dict(overrides or {}),
            default_interval=default_interval,
        )
        self.sequences = Sequences(self.streams)
        self._interpreter = Interpreter(self.samplers, self.ledger)
        chosen = limits or TemplateLimits()
        self._sets = {
            version: SetDecoder(version, self.streams, self.ledger, chosen)
            for version in (_V9, _IPFIX)
        }
        self._agent_drops = AgentDrops()
        self._agent_number: Callable[[bytes], int] | None = sources.claim if trust_agents else None

    def decode(self, batch: Datagrams) -> Exported:
        """
        Decode *batch*, datagrams with source numbers from 0.

        Returns:
            All its flow records; those of earlier batches too, whose template came now.
        """
        if not len(batch):
            return Exported.empty()
        self.ledger.add_rows(batch.source, DATAGRAMS)
        self.ledger.add_rows(batch.source, DATAGRAM_BYTES, batch.length)
        version = self._versions(batch)
        parts = []
        for decode, number in (
            (self._decode_v5, _V5),
            (self._decode_sets, _V9),
            (self._decode_sets, _IPFIX),
            (self._decode_sflow, _SFLOW),
        ):
            rows = np.flatnonzero(version == number)
            if rows.size:
                some = batch if rows.size == len(batch) else batch.take(rows)
                parts.append(decode(some, number))
        records = Exported.join(parts)
        self.ledger.add_rows(records.source, RECORDS)
        return records

    @property
    def waiting(self) -> int:
        """Data sets that wait for their template."""
        return sum(sets.waiting for sets in self._sets.values())

    def settle(self) -> None:
        """Count what was held back in the hope of more: for the end, when no more is to come."""
        self.sequences.settle(self.ledger)
        for sets in self._sets.values():
            sets.settle()

    def keep(self) -> KeptState:
        """Give what the next run shall know: of streams that ever gave a record, no others."""
        fruitful = self.streams.fruitful()
        sources = sorted({stream.source for stream in fruitful})
        numbers = {source: number for number, source in enumerate(sources)}
        templates = (kept for sets in self._sets.values() for kept in sets.snapshot())
        return KeptState(
            addresses=tuple(self.sources.addresses[source] for source in sources),
            templates=_kept_of(fruitful, templates, numbers),
            samplers=_kept_of(fruitful, self.samplers.snapshot(), numbers),
            boots=_kept_of(fruitful, self.samplers.boots.snapshot(), numbers),
            positions=_kept_of(fruitful, self.sequences.snapshot(), numbers),
        )

    def templates(self) -> Counter[int]:
        """Count the templates that are known, by exporter number."""
        return Counter(kept.source for sets in self._sets.values() for kept in sets.snapshot())

    def restore(self, kept: KeptState) -> None:
        """Take up where another run ended; what is of exporters no longer allowed is left."""
        numbers = {
            place: number
            for place, address in enumerate(kept.addresses)
            if (number := self.sources.number(address, 0)) != REFUSED
        }
        templates = _renumbered(kept.templates, numbers)
        for version, sets in self._sets.items():
            sets.restore([each for each in templates if each.version == version])
        self.samplers.restore(_renumbered(kept.samplers, numbers))
        self.samplers.boots.restore(_renumbered(kept.boots, numbers))
        self.sequences.restore(_renumbered(kept.positions, numbers))
        # Whatever was kept had given records.
        self.streams.credit(np.arange(len(self.streams.known)))

    def _versions(self, batch: Datagrams) -> NDArray[np.int64]:
        """Give the protocol of each datagram, -1 where it is none of ours."""
        version = read_u16(batch.buffer, batch.start)
        short = batch.length < _LEAST_BYTES
        is_ours = (version == _V9) | (version == _IPFIX) | (version == _V5)
        is_ours |= read_u32(batch.buffer, batch.start) == _SFLOW_VERSION
        wrong = ~(short | is_ours)
        self.ledger.add_rows(batch.source[short], MALFORMED_SHORT)
        self.ledger.add_rows(batch.source[wrong], MALFORMED_VERSION)
        return np.where(short | wrong, -1, version)

    def _decode_v5(self, batch: Datagrams, _version: int) -> Exported:
        headers, units, records = netflow5.decode(batch, self.streams, self.samplers, self.ledger)
        self._count(headers, units)
        return records

    def _decode_sets(self, batch: Datagrams, version: int) -> Exported:
        decoded = self._sets[version].decode(batch)
        fresh = decoded.headers.first(decoded.fresh)
        self._count(fresh, decoded.units)
        return Exported.join(
            [
                self._interpreter.interpret(batch.buffer, decoded.headers, group)
                for group in decoded.groups
            ]
        )

    def _decode_sflow(self, batch: Datagrams, _version: int) -> Exported:
        headers, units, records = sflow.decode(
            batch, self.streams, self.samplers, self.ledger, agent_number=self._agent_number,
            drops=self._agent_drops,
        )  # fmt: skip
        self._count(headers, units)
        return records

    def _count(self, headers: Headers, units: NDArray[np.int64]) -> None:
        self.sequences.observe(headers, units, self.ledger)


Kept = TypeVar("Kept", KeptTemplate, KeptSampler, KeptBoot, KeptPosition)


def _kept_of(
    streams: AbstractSet[Stream], kept: Iterable[Kept], numbers: Mapping[int, int]
) -> tuple[Kept, ...]:
    """Give those of *streams*, under the new *numbers* of their exporters."""
    some = [each for each in kept if Stream(each.source, each.version, each.domain) in streams]
    return tuple(_renumbered(some, numbers))


def _renumbered(kept: Sequence[Kept], numbers: Mapping[int, int]) -> list[Kept]:
    """Give those of exporters that have a number now, under that."""
    return [
        msgspec.structs.replace(each, source=numbers[each.source])
        for each in kept
        if each.source in numbers
    ]

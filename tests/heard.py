"""What a hub heard, made by hand: who says what of which server."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from hinomi.hub.aggregate import ClassWords, Decision, Heard, Held, aggregate
from hinomi.hub.rule import CLASSES, Before, Rule
from hinomi.hub.servers import Columns, Servers
from hinomi.hub.voices import METHODS, Source, Voices
from hinomi.model.case import ServiceClass
from hinomi.model.evidence import Method
from hinomi.model.statement import Endpoint
from hubs import server
from poisonings import RULE

EPOCH: Final = 100


@dataclass(frozen=True, slots=True)
class Word:
    """One statement."""

    source: str
    server: Endpoint
    is_for: bool = True
    share: float = 1.0
    service_class: ServiceClass | None = None


def member(name: str, worth: float = 0.9, group: str = "") -> Source:
    """Describe a member."""
    return Source(
        name=name, method=Method.SIGHTING, worth=worth, group=group or name, is_member=True
    )


def other(name: str, method: Method, worth: float = 0.75) -> Source:
    """Describe a source that is no member."""
    return Source(name=name, method=method, worth=worth, group=name)


def say(names: Iterable[str], *servers: Endpoint, is_for: bool = True) -> list[Word]:
    """Let everybody of *names* say the same of *servers*."""
    return [Word(name, each, is_for) for name in names for each in servers]


def voices(words: Sequence[Word], servers: Servers, sources: Sequence[Source]) -> Voices:
    """Lay words out as columns."""
    places = {each.name: place for place, each in enumerate(sources)}
    return Voices(
        server=servers.rows_of(Columns.of(each.server for each in words)),
        source=np.array([places[each.source] for each in words], dtype=np.int64),
        is_for=np.array([each.is_for for each in words], dtype=np.bool_),
        share=np.array([each.share for each in words], dtype=np.float64),
        method=np.array(
            [METHODS.index(sources[places[each.source]].method) for each in words], dtype=np.int64
        ),
    )


@dataclass(slots=True, kw_only=True)
class Scene:
    """What a hub hears in one epoch, and what it knew before."""

    sources: Sequence[Source]
    said: Sequence[Word] = ()
    confirmed: Sequence[Word] = ()
    denied: Sequence[Word] = ()
    listed: Mapping[Endpoint, ServiceClass] = field(default_factory=dict)
    carried: Mapping[Endpoint, int] = field(default_factory=dict)
    contested: Mapping[Endpoint, int] = field(default_factory=dict)
    ruled: Mapping[Endpoint, int] = field(default_factory=dict)
    echoed: Collection[Endpoint] = ()
    held: Mapping[Endpoint, Held] = field(default_factory=dict)
    fresh: float = 1.0
    rule: Rule = RULE
    epoch: int = EPOCH

    def heard(self) -> Heard:
        """Lay it out."""
        named = [each.server for each in (*self.said, *self.confirmed, *self.denied)]
        servers = Servers(Columns.of([*named, *self.listed, *self.ruled]))
        classed = [each for each in self.said if each.service_class is not None]
        words = voices(classed, servers, self.sources)
        given = [CLASSES.index(each.service_class) for each in classed if each.service_class]
        return Heard(
            servers=servers,
            sources=tuple(self.sources),
            said=voices(self.said, servers, self.sources),
            confirmed=voices(self.confirmed, servers, self.sources),
            denied=voices(self.denied, servers, self.sources),
            classes=ClassWords(words.server, words.source, np.array(given, dtype=np.int64)),
            fresh=np.full(servers.size, self.fresh),
            before=self._before(servers),
        )

    def decide(self) -> dict[Endpoint, Decision]:
        """Give what the hub decides, by server; what merely waits as well."""
        heard = self.heard()
        rows = {
            each: row for row, each in enumerate(heard.servers.endpoints(range(heard.servers.size)))
        }
        held = {rows[each]: how for each, how in self.held.items() if each in rows}
        decisions = aggregate(
            heard,
            self.rule,
            epoch=self.epoch,
            guard=lambda asked: {row: held[row] for row in asked.tolist() if row in held},
            wanted=range(heard.servers.size),
        )
        return {each.endpoint: each for each in decisions}

    def one(self) -> Decision:
        """Give what the hub decides of the only server."""
        (decision,) = self.decide().values()
        return decision

    def but(self, **changed: object) -> "Scene":
        """Give the same with something else."""
        return replace(self, **changed)  # type: ignore[arg-type]  # Fields by name.

    def _before(self, servers: Servers) -> Before:
        before = Before.unknown(servers.size)
        for row, each in enumerate(servers.endpoints(range(servers.size))):
            if each in self.listed:
                before.is_listed[row] = True
                before.service_class[row] = CLASSES.index(self.listed[each])
                before.carried[row] = self.carried.get(each, self.epoch - 1)
            before.echoed[row] = each in self.echoed
            before.contested[row] = self.contested.get(each, -1)
            before.ruled[row] = self.ruled.get(each, 0)
        return before


ONE: Final = server(1)
OTHER: Final = server(2)

"""
What others than members say of servers: lists, honeypots, malware analysis, darknets, people.

All of it is read at once, and never server by server. What a source said last replaces what it
said before; what is older than `expiry.most_days` says nothing any more.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from hinomi.hub.servers import Columns, Ints, Servers
from hinomi.hub.voices import METHODS, Floats, Voices
from hinomi.model.address import Address
from hinomi.model.context import DAY_MS
from hinomi.model.evidence import ANY_PORT, Claim, Evidence, Method
from hinomi.model.listed import ListKind, Role
from hinomi.model.statement import Endpoint
from hinomi.services.home import Home
from hinomi.store.casebook import CaseBook
from hinomi.store.hub.outcomes import MEMBER

_HOST_BITS: Final = 128
_FINDS: Final = frozenset({Claim.CC, Claim.COMPROMISED})
_AGAINST: Final = frozenset(
    {Claim.BENIGN, Claim.SINKHOLE, Claim.LOADER, Claim.SHARED, Claim.GONE, Claim.MOVED}
)
_SAYS: Final = frozenset(Method) - {Method.FLOW, Method.PASSIVE_DNS, Method.CERTIFICATE}
"""The hub has no flow of its own, and traits of an address find no server."""


class Word(NamedTuple):
    """One statement of somebody who is no member."""

    endpoint: Endpoint  # Protocol and port are ANY_PORT where it names an address alone.
    source: str
    method: Method
    claim: Claim
    day: int  # Days since 1970-01-01, UTC.
    strength: float  # 0..1.

    @property
    def is_for(self) -> bool:
        """Tell whether it says that a C&C server is there."""
        return self.claim in _FINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Others:
    """Everything that others say."""

    words: tuple[Word, ...]
    evidence: Mapping[Address, tuple[Evidence, ...]]  # As it was brought, for who judges.

    def exact(self) -> Columns:
        """Give the servers that somebody names with their port; those of lists are left out."""
        return Columns.of(
            each.endpoint
            for each in self.words
            if each.endpoint.port != ANY_PORT and each.method is not Method.LIST
        )

    def methods(self) -> dict[str, Method]:
        """Give the method of each source; of one with several, the first by name."""
        return {each.source: each.method for each in sorted(self.words, key=_by_method)}


def others_say(home: Home, casebook: CaseBook, today: int) -> Others:
    """
    Read all that others than members say.

    Args:
        home: Its register says how long a statement counts.
        casebook: The hub's, open.
        today: Days since 1970-01-01, UTC: later statements do not count yet.
    """
    most_days = home.register.integer("expiry.most_days")
    brought: dict[Address, list[Evidence]] = {}
    for method in sorted(_SAYS):
        for each in casebook.evidence.by_method(method):
            # Nobody speaks in the name of a member but the member itself.
            if not each.source.startswith(MEMBER) and each.observed_day <= today:
                brought.setdefault(each.service.address, []).append(each)
    words = [
        each
        for each in (*_evidence_words(brought.values()), *_list_words(casebook, today))
        if not each.is_for or today - each.day <= most_days
    ]
    return Others(
        words=tuple(words),
        evidence={address: tuple(sorted(all_, key=_by_age)) for address, all_ in brought.items()},
    )


def voices_of(
    found: Others,
    servers: Servers,
    places: Mapping[str, int],
    *,
    today: int,
    most_days: int,
    address_share: float,
) -> tuple[Voices, Ints]:
    """
    Turn what others say into voices on *servers*.

    Args:
        found: What they say.
        servers: Those that anybody speaks of.
        places: Of each source, its place among all.
        today: Days since 1970-01-01, UTC.
        most_days: A finding so old is as likely of another holder of the address.
        address_share: Of a statement on an address, so much holds for one port of it.

    Returns:
        The voices, and for each the age of what it rests on, days; -1 where it speaks against.
    """
    words = found.words
    columns = Columns.of(each.endpoint for each in words)
    ages = np.array([max(today - each.day, 0) for each in words], dtype=np.int64)
    is_for = np.array([each.is_for for each in words], dtype=np.bool_)
    strengths = np.array([max(2.0 * each.strength - 1.0, 0.0) for each in words])
    # What speaks against it does not age.
    same = np.where(is_for, 1.0 - ages / (2.0 * max(most_days, 1)), 1.0)
    share: Floats = np.asarray(strengths * same, dtype=np.float64).reshape(-1)
    is_exact = columns.port != ANY_PORT
    exact = np.flatnonzero(is_exact)
    rows = servers.rows_of(columns.taken(exact))
    exact, rows = exact[rows >= 0], rows[rows >= 0]
    wide = np.flatnonzero(~is_exact)
    there, by = servers.at_addresses(columns.taken(wide))
    word = np.concatenate([exact, wide[by]])
    narrowed = np.concatenate([np.ones(exact.size), np.where(is_for[wide[by]], address_share, 1.0)])
    source = np.array([places[each.source] for each in words], dtype=np.int64)
    method = np.array([METHODS.index(each.method) for each in words], dtype=np.int64)
    return Voices(
        server=np.concatenate([rows, there]),
        source=source[word],
        is_for=is_for[word],
        share=share[word] * narrowed,
        method=method[word],
    ), np.where(is_for[word], ages[word], -1)


def _evidence_words(brought: Iterable[Iterable[Evidence]]) -> Iterator[Word]:
    for of_address in brought:
        newest: dict[tuple[object, ...], Evidence] = {}
        for each in sorted(of_address, key=_by_age):
            if each.claim in _FINDS or each.claim in _AGAINST:
                newest[each.service, each.source, each.method, each.reference] = each
        for each in newest.values():
            yield Word(
                endpoint=Endpoint(each.service.address, each.service.proto, each.service.port),
                source=each.source,
                method=each.method,
                claim=each.claim,
                day=each.observed_day,
                strength=1.0 if each.strength is None else each.strength,
            )


def _list_words(casebook: CaseBook, today: int) -> Iterator[Word]:
    """Take what lists of known C&Cs say of single hosts; a network on a list names no server."""
    taken_in = {each.source: each.added_ms for each in casebook.lists.show(ListKind.KNOWN_CC)}
    for listed in casebook.lists.entries(ListKind.KNOWN_CC):
        entry = listed.entry
        if entry.length != _HOST_BITS or entry.own or listed.source.startswith(MEMBER):
            continue
        last_ms = taken_in[listed.source]
        if entry.last_listed_ms is not None:
            last_ms = min(last_ms, entry.last_listed_ms)
        is_exact = entry.port is not None and entry.proto is not None
        yield Word(
            endpoint=Endpoint(
                entry.base,
                (entry.proto or 0) if is_exact else ANY_PORT,
                (entry.port or 0) if is_exact else ANY_PORT,
            ),
            source=listed.source,
            method=Method.LIST,
            claim=Claim.SINKHOLE if entry.role is Role.SINKHOLE else Claim.CC,
            day=min(last_ms // DAY_MS, today),
            strength=1.0,
        )


def _by_age(each: Evidence) -> tuple[int, str, str, str, str, int]:
    service = each.service
    return (
        each.observed_day,
        each.source,
        each.method.value,
        each.reference,
        each.claim.value,
        service.port,
    )


def _by_method(each: Word) -> tuple[str, str]:
    return each.source, each.method.value

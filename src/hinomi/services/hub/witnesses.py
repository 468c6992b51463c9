"""Who says what of one server, for people at the hub, and whom a checked answer bears out."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hinomi.hub.servers import Columns
from hinomi.hub.voices import METHODS
from hinomi.model.evidence import ANY_PORT, Claim, Evidence, Method
from hinomi.model.service import Service
from hinomi.model.statement import Endpoint, Sighting
from hinomi.services.hub.hearing import Hearing
from hinomi.services.hub.statements import SIGHTINGS, Spoken
from hinomi.store.hub.outcomes import MEMBER
from hinomi.verify.reliability import Answer, outcomes

_STATES = "states"
_CLAIMS = {
    _STATES: Claim.CC,
    Sighting.WRONG.value: Claim.BENIGN,
    Sighting.GONE.value: Claim.GONE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """One source, and what it says of a server."""

    source: str
    word: str  # "states", a `Sighting`, or a `Claim`.
    method: Method
    worth: float  # Probability that a statement of it is right, 0..1.
    group: str  # Whoever is of one group is one.
    is_member: bool
    day: int  # As of which it says so: of a member the first of its epoch, since 1970-01-01, UTC.
    is_exact: bool = True  # It speaks of this very port.


def witnesses(hearing: Hearing, endpoint: Endpoint, epoch_days: int) -> tuple[Witness, ...]:
    """Give everybody who says anything of *endpoint* now: members first, then by name."""
    sources = {each.name: each for each in hearing.heard.sources}
    found = [*_members(hearing, endpoint, epoch_days), *_others(hearing, endpoint)]
    told = [
        Witness(
            source=name,
            word=word,
            method=method,
            worth=sources[name].worth,
            group=sources[name].group,
            is_member=sources[name].is_member,
            day=day,
            is_exact=is_exact,
        )
        for name, word, method, day, is_exact in found
    ]
    return tuple(sorted(told, key=lambda each: (not each.is_member, each.source, each.word)))


def borne_out(
    found: tuple[Witness, ...],
    endpoint: Endpoint,
    *,
    is_cc: bool,
    person: str,
    day: int,
    verdict_methods: int,
) -> dict[str, bool]:
    """
    Tell which sources an answer of people bears out, of those that it does not rest on.

    The person who gives it is one method. As `verify.reliability.outcomes` has it, so many
    independent methods must say the same without the source: nobody is right because they were
    believed.

    Args:
        found: Who says what.
        endpoint: Of which server.
        is_cc: What people found.
        person: Who gave the answer, as a source.
        day: On which, since 1970-01-01, UTC.
        verdict_methods: So many must stand without the source.
    """
    service = Service(endpoint.address, endpoint.proto, endpoint.port)
    claim = Claim.CC if is_cc else Claim.BENIGN
    evidence = [_evidence(service, Method.ANALYST, person, claim, day)]
    evidence += [
        _evidence(
            service, each.method, each.source, _CLAIMS.get(each.word) or Claim(each.word), day
        )
        for each in found
        if each.word in _CLAIMS or each.word in [*Claim]
    ]
    answer = Answer(is_cc=is_cc, evidence=tuple(evidence))
    groups = {each.source: each.group for each in found}
    told = {}
    for each in found:
        came = outcomes(each.source, [answer], groups, verdict_methods=verdict_methods)
        if came.right or came.wrong:
            told[each.source] = came.right > 0
    return told


def _members(
    hearing: Hearing, endpoint: Endpoint, epoch_days: int
) -> Iterator[tuple[str, str, Method, int, bool]]:
    for each in hearing.statements:
        for row in _places(each, endpoint):
            method = METHODS[each.method[row]]
            yield f"{MEMBER}{each.member}", _STATES, method, each.epoch * epoch_days, True
    for each in hearing.sightings:
        for row in _places(each, endpoint):
            word = SIGHTINGS[each.sighting[row]].value
            yield f"{MEMBER}{each.member}", word, Method.SIGHTING, each.epoch * epoch_days, True


def _places(spoken: Spoken, endpoint: Endpoint) -> list[int]:
    wanted = Columns.of([endpoint]).keys()
    found: list[int] = np.flatnonzero(spoken.columns.keys() == wanted).tolist()
    return found


def _others(hearing: Hearing, endpoint: Endpoint) -> Iterator[tuple[str, str, Method, int, bool]]:
    for word in hearing.testimony.words:
        is_exact = word.endpoint.port != ANY_PORT
        if word.endpoint == endpoint or (
            not is_exact and word.endpoint.address == endpoint.address
        ):
            yield word.source, word.claim.value, word.method, word.day, is_exact


def _evidence(service: Service, method: Method, source: str, claim: Claim, day: int) -> Evidence:
    return Evidence(service=service, method=method, source=source, claim=claim, observed_day=day)

"""
What all that is said of servers comes to in one epoch: listed, held, ended, or for people.

Nobody's word alone lists a server or ends a listing, and no few dishonest members can do either:
what comes out must also come out without any `hub.coalition_most` of those who say so. All else
that is likely, and every disagreement, goes to people (docs/explanation/how-the-hub-weighs.md).

Everything here is pure, and the same whatever the order of members and statements.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np

from hinomi.hub.queue import in_turn
from hinomi.hub.rule import CLASSES, NEVER, Before, Rule, Ruled, Strength, settled_class
from hinomi.hub.servers import Ints, Servers
from hinomi.hub.voices import Bools, Floats, Source, Sums, Voices, add_up, joined, probability
from hinomi.model.case import ServiceClass
from hinomi.model.statement import Endpoint

_SEVERAL: Final = 2
"""One voice alone is no matter for people yet, else all that anybody ever said would be."""


class Outcome(StrEnum):
    """What becomes of a server in an epoch."""

    LIST = "list"  # It is listed from now on, or still.
    QUEUE = "queue"  # People decide: somebody disagrees, or too few carry it.
    WAIT = "wait"  # Not enough speaks for it; one that is listed is so until its lease is over.
    HOLD = "hold"  # Listing it would hurt others.
    END = "end"  # It was listed, and is no more.
    REFUSED = "refused"  # People said so.


class ClassWords(NamedTuple):
    """Classes that members give, as columns of shape (n,)."""

    server: Ints
    source: Ints
    service_class: Ints  # Place in `CLASSES`.


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """All that counts in an epoch."""

    servers: Servers
    sources: tuple[Source, ...]
    said: Voices  # Statements, lists and other evidence.
    confirmed: Voices  # Members who saw a listed server alive: it tells that it is there, not what.
    denied: Voices  # Members who say of a listed server that it is wrong, or gone.
    classes: ClassWords
    fresh: Floats  # The chance that what was found last is still there, 0..1; shape (servers,).
    before: Before


@dataclass(frozen=True, slots=True)
class Because:
    """One reason, with the numbers that it rests on; never with the names of members."""

    code: str
    values: Mapping[str, float | int | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a server comes to, and why."""

    endpoint: Endpoint
    outcome: Outcome
    posterior: float  # That it is a C&C server now, 0..1.
    members: int  # Independent ones that say so.
    methods: int  # Independent ones, of which members' flow is one.
    against: int  # Independent members that say otherwise.
    service_class: ServiceClass
    is_listed: bool  # From this epoch on.
    carried: int  # Last epoch in which enough carried its listing.
    contested: int  # Last epoch in which people or many members refused it.
    reasons: tuple[Because, ...]


class Held(NamedTuple):
    """What holds a server back."""

    strength: Strength
    codes: tuple[str, ...]


Guard = Callable[[Ints], Mapping[int, Held]]
"""Is given rows of servers, and tells of those that something holds back what that is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """Everything that decides, as columns; shape (servers,)."""

    sums: Sums
    posterior: Floats
    left: Floats  # The same, without any so many members.
    support: Ints  # Independent members who say so or saw it.
    agreed: Bools  # The whole rule holds, also without any so many members.
    probable: Bools
    many: Bools  # Probable, and not by the word of so few members as may be dishonest.
    carries: Bools  # Enough carries what is listed.
    echo: Bools  # It is listed, and who names it may have that from the list.
    doubted: Bools  # Many name it, and too few of them are believed.
    carried: Ints
    is_over: Bools
    refuted: Bools
    contested: Ints
    strength: Ints


def aggregate(
    heard: Heard, rule: Rule, *, epoch: int, guard: Guard, wanted: Sequence[int] = ()
) -> tuple[Decision, ...]:
    """
    Decide on every server that anybody speaks of, by endpoint.

    Args:
        heard: What is said, and what was known before.
        rule: What it takes.
        epoch: The present one.
        guard: Tells what holds a server back; it is asked of those that it matters for.
        wanted: Rows of servers to tell of in any case.

    Returns:
        One decision for each server of which something is to be kept. Left out are those that
        are not listed and wait, and of which nothing was decided lately.
    """
    before = heard.before
    state, held = _state(heard, rule, epoch, guard)
    outcome = _outcomes(state, before)
    order = _queue(heard, state, outcome)
    places = np.zeros(outcome.size, dtype=np.int64)
    places[order] = np.arange(1, order.size + 1)
    outcome[order[rule.queue_most :]] = _CODES[Outcome.WAIT]
    is_listed = (outcome == _CODES[Outcome.LIST]) | (
        before.is_listed & ((outcome == _CODES[Outcome.QUEUE]) | (outcome == _CODES[Outcome.WAIT]))
    )
    classes = settled_class(before, _class_counts(heard), rule.coalition_most)
    kept = (outcome != _CODES[Outcome.WAIT]) | is_listed | (state.contested != NEVER)
    kept[list(wanted)] = True
    return tuple(
        Decision(
            endpoint=heard.servers.endpoint(row),
            outcome=_OUTCOMES[outcome[row]],
            posterior=round(float(state.posterior[row]), 6),
            members=int(state.sums.members[row]),
            methods=int(state.sums.methods[row]),
            against=int(state.sums.against[row]),
            service_class=CLASSES[classes[row]],
            is_listed=bool(is_listed[row]),
            carried=int(state.carried[row]),
            contested=int(state.contested[row]),
            reasons=(
                *_reasons(row, state, before, held.get(row)),
                *_place(int(places[row]), rule),
            ),
        )
        for row in np.flatnonzero(kept).tolist()
    )


_OUTCOMES: Final = tuple(Outcome)
_CODES: Final = {each: code for code, each in enumerate(_OUTCOMES)}


def _state(heard: Heard, rule: Rule, epoch: int, guard: Guard) -> tuple[_State, Mapping[int, Held]]:
    before, fresh = heard.before, heard.fresh
    # Only of what is listed does anybody have to say that it is wrong, gone or there.
    denied = heard.denied.among(before.is_listed[heard.denied.server])
    alive = heard.confirmed.among(before.is_listed[heard.confirmed.server])
    named = heard.said.among(before.is_listed[heard.said.server])
    sums = _sums(heard, rule, (heard.said, denied))
    carrying = _sums(heard, rule, (named, alive, denied))
    posterior, left = (fresh * probability(each) for each in (sums.log_odds, sums.left))
    agreed = _agreed(sums, posterior, left, rule)
    several = (sums.members >= _SEVERAL) | (sums.methods >= _SEVERAL)
    probable = (posterior >= rule.least_probability) & several
    support = np.where(before.is_listed, carrying.members, sums.members)
    echo = before.is_listed & before.echoed & (sums.members > 0)
    echo &= (sums.other_methods == 0) & (before.ruled != Ruled.LIST)
    carries = _carries(sums, support, agreed, before, rule) & ~echo
    doubted = (sums.named > rule.coalition_most) & ~echo
    doubted &= ~np.where(before.is_listed, carries, probable)
    carried = np.where(carries, epoch, before.carried)
    refuted = before.is_listed & (before.ruled != Ruled.LIST) & (carrying.relieved < 0.0)
    refuted &= carrying.against > rule.coalition_most
    contested = np.where(epoch - before.contested <= rule.remember_epochs, before.contested, NEVER)
    contested = np.where((before.ruled == Ruled.REFUSE) | refuted, epoch, contested)
    held = guard(
        np.flatnonzero(
            before.is_listed | agreed | probable | doubted | (before.ruled == Ruled.LIST)
        )
    )
    strength = np.zeros(posterior.size, dtype=np.int64)
    for row, each in held.items():
        strength[row] = each.strength
    state = _State(
        sums=sums,
        posterior=posterior,
        left=left,
        support=support,
        agreed=agreed,
        probable=probable,
        many=probable & ((sums.members > rule.coalition_most) | (sums.other_methods > 0)),
        carries=carries,
        echo=echo,
        doubted=doubted,
        carried=np.where(before.is_listed | carries, carried, NEVER),
        is_over=before.is_listed & ~doubted & (epoch - carried >= rule.lease_epochs),
        refuted=refuted,
        contested=np.where(before.ruled == Ruled.LIST, NEVER, contested),
        strength=strength,
    )
    return state, held


def _agreed(sums: Sums, posterior: Floats, left: Floats, rule: Rule) -> Bools:
    """
    Tell whether the whole rule holds, also without any so many of the members who say so.

    Members' flow is a method of its own only where more members carry it than may be dishonest.
    What no member names takes people: one person can bring all that the hub has of other methods.
    """
    many = sums.members > rule.coalition_most
    enough = (many & (sums.members >= rule.least_members)) | (
        (sums.members > 0) & (sums.other_methods + many >= rule.least_methods)
    )
    likely = (posterior >= rule.least_probability) & (left >= rule.least_probability)
    return np.asarray(enough & likely & (sums.against == 0), dtype=np.bool_)


def _carries(sums: Sums, support: Ints, agreed: Bools, before: Before, rule: Rule) -> Bools:
    """
    Tell whether enough carries a listing: less than it takes to begin one.

    Members who saw it alive count beside one who names it: lines meet innocent servers as well.
    """
    named = sums.members > 0
    speaks = support + sums.other_methods > 0
    carried = named & ((support > rule.coalition_most) | (sums.other_methods > 0))
    carried |= (sums.other_methods >= _SEVERAL) | ((before.ruled == Ruled.LIST) & speaks)
    return np.asarray(agreed | carried, dtype=np.bool_)


def _sums(heard: Heard, rule: Rule, parts: tuple[Voices, ...]) -> Sums:
    return add_up(
        joined(parts),
        heard.sources,
        servers=heard.servers.size,
        base_share=rule.base_share,
        same_method_share=rule.same_method_share,
        least_reliability=rule.least_reliability,
        leave_out=rule.coalition_most,
    )


def _outcomes(state: _State, before: Before) -> Ints:
    """Decide on each server, as places among the outcomes: the first case that fits speaks."""
    listed, sums = before.is_listed, state.sums
    speaks = state.support + sums.other_methods > 0
    disputed = sums.against > 0
    by_people, held = before.ruled == Ruled.LIST, state.strength == Strength.LIFTABLE
    refused = before.ruled == Ruled.REFUSE
    cases: list[tuple[Bools, Outcome]] = [
        (refused & listed, Outcome.END),
        (refused, Outcome.REFUSED),
        (state.strength == Strength.FINAL, Outcome.HOLD),
        (listed & (state.refuted | state.is_over), Outcome.END),
        (listed & disputed, Outcome.QUEUE),
        (by_people & (listed | speaks), Outcome.LIST),
        (by_people, Outcome.WAIT),
        (listed & held, Outcome.QUEUE),
        (listed & state.carries & (state.agreed | state.many), Outcome.LIST),
        (listed & (speaks | state.doubted), Outcome.QUEUE),
        (listed, Outcome.WAIT),
        (held & (state.agreed | state.probable | state.doubted), Outcome.HOLD),
        (state.agreed & (state.contested != NEVER), Outcome.QUEUE),
        (state.agreed, Outcome.LIST),
        (state.probable | state.doubted, Outcome.QUEUE),
    ]
    return np.select(
        [fits for fits, _ in cases],
        [np.int64(_CODES[outcome]) for _, outcome in cases],
        default=np.int64(_CODES[Outcome.WAIT]),
    ).astype(np.int64)


def _queue(heard: Heard, state: _State, outcome: Ints) -> Ints:
    """Give the rows that wait for people, the first to be looked at first."""
    queued = np.flatnonzero(outcome == _CODES[Outcome.QUEUE])
    sums = state.sums
    # Of what is disputed: who disputes it, whoever else names it.
    signature = np.where(sums.against > 0, sums.denied_by, sums.named_by)
    order = in_turn(
        signature[queued],
        heard.before.is_listed[queued],
        state.posterior[queued],
        heard.servers.columns.taken(queued).keys(),
    )
    return queued[order]


def _reasons(row: int, state: _State, before: Before, held: Held | None) -> Iterator[Because]:
    """Tell why: everything that speaks for the outcome or against it."""
    sums, ruled = state.sums, before.ruled[row]
    support, against = int(state.support[row]), int(sums.against[row])
    if ruled != Ruled.NOTHING:
        yield Because("ruled-list" if ruled == Ruled.LIST else "ruled-refuse")
    elif state.contested[row] != NEVER:
        yield Because("contested", {"epoch": int(state.contested[row])})
    if held is not None:
        yield Because("held", {"codes": " ".join(held.codes)})
    if against:
        code = "refuted" if state.refuted[row] else "disputed"
        yield Because(code, {"against": against, "support": support})
    if sums.others_against[row]:
        yield Because("contradicted", {"sources": int(sums.others_against[row])})
    yield from _weights(row, state)
    if before.is_listed[row]:
        yield from _lease(row, state)


def _weights(row: int, state: _State) -> Iterator[Because]:
    left = round(float(state.left[row]), 4)
    if state.agreed[row]:
        yield Because("agreed", {"left": left})
    elif state.probable[row]:
        members = int(state.sums.members[row])
        yield Because("rests-on-few", {"members": members, "left": left})
    if state.doubted[row]:
        named, believed = int(state.sums.named[row]), int(state.sums.members[row])
        yield Because("doubted", {"named": named, "believed": believed})


def _lease(row: int, state: _State) -> Iterator[Because]:
    support, carried = int(state.support[row]), int(state.carried[row])
    if state.is_over[row]:
        yield Because("lease-over", {"carried": carried})
    elif state.echo[row]:
        yield Because("echo", {"support": support, "carried": carried})
    elif not state.carries[row] and not state.doubted[row]:
        code = "few-carry" if support + state.sums.other_methods[row] else "silent"
        yield Because(code, {"support": support, "carried": carried})


def _place(place: int, rule: Rule) -> Iterator[Because]:
    if place:
        code = "queued" if place <= rule.queue_most else "queue-full"
        yield Because(code, {"place": place})


def _class_counts(heard: Heard) -> tuple[Ints, Ints]:
    """Count the independent members that give each class, in the order of `CLASSES`."""
    words = heard.classes
    names = {each: number for number, each in enumerate(sorted({s.group for s in heard.sources}))}
    groups = np.array([names[each.group] for each in heard.sources], dtype=np.int64)
    rows = np.stack([words.service_class, words.server, groups[words.source]], axis=1)
    distinct = np.unique(rows, axis=0)
    counts = [
        np.bincount(distinct[distinct[:, 0] == place, 1], minlength=heard.servers.size).astype(
            np.int64
        )
        for place in range(len(CLASSES))
    ]
    return counts[0], counts[1]

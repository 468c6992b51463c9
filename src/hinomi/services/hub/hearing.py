"""All that counts at the hub in one epoch, gathered: who says what, and what each is worth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.hub.aggregate import ClassWords, Heard
from hinomi.hub.kinship import Kin, Past, kin_of, numbers_of
from hinomi.hub.rule import CLASSES, NEVER, Before, Ruled
from hinomi.hub.servers import Columns, Ints, Servers
from hinomi.hub.voices import METHODS, Bools, Floats, Source, Voices, joined
from hinomi.model.case import Finding, ServiceClass
from hinomi.model.evidence import Method
from hinomi.model.listed import ListKind
from hinomi.model.member import MemberState
from hinomi.model.snapshot import Entry
from hinomi.model.statement import Deed, Sighting
from hinomi.services.home import Home
from hinomi.services.hub.epochs import Epoch
from hinomi.services.hub.statements import NO_CLASS, SIGHTINGS, Spoken, spoken
from hinomi.services.hub.testimony import Others, others_say, voices_of
from hinomi.services.weighing import parse_grades
from hinomi.store.casebook import CaseBook
from hinomi.store.hub.namings import Naming
from hinomi.store.hub.outcomes import MEMBER
from hinomi.store.hub.rulings import Ruling
from hinomi.store.hub.weighings import Weighing
from hinomi.verify.copying import Copying
from hinomi.verify.expiry import ExpiryPolicy, SeenHistory, still_there
from hinomi.verify.reliability import Grade, Grading, SourceRecord, reliabilities

_Numbers = NDArray[np.uint64]
_ListHistory = tuple[str, _Numbers, Ints]  # Name, addresses, first day of each since 1970.

_MEMBERS_METHOD: Final = METHODS.index(Method.SIGHTING)
_DENIALS: Final = (SIGHTINGS.index(Sighting.WRONG), SIGHTINGS.index(Sighting.GONE))
_ALIVE: Final = SIGHTINGS.index(Sighting.CONFIRMED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """What was heard, and all that was needed to tell what it is worth."""

    heard: Heard
    testimony: Others
    statements: tuple[Spoken, ...]
    sightings: tuple[Spoken, ...]
    kin: Kin
    pasts: Mapping[str, Past]  # Of members by name, with this epoch's batches in them.
    words: Voices  # Of members, by their statements.
    named: Bools  # Whether a member names it now; shape (servers,).
    today: int  # First day of the epoch, since 1970-01-01, UTC.

    def is_named(self, row: int) -> bool:
        """Tell whether a member names the server of *row* now."""
        return bool(self.named[row])


def hear(home: Home, casebook: CaseBook, now: Epoch) -> Hearing:
    """Gather what counts in the epoch *now*; all of it is read at once."""
    today = now.number * now.days
    admitted = {
        each.name for each in casebook.hub.members.all() if each.state is MemberState.ADMITTED
    }
    said = spoken(home, casebook, now, admitted, Deed.SUBMISSION)
    seen = spoken(home, casebook, now, admitted, Deed.SIGHTINGS)
    others = others_say(home, casebook, today)
    listed = casebook.hub.snapshots.standing()
    servers = Servers(
        Columns.joined(
            [
                *(each.columns for each in said),
                Columns.of(each.endpoint for each in listed),
                others.exact(),
            ]
        )
    )
    pasts = _pasts(home, casebook, said, now)
    lists = _list_histories(casebook)
    kin = _kin(home, casebook, (pasts, lists), now)
    sources = _sources(home, casebook, sorted(admitted), others, kin)
    places = {each.name: place for place, each in enumerate(sources)}
    statements, classes = _statement_voices(said, servers, places, _passed_on(lists, kin))
    others_said, ages = voices_of(
        others,
        servers,
        places,
        today=today,
        most_days=home.register.integer("expiry.most_days"),
        address_share=home.register.number("verify.address_share"),
    )
    early = _early(casebook, servers, listed, statements, places)
    named = np.zeros(servers.size, dtype=np.bool_)
    named[statements.server] = True
    return Hearing(
        heard=Heard(
            servers=servers,
            sources=sources,
            said=joined((statements, others_said)),
            confirmed=_sighting_voices(seen, servers, places, (_ALIVE,), is_for=True),
            denied=_sighting_voices(seen, servers, places, _DENIALS, is_for=False),
            classes=classes,
            fresh=_fresh(home, named, others_said.server, ages),
            before=_before(casebook, servers, now, listed, early),
        ),
        testimony=others,
        statements=said,
        sightings=seen,
        kin=kin,
        pasts=pasts,
        words=statements,
        named=named,
        today=today,
    )


def _pasts(home: Home, casebook: CaseBook, said: Sequence[Spoken], now: Epoch) -> dict[str, Past]:
    """Give when each member first named what, the newest batches among it."""
    forget = now.number - home.register.integer("hub.history_days") // now.days
    found = {
        name: Past(number=number, first=first, last=last, bound=bound)
        for name, (_, (bound, number, first, last)) in casebook.hub.histories.all().items()
    }
    for each in said:
        before = found.get(each.member, Past.nothing())
        named = numbers_of(each.columns)
        found[each.member] = before.then(named, each.epoch, forget_before=forget)
    return found


def _kin(
    home: Home,
    casebook: CaseBook,
    histories: tuple[Mapping[str, Past], Sequence[_ListHistory]],
    now: Epoch,
) -> Kin:
    """Ask which sources are one, by the histories of members and of lists."""
    pasts, past_lists = histories
    copying = Copying.from_register(home.register)
    forget = now.number - home.register.integer("hub.history_days") // now.days
    lists = {}
    for name, numbers, days in past_lists:
        lists[name] = Past.nothing().joined(numbers, days // now.days, forget)
    families = {
        name: each.family for name, each in casebook.evidence.sources().items() if each.family
    }
    refused = Columns.of(
        each.endpoint
        for each in casebook.hub.rulings.newest().values()
        if each.finding is Finding.NOT_CC and each.service_class is not ServiceClass.SHARED
    )
    return kin_of(
        {f"{MEMBER}{name}": past for name, past in pasts.items()},
        lists,
        wrong=frozenset(numbers_of(refused).tolist()),
        families=families,
        copying=copying,
        epoch_days=now.days,
        # A coalition and the member that it copies.
        rare=home.register.integer("hub.coalition_most") + 1,
    )


def _list_histories(casebook: CaseBook) -> list[_ListHistory]:
    """Give which addresses each list of C&C servers ever had, and since which day."""
    found = []
    for name, history in sorted(casebook.listed.histories(ListKind.KNOWN_CC).items()):
        if not name.startswith(MEMBER):
            halves = np.array(list(history), dtype=np.int64).reshape(-1, 2)
            nothing = np.zeros(halves.shape[0], dtype=np.int64)
            columns = Columns(halves[:, 0].copy(), halves[:, 1].copy(), nothing, nothing)
            days = np.array(list(history.values()), dtype=np.int64)
            found.append((name, numbers_of(columns), days))
    return found


def _passed_on(histories: Sequence[_ListHistory], kin: Kin) -> dict[str, _Numbers]:
    """Give, of each member that passes on lists, the addresses that these ever had."""
    lists = {name: numbers for name, numbers, _ in histories}
    return {
        member: np.concatenate([lists[each] for each in its])
        for member, its in kin.forwards.items()
    }


def _sources(
    home: Home, casebook: CaseBook, members: Sequence[str], others: Others, kin: Kin
) -> tuple[Source, ...]:
    """Give everybody who speaks, what they are worth by checked answers, and who is one."""
    methods = {f"{MEMBER}{name}": Method.SIGHTING for name in members} | others.methods()
    grades = parse_grades(home.register.text("verify.grades"))
    begun = Grade(home.register.text("hub.member_grade"))
    described = casebook.evidence.sources()
    counts = casebook.hub.outcomes.counts()
    records = []
    for name, method in sorted(methods.items()):
        grade = begun if name.startswith(MEMBER) else grades.get(method, Grade.F)
        if name in described:
            grade = Grade(described[name].grade)
        right, wrong = counts.get(name, (0, 0))
        records.append(
            SourceRecord(name=name, method=method, right=right, wrong=wrong, grade=grade)
        )
    worth = reliabilities(records, Grading.from_register(home.register))
    return tuple(
        Source(
            name=each.name,
            method=each.method,
            worth=worth[each.name].mean,
            group=_group(each, described[each.name].family if each.name in described else "", kin),
            is_member=each.name.startswith(MEMBER),
        )
        for each in records
    )


def _group(record: SourceRecord, family: str, kin: Kin) -> str:
    """
    Name what a source is one with.

    A member that never submitted, as one that only receives, is one of its own: it puts its name
    to what it saw. Of others, two of one method are one until shown to be two.
    """
    if family:
        return f"family:{family}"
    alone = record.name if record.name.startswith(MEMBER) else f"method:{record.method}"
    return kin.groups.get(record.name, alone)


def _statement_voices(
    said: Sequence[Spoken],
    servers: Servers,
    places: Mapping[str, int],
    passed_on: Mapping[str, _Numbers],
) -> tuple[Voices, ClassWords]:
    rows, source, method, classes = ([np.zeros(0, np.int64)] for _ in range(4))
    for each in said:
        name = f"{MEMBER}{each.member}"
        own = np.ones(each.columns.size, dtype=np.bool_)
        if name in passed_on:  # What a list says, the list says.
            own = ~np.isin(numbers_of(each.columns), passed_on[name])
        kept = np.flatnonzero(own)
        rows.append(servers.rows_of(each.columns.taken(kept)))
        source.append(np.full(kept.size, places[name], dtype=np.int64))
        method.append(each.method[kept])
        classes.append(each.service_class[kept])
    server, speaker, given = (np.concatenate(each) for each in (rows, source, classes))
    has_class = given != NO_CLASS
    return (
        _voices(server, speaker, np.concatenate(method), is_for=True),
        ClassWords(server[has_class], speaker[has_class], given[has_class]),
    )


def _sighting_voices(
    seen: Sequence[Spoken],
    servers: Servers,
    places: Mapping[str, int],
    kinds: Sequence[int],
    *,
    is_for: bool,
) -> Voices:
    rows, source = ([np.zeros(0, np.int64)] for _ in range(2))
    for each in seen:
        wanted = each.columns.taken(np.flatnonzero(np.isin(each.sighting, kinds)))
        found = servers.rows_of(wanted)
        found = found[found >= 0]
        rows.append(found)
        source.append(np.full(found.size, places[f"{MEMBER}{each.member}"], dtype=np.int64))
    server = np.concatenate(rows)
    method = np.full(server.size, _MEMBERS_METHOD, dtype=np.int64)
    return _voices(server, np.concatenate(source), method, is_for=is_for)


def _voices(server: Ints, source: Ints, method: Ints, *, is_for: bool) -> Voices:
    return Voices(
        server=server,
        source=source,
        is_for=np.full(server.size, is_for, dtype=np.bool_),
        share=np.ones(server.size),
        method=method,
    )


def _fresh(home: Home, named: Bools, found: Ints, ages: Ints) -> Floats:
    """Give the chance that what was found last is still there: members speak of the present."""
    policy = ExpiryPolicy.from_register(home.register)
    newest = np.full(named.size, policy.most_days + 1, dtype=np.int64)
    finds = ages >= 0
    np.minimum.at(newest, found[finds], ages[finds])
    newest[named] = 0
    once = SeenHistory(span_days=0)
    chances = [
        still_there(age, once, ServiceClass.UNKNOWN, None, policy)
        for age in range(policy.most_days + 2)
    ]
    return np.array(chances)[np.minimum(newest, policy.most_days + 1)]


def _early(
    casebook: CaseBook,
    servers: Servers,
    listed: Sequence[Entry],
    words: Voices,
    places: Mapping[str, int],
) -> Bools:
    """
    Tell which listed servers somebody names now who named them before they were listed.

    Members may have from the list what they began to name after it. That is kept of each listing
    and of no more: of one whose beginning is not known, as of one that was taken up from a copy,
    everybody may have it from the list.
    """
    early = np.zeros(servers.size, dtype=np.bool_)
    since = {each.endpoint: each.since for each in listed}
    known = [each for each in casebook.hub.namings.all() if since.get(each.endpoint) == each.since]
    pairs = [
        row * len(places) + places[f"{MEMBER}{member}"]
        for row, naming in zip(_rows(servers, known), known, strict=True)
        for member in naming.members
        if f"{MEMBER}{member}" in places
    ]
    now = words.server * len(places) + words.source
    early[words.server[np.isin(now, np.array(pairs, dtype=np.int64))]] = True
    return early


def _before(
    casebook: CaseBook, servers: Servers, now: Epoch, listed: Sequence[Entry], early: Bools
) -> Before:
    before = Before.unknown(servers.size)
    places = {each: place for place, each in enumerate(CLASSES)}
    for row, entry in zip(_rows(servers, listed), listed, strict=True):
        before.is_listed[row] = True
        before.service_class[row] = places[entry.service_class]
        before.carried[row] = entry.modified
        before.echoed[row] = not early[row]
    weighed = casebook.hub.weighings.all()
    for row, weighing in zip(_rows(servers, weighed), weighed, strict=True):
        if row >= 0:
            before.contested[row] = weighing.contested
            if before.is_listed[row] and weighing.carried != NEVER:
                before.carried[row] = weighing.carried
    rulings = [each for each in casebook.hub.rulings.newest().values() if each.counts(now.number)]
    for row, ruling in zip(_rows(servers, rulings), rulings, strict=True):
        if row >= 0:
            is_list = ruling.finding is Finding.CC
            before.ruled[row] = Ruled.LIST if is_list else Ruled.REFUSE
            before.ruled_class[row] = places.get(ruling.service_class, 0)
    return before


def _rows(servers: Servers, known: Sequence[Entry | Weighing | Ruling | Naming]) -> list[int]:
    found: list[int] = servers.rows_of(Columns.of(each.endpoint for each in known)).tolist()
    return found

"""The collection: filters, order, pages and versions, against a plain reading of the standard."""

import json
from collections.abc import Callable, Iterable
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from editioned import (
    DEDICATED,
    EPOCH,
    IDENTITIES,
    POOL,
    Wanted,
    histories,
    server,
    versions_of,
)
from hinomi.errors import NotFound, UsageError
from hinomi.hub.taxiicollection import PAGE_MOST, Page, TaxiiCollection
from hinomi.hub.taxiicursor import CursorSeal
from hinomi.hub.taxiiquery import OF_AN_OBJECT, OF_OBJECTS, OF_VERSIONS, Asked, parse_query
from hinomi.model.snapshot import Entry
from hinomi.share.stix import StixProfile, render_moment

PROFILE: Final = StixProfile(IDENTITIES, hub="hub.example", epoch_days=1)
SEAL: Final = CursorSeal(IDENTITIES.key_for("test"))
DAY: Final = 86_400_000_000

Ask = Callable[[Asked], Page]


def collection(entries: Iterable[Entry], number: int, *, epoch: int | None = None) -> Any:
    """Make the collection of snapshot *number*; the first one is of `EPOCH`."""
    at = EPOCH + number - 1 if epoch is None else epoch
    return TaxiiCollection(PROFILE, entries, SEAL, number=number, epoch=at)


def after(history: list[Wanted]) -> Any:
    """Make the collection after *history*."""
    return collection(versions_of(history), len(history))


def asked(**parameters: str) -> Asked:
    """Ask by parameters; ``match_type`` stands for ``match[type]``."""
    pairs = [
        (f"match[{name[6:]}]" if name.startswith("match_") else name, value)
        for name, value in parameters.items()
    ]
    return parse_query(pairs, OF_OBJECTS)


def read(page: Page) -> dict[str, Any]:
    """Read an answer."""
    found: dict[str, Any] = json.loads(page.body)
    return found


def objects(page: Page) -> list[dict[str, Any]]:
    """Give the objects of an answer."""
    found: list[dict[str, Any]] = read(page).get("objects", [])
    return found


def walked(ask: Ask, *, per: int, bare: bool = False, **filters: str) -> list[dict[str, Any]]:
    """Walk all pages; *bare*: without repeating the filters."""
    found = read(ask(asked(limit=str(per), **filters)))
    every = list(found.get("objects", []))
    while found.get("more"):
        assert len(found["objects"]) == per
        again = {} if bare else {"limit": str(per), **filters}
        found = read(ask(asked(next=found["next"], **again)))
        every += found["objects"]
    assert "next" not in found
    return every


def versions(entries: Iterable[Entry]) -> list[tuple[int, str, str, bytes]]:
    """Give what a collection holds, in order: date added, id, version, body."""
    rendered = [(each.modified * DAY, PROFILE.render_indicator(each)) for each in entries]
    rendered += [(0, each) for each in PROFILE.companions()]
    return sorted((added, each.id, each.version, each.body) for added, each in rendered)


def bodies(found: Iterable[dict[str, Any]]) -> list[tuple[str, str]]:
    """Give id and version of objects."""
    return [(each["id"], each.get("modified", each["created"])) for each in found]


@given(histories(), st.data())
@settings(max_examples=60)
def test_answers_are_what_the_standard_says(history: list[Wanted], data: st.DataObject) -> None:
    """Any filters together give what a plain reading of TAXII 2.1, section 3.4, gives."""
    held = versions(versions_of(history))
    names = [name for _, name, _, _ in held]
    epochs = st.integers(EPOCH - 1, EPOCH + 6)
    ids = data.draw(st.none() | st.sets(st.sampled_from([*names, "indicator--none"]), min_size=1))
    types = data.draw(st.sampled_from([None, "indicator", "identity,malware", "malware"]))
    which = data.draw(st.sampled_from([None, "first", "last", "all", "first,last"]))
    dates = None if which == "all" else data.draw(st.none() | epochs)
    since = data.draw(st.none() | epochs)
    filters: dict[str, str] = {}
    if ids is not None:
        filters["match_id"] = ",".join(sorted(ids))
    if types is not None:
        filters["match_type"] = types
    if which is not None or dates is not None:
        some = [] if dates is None else [render_moment(dates, 1)]
        filters["match_version"] = ",".join([*([which] if which else []), *some])
    if since is not None:
        filters["added_after"] = render_moment(since, 1)
    keywords = set(filters.get("match_version", "last").split(","))
    wanted = [
        (name, version)
        for added, name, version, _ in held
        if (ids is None or name in ids)
        and (types is None or name.partition("--")[0] in types.split(","))
        and (since is None or added > since * DAY)
        and (
            "all" in keywords
            or version in keywords
            or ("last" in keywords and version == max(v for _, n, v, _ in held if n == name))
            or ("first" in keywords and version == min(v for _, n, v, _ in held if n == name))
        )
    ]

    per = data.draw(st.integers(1, 5))
    found = walked(after(history).objects, per=per, bare=data.draw(st.booleans()), **filters)
    assert bodies(found) == wanted


@given(histories(), st.integers(1, 4))
def test_pages_are_the_whole_without_gap_or_overlap(history: list[Wanted], per: int) -> None:
    """Objects and manifest come in the same order, whatever the size of a page."""
    held = after(history)
    every = walked(held.objects, per=per, match_version="all")
    listed = walked(held.manifest, per=per, match_version="all")

    assert bodies(every) == [(each["id"], each["version"]) for each in listed]
    assert every == objects(held.objects(asked(match_version="all")))
    dates = [each["date_added"] for each in listed]
    assert dates == sorted(dates)


@given(before=histories(5), later=histories(3), per=st.integers(1, 3), bare=st.booleans())
def test_a_walk_that_began_on_an_older_snapshot_ends_on_it(
    before: list[Wanted], later: list[Wanted], per: int, *, bare: bool
) -> None:
    """A list that is published in between changes nothing of what the client reads."""
    older, newer = after(before), after([*before, *later])
    first = read(older.objects(asked(limit=str(per))))
    if not first["more"]:
        return
    every = list(first["objects"])
    found = first
    while found["more"]:
        again = {} if bare else {"limit": str(per)}
        found = read(newer.objects(asked(next=found["next"], **again)))
        every += found["objects"]

    assert every == objects(older.objects(asked()))


@given(histories(5))
def test_a_walk_goes_on_though_older_versions_were_deleted(history: list[Wanted]) -> None:
    """What retention took away in between is not given; nothing else is skipped."""
    entries = versions_of(history)
    whole = collection(entries, len(history))
    newest = {(each.endpoint, each.episode): each for each in entries}
    kept = collection(newest.values(), len(history))
    first = read(whole.objects(asked(limit="2", match_version="all")))
    if not first["more"]:
        return
    rest = objects(kept.objects(asked(next=first["next"], limit=str(PAGE_MOST))))

    given_first = set(bodies(first["objects"]))
    wanted = [each for each in bodies(objects(kept.objects(asked()))) if each not in given_first]
    assert bodies(rest) == wanted


def test_the_limit_may_change_between_pages() -> None:
    """A client that now takes more gets more; without one it is as before."""
    held = after([dict.fromkeys(POOL, DEDICATED)])
    first = read(held.objects(asked(limit="2")))

    assert len(objects(held.objects(asked(next=first["next"], limit="5")))) == 5
    assert len(objects(held.objects(asked(next=first["next"])))) == 2


def test_filters_beside_a_cursor_are_those_of_the_cursor() -> None:
    """A client that repeats other ones than it began with reads on what it began."""
    held = after([dict.fromkeys(POOL, DEDICATED)])
    first = read(held.objects(asked(limit="2", match_type="indicator")))
    mixed = held.objects(asked(next=first["next"], match_type="malware"))

    assert {each["type"] for each in objects(mixed)} == {"indicator"}


def test_a_page_has_its_most() -> None:
    """However many a client asks for."""
    many = {server(f"192.0.2.{n}", port): DEDICATED for n in range(250) for port in range(1, 10)}
    held = after([many])

    assert len(objects(held.objects(asked(limit="999999999")))) == PAGE_MOST
    assert len(objects(held.manifest(asked()))) == PAGE_MOST


def test_dates_of_a_page_are_those_of_its_first_and_last_object() -> None:
    """For the headers; to the microsecond, as timestamps of TAXII are."""
    held = after([{server(): DEDICATED}, {server("192.0.2.2"): DEDICATED}])

    page = held.objects(asked(match_type="indicator"))
    assert (page.first, page.last) == ("2026-11-24T00:00:00.000000Z",) * 2
    everything = held.objects(asked(match_version="all"))
    assert everything.first == "1970-01-01T00:00:00.000000Z"


def test_an_empty_page_says_up_to_where_there_is_nothing() -> None:
    """So that a client that goes on from the last date neither goes back nor misses anything."""
    held = after([{server(): DEDICATED}])

    nothing = held.objects(asked(match_type="malware"))
    assert (nothing.body, nothing.first) == (b"{}", "2026-11-23T00:00:00.000000Z")
    assert nothing.first == nothing.last
    later = held.manifest(asked(added_after="2026-12-24T18:00:00.000001Z"))
    assert (later.body, later.last) == (b"{}", "2026-12-24T18:00:00.000001Z")


def test_a_manifest_tells_of_each_version() -> None:
    """Id, date added, version and media type, all of epochs."""
    held = after([{server(): DEDICATED}])

    (record,) = objects(held.manifest(asked(match_type="indicator")))
    assert record == {
        "id": f"indicator--{IDENTITIES.listing(server(), 1)}",
        "date_added": "2026-11-23T00:00:00.000000Z",
        "version": "2026-11-23T00:00:00.000Z",
        "media_type": "application/stix+json;version=2.1",
    }


@given(histories(), st.integers(1, 3))
def test_versions_of_an_object_come_in_order(history: list[Wanted], per: int) -> None:
    """By pages they are the same, by the cursor and by the last date alike."""
    held = after(history)
    for name in {PROFILE.indicator_id(each) for each in versions_of(history)}:
        whole = read(held.versions(name, Asked(parse_query([], OF_VERSIONS).query)))["versions"]
        assert whole == sorted(whole)
        by_cursor: list[str] = []
        by_date: list[str] = []
        pairs = [("limit", str(per))]
        more = True
        while more:
            page = read(held.versions(name, parse_query(pairs, OF_VERSIONS)))
            by_cursor += page["versions"]
            more, pairs = page["more"], [("next", page.get("next", ""))]
        pairs, more = [("limit", str(per))], True
        while more:
            answer = held.versions(name, parse_query(pairs, OF_VERSIONS))
            by_date += read(answer)["versions"]
            more = read(answer)["more"]
            pairs = [("limit", str(per)), ("added_after", str(answer.last))]
        assert by_cursor == by_date == whole


def test_an_object_is_given_by_its_id() -> None:
    """Its newest version, or all."""
    held = after([{server(): DEDICATED}, {}])
    name = f"indicator--{IDENTITIES.listing(server(), 1)}"

    (last,) = objects(held.object(name, parse_query([], OF_AN_OBJECT)))
    every = objects(held.object(name, parse_query([("match[version]", "all")], OF_AN_OBJECT)))
    assert last["revoked"] is True
    assert [each.get("revoked", False) for each in every] == [False, True]


def test_an_unknown_object_is_not_found() -> None:
    """Neither it nor its versions."""
    held = after([{server(): DEDICATED}])

    with pytest.raises(NotFound):
        held.object("indicator--none", asked())
    with pytest.raises(NotFound):
        held.versions("indicator--none", asked())


def test_only_stix_2_1_is_here() -> None:
    """Who asks for 2.0 alone finds nothing."""
    held = after([{server(): DEDICATED}])

    assert objects(held.objects(asked(match_spec_version="2.0"))) == []
    assert len(objects(held.objects(asked(match_spec_version="2.0,2.1")))) == 4


def test_before_the_first_list_only_the_companions_are_there() -> None:
    """A client that comes too early finds no listing, and no error."""
    held = collection([], 0, epoch=0)

    assert {each["type"] for each in objects(held.objects(asked()))} == {
        "identity",
        "marking-definition",
    }


def test_a_cursor_of_a_snapshot_that_is_not_here_is_refused() -> None:
    """After a restored backup the client begins anew."""
    newer = after([dict.fromkeys(POOL, DEDICATED), {}])
    older = after([dict.fromkeys(POOL, DEDICATED)])
    word = read(newer.objects(asked(limit="2")))["next"]

    with pytest.raises(UsageError, match="begin anew"):
        older.objects(asked(next=word))


@given(histories(), st.randoms())
def test_the_order_of_the_entries_changes_no_byte(history: list[Wanted], chance: Any) -> None:
    """However the store gives them, the answers are the same."""
    entries = versions_of(history)
    shuffled = list(entries)
    chance.shuffle(shuffled)
    one, other = collection(entries, 9), collection(shuffled, 9)

    for ask in (asked(), asked(match_version="all"), asked(limit="2")):
        assert one.objects(ask) == other.objects(ask)
        assert one.manifest(ask) == other.manifest(ask)

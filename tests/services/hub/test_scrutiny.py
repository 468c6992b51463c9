"""What is looked at before a member's name and keys count: which requests are known."""

from dataclasses import replace
from pathlib import Path

import pytest

from enrolled import Entrance
from hinomi.errors import Conflict, UsageError
from hinomi.services.hub import members
from hinomi.services.hub.changes import Changed
from hinomi.services.hub.scrutiny import asked, key_facts, requests_of, require_alone
from hinomi.share.enrolment import read_request, request_digest


@pytest.fixture(name="entrance")
def an_entrance(tmp_path: Path) -> Entrance:
    """Give a hub."""
    return Entrance.build(tmp_path / "place")


def test_a_request_is_known_once_its_member_is_let_in(entrance: Entrance) -> None:
    """Before, one person entered it; a change of it meanwhile takes its place."""
    home = entrance.house.home()
    node = entrance.node("isp-a")
    path = entrance.request(node, "isp-a")
    entrance.enters("isp-a", path)
    first = request_digest(read_request(path))
    assert (requests_of(home, "isp-a").entered, requests_of(home, "isp-a").admitted) == (
        first,
        frozenset(),
    )
    other = read_request(entrance.request(node, "isp-a", new_keys=True))
    members.change(home, "isp-a", Changed(request=other, replaces_key=True, reason="lost"))
    admission = members.admit(home, "isp-a", "minutes 12")

    found = requests_of(home, "isp-a")
    assert (found.entered, found.admitted) == ("", frozenset({request_digest(other)}))
    assert admission.is_done
    assert requests_of(home, "isp-b").admitted == frozenset()


def test_a_request_of_a_member_that_takes_part_is_not_known_by_being_entered(
    entrance: Entrance,
) -> None:
    """One person may enter it; what was known stays so."""
    member = entrance.joins("isp-a")
    home = entrance.house.home()
    known = requests_of(home, "isp-a").admitted
    path = entrance.request(member.node, "isp-a")
    members.change(home, "isp-a", Changed(request=read_request(path)))

    found = requests_of(home, "isp-a")
    assert (found.admitted, {found.entered}) == (known, set(known))


def test_what_stands_is_not_asked_for_twice(entrance: Entrance) -> None:
    """The same act finds its request; another one asks anew, and says why."""
    home = entrance.house.home()
    first = asked(home, {"act": "x"}, "because")

    assert asked(home, {"act": "x"}, "") == first
    with pytest.raises(UsageError, match="the reason is blank"):
        asked(home, {"act": "y"}, "")


def test_only_what_is_said_is_compared(entrance: Entrance) -> None:
    """A page may be corrected at a member whose contact another one had before."""
    one = entrance.joins("isp-a")
    home = entrance.house.home()
    with home.casebook() as casebook:
        known = casebook.hub.members.get(one.name)
        twin = replace(known, name="isp-b", page="https://b.example")

        require_alone(casebook, known)
        require_alone(casebook, twin, ("page",))
        with pytest.raises(Conflict, match="isp-a has the same organisation and contacts"):
            require_alone(casebook, twin)


def test_keys_are_named_by_their_ids(entrance: Entrance) -> None:
    """Where no request is said, nothing is; a key of before that cannot be read is told."""
    request = read_request(entrance.request(entrance.node("isp-a"), "isp-a"))
    with_it = entrance.joins("isp-b")
    with entrance.house.home().casebook() as casebook:
        known = casebook.hub.members.get(with_it.name)
    told = key_facts(replace(known, signing_key="x"), known, request)

    assert key_facts(known, known, None) == {}
    assert told["key_before"] == "unreadable"
    assert told["key_after"] == known.signing_key.split("+")[1]
    assert told["request_sha256"] == request_digest(request)

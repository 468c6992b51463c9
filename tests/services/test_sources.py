"""What each source is worth, and which of them are one."""

from pathlib import Path

import pytest

from docket import SERVER, At, acts, bodies, end, require_no_address, seen, service, stated, tell
from hinomi.errors import NotPermitted
from hinomi.govern.matrix import Purpose
from hinomi.model.case import CaseState, Finding
from hinomi.model.evidence import Claim, Method
from hinomi.model.listed import ListKind
from hinomi.services.casework import decide
from hinomi.services.evidencing import grade_source
from hinomi.services.home import Home
from hinomi.services.listing import add_list
from hinomi.services.sources import Judged, learn_kinship, sources_of
from hinomi.verify.reliability import Grade
from household import DAY_MS, Household


def by_name(home: Home) -> dict[str, Judged]:
    """Give every source by its name."""
    return {each.name: each for each in sources_of(home)}


def put_list(house: Household, source: str, folder: Path, *addresses: str) -> None:
    """Take in a list of known C&C servers."""
    path = folder / "list.csv"
    path.write_text("\n".join(["address,protocol,port", *(f"{each},," for each in addresses)]))
    add_list(house.home(), ListKind.KNOWN_CC, path, source)


def test_whoever_said_anything_is_a_source(at: At, tmp_path: Path) -> None:
    """Lists, evidence, and who was described and said nothing yet; own detection is none."""
    house = at()
    put_list(house, "feed", tmp_path, "203.0.113.1", "203.0.113.2")
    tell(house.home(), stated(house), stated(house, service=service("203.0.113.1")), seen(house))
    grade_source(house.act_as("anna"), "neighbour", Method.SIGHTING, Grade.A)

    found = by_name(house.home())

    told = {name: (each.method, each.statements) for name, each in found.items()}
    assert told == {
        "feed": (Method.LIST, 2),
        "honeypot": (Method.HONEYPOT, 2),
        "neighbour": (Method.SIGHTING, 0),
    }
    assert list(found) == sorted(found)
    assert found["neighbour"].reliability.grade is Grade.A


def test_answers_teach_what_a_source_is_worth(at: At) -> None:
    """Right and wrong ones are counted, and move the mean."""
    before = by_name(at(CaseState.CANDIDATE).home())["honeypot"]
    right = by_name(at(CaseState.LISTED, "right").home())["honeypot"]
    house = at(CaseState.CANDIDATE, "wrong")
    contrary = [(Method.LIST, "clouds"), (Method.SIGHTING, "neighbour")]
    tell(house.home(), *(stated(house, how, Claim.BENIGN, source=name) for how, name in contrary))
    decide(house.act_as("rita"), 1, Finding.NOT_CC, "a cloud")
    wrong = by_name(house.home())["honeypot"]

    learned = [each.reliability for each in (wrong, before, right)]
    assert [(each.right, each.wrong) for each in learned] == [(0, 1), (0, 0), (1, 0)]
    assert learned[0].mean < learned[1].mean < learned[2].mean


def test_a_list_that_follows_another_is_its_copy(at: At, tmp_path: Path) -> None:
    """Shown by their histories: a day later, burst by burst."""
    house = at()
    house.act_as(None)
    shown: list[str] = []
    for burst in range(12):
        house.later(20 * DAY_MS)
        shown += [f"203.0.113.{4 * burst + number}" for number in range(1, 5)]
        put_list(house, "voice", tmp_path, *shown)
        house.later(DAY_MS)
        put_list(house, "echo", tmp_path, *shown)
    begun = len(house.entries())

    (pair,) = learn_kinship(house.home())
    found = by_name(house.home())

    assert (pair.one, pair.other, pair.kinship) == ("echo", "voice", "copy")
    assert pair.copied > 0.5
    assert all(english and japanese for english, japanese in pair.told)
    assert (found["echo"].kin, found["voice"].kin) == ({"voice": "copy"}, {"echo": "copy"})
    assert bodies(house, since=begun)[0]["copies"] == 1
    require_no_address(house, "203.0.113.1", SERVER)


def test_lists_without_a_history_are_not_judged(at: At, tmp_path: Path) -> None:
    """Too little is known: they are held for one until shown to be two."""
    house = at()
    for name in ("one", "two"):
        put_list(house, name, tmp_path, "203.0.113.1")

    (pair,) = learn_kinship(house.home())

    assert (pair.kinship, pair.copied) == ("undecided", 0.0)


def test_without_its_purpose_sources_are_not_shown(at: At) -> None:
    """Nor learned."""
    house = at()
    end(house, Purpose.DETECT_CC)
    home, begun = house.home(), len(house.entries())

    for act in (sources_of, learn_kinship):
        with pytest.raises(NotPermitted):
            act(home)

    assert acts(house, since=begun) == [("refused", None)] * 2

"""A hub that answers on the loopback interface, and a provider that has joined it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from docket import At
from hinomi.hub.authority import Authority
from hinomi.model.case import CaseState
from hinomi.services.membership import asking
from household import DAY_MS, Household
from listedmany import counted, many_listed
from standin import StandIn, answering, authority, epoch_at


@pytest.fixture(scope="session", name="signs")
def an_authority() -> Authority:
    """Give the authority of all hubs here."""
    return authority()


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try three times without waiting in between."""
    monkeypatch.setattr(asking, "WAITS_S", (0.0, 0.0))


@pytest.fixture(name="hub")
def a_hub(signs: Authority, tmp_path: Path) -> Iterator[StandIn]:
    """Give a hub that answers; it has made no list yet."""
    folder = tmp_path / "hub"
    folder.mkdir()
    with answering(StandIn(signs), folder) as hub:
        yield hub


@pytest.fixture(name="house")
def a_member(at: At, hub: StandIn, tmp_path: Path) -> Household:
    """Give a home that has joined the hub, with one listed case."""
    house = at(CaseState.LISTED)
    hub.let_in(house.home(), tmp_path)
    hub.spoken_of = epoch_at(house.home()) - 1
    return house


@pytest.fixture(scope="session", name="many_made")
def a_home_with_many(
    made: dict[CaseState | None, Household], tmp_path_factory: pytest.TempPathFactory
) -> Household:
    """Give a home with seven listed servers; nobody changes it."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        house = made[CaseState.LISTED].copy(tmp_path_factory.mktemp("many") / "home", monkeypatch)
        many_listed(house)
    return house


@pytest.fixture(name="many")
def a_member_with_many(
    many_made: Household, hub: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Household:
    """Give a home of one's own with seven listed servers, the day after; it has joined the hub."""
    house = many_made.copy(tmp_path / "many", monkeypatch)
    house.later(DAY_MS)
    hub.let_in(house.home(), tmp_path)
    hub.spoken_of = epoch_at(house.home()) - 1
    counted(house)
    return house

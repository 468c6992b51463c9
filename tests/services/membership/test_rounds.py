"""What a home keeps of rounds: its own servers, of one hub, for as long as they count."""

from pathlib import Path

import pytest

from hinomi.errors import ConfigError
from hinomi.govern.note import Signer
from hinomi.services.home import Home
from hinomi.services.membership.joined import JoinedHub, read_joined
from hinomi.services.membership.rounds import (
    Brought,
    Counts,
    Opened,
    all_brought,
    corroborated,
    forget_brought,
    packed,
    put_brought,
    put_opened,
    read_opened,
)
from household import Household
from hubs import server
from roundhubs import with_values

SERVERS = (server(2), server(1))


COUNTS = Counts(brought=2, at_least=1, left_out=0)


def elsewhere(joined: JoinedHub) -> str:
    """Give the key of a hub that was founded anew under the same name."""
    return Signer(joined.hub, b"n" * 32).verifier.render()


def brought(joined: JoinedHub, epoch: int, hub: str | None = None) -> Brought:
    """Describe what went into a round."""
    return Brought(
        hub=hub or joined.list_key.render(), member=joined.member, epoch=epoch, threshold=3,
        capacity=100, number=7, check=b"c" * 16, seed=bytes(range(32)), elements=packed(SERVERS),
        counts=COUNTS,
    )  # fmt: skip


def opened(joined: JoinedHub, epoch: int, hub: str | None = None) -> Opened:
    """Describe what an answer proved."""
    return Opened(
        hub=hub or joined.list_key.render(), member=joined.member, epoch=epoch, threshold=3,
        elements=packed(SERVERS[:1]), counts=COUNTS, unproven=0,
    )  # fmt: skip


@pytest.fixture(name="home")
def a_home(house: Household) -> Home:
    """Give a home that submits only what was corroborated."""
    return with_values(house.home(), {"share.only_corroborated": 1})


def test_what_waits_comes_back_oldest_first(home: Home) -> None:
    """Until it is let go; of a former hub, under whatever name, nothing is kept."""
    joined = read_joined(home)
    for epoch in (9, 8):
        put_brought(home, joined, brought(joined, epoch))
    put_brought(home, joined, brought(joined, 7, elsewhere(joined)))

    assert all_brought(home, joined) == [brought(joined, 8), brought(joined, 9)]
    forget_brought(home, joined, 8)
    assert [each.epoch for each in all_brought(home, joined)] == [9]
    assert len(list((home.folder / "hub" / "private").iterdir())) == 1


@pytest.mark.parametrize(("age", "counts"), [(-1, 0), (0, 1), (1, 1), (3, 1), (4, 0), (99, 0)])
def test_an_answer_counts_for_a_while(home: Home, age: int, counts: int) -> None:
    """For three epochs as shipped; then nothing may go, not everything."""
    joined = read_joined(home)
    put_opened(home, opened(joined, 100))

    found = corroborated(home, joined, 100 + age)
    assert found is not None
    assert len(found) == counts
    assert found <= {SERVERS[0]}


def test_without_the_parameter_all_may_go(home: Home, house: Household) -> None:
    """Off as shipped; on and without an answer, or with that of a former hub, nothing may."""
    joined = read_joined(home)
    assert corroborated(house.home(), joined, 100) is None
    assert corroborated(home, joined, 100) == frozenset()
    put_opened(home, opened(joined, 100, elsewhere(joined)))
    assert read_opened(home, joined) is None
    assert corroborated(home, joined, 100) == frozenset()


@pytest.mark.parametrize("name", ["opened.json", "2026-01-01.json"])
def test_damage_is_told_of(home: Home, name: str) -> None:
    """With the file that it is in."""
    joined = read_joined(home)
    put_opened(home, opened(joined, 1))
    (home.folder / "hub" / "private" / name).write_text("{}", "utf-8")

    with pytest.raises(ConfigError, match=name):
        corroborated(home, joined, 1) if name == "opened.json" else all_brought(home, joined)


def test_what_is_kept_is_for_its_owner(home: Home) -> None:
    """Nobody else on the machine reads it."""
    joined = read_joined(home)
    put_opened(home, opened(joined, 1))
    put_brought(home, joined, brought(joined, 1))

    paths: list[Path] = [*(home.folder / "hub" / "private").iterdir()]
    assert {each.stat().st_mode & 0o777 for each in paths} == {0o600}

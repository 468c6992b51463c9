"""``hinomi listings``: five facts, and nothing beside them."""

import csv
import io
from pathlib import Path

import pytest

from docket import STAGES, lead, manned
from hinomi.clock import wall_clock
from household import Household
from terminal import hinomi, make_home

FACTS = ["address", "protocol", "port", "class", "valid_until_epoch"]


@pytest.fixture(scope="module", name="house")
def a_home_with_a_listing(tmp_path_factory: pytest.TempPathFactory) -> Household:
    """Give a home that listed one server; nothing here changes it."""
    with pytest.MonkeyPatch.context() as patch:
        house = manned(tmp_path_factory.mktemp("listings") / "home", patch, wall_clock)
        for stage in STAGES:
            lead(house, stage)
    return house


def test_a_listing_is_shown_with_five_facts(house: Household) -> None:
    """As a document and as a table."""
    (listing,) = hinomi("listings", "show", "--json", home=house.folder).document["listings"]
    text = hinomi("listings", "show", home=house.folder).out

    assert list(listing) == FACTS
    assert (listing["address"], listing["class"]) == ("203.0.113.9", "dedicated")
    assert "1 listed." in text


def test_csv_and_json_carry_the_same_facts(house: Household) -> None:
    """Whichever a receiver can read."""
    text = hinomi("listings", "export", home=house.folder).out
    document = hinomi("listings", "export", "--format", "json", home=house.folder).document

    (row,) = csv.DictReader(io.StringIO(text))
    assert text.splitlines()[0] == ",".join(FACTS)
    assert document == {"listings": [{**row, "port": int(row["port"])}]}


def test_the_same_listings_are_the_same_bytes(house: Household) -> None:
    """Nothing of the moment of export is in them."""
    first, second = (hinomi("listings", "export", home=house.folder).out for _ in range(2))

    assert first == second


def test_a_laboratory_exports_nothing(tmp_path: Path) -> None:
    """It took in what no provider may (R3): exit 77, in one line."""
    said = hinomi("listings", "export", home=make_home(tmp_path / "lab"))

    assert (said.code, said.out) == (77, "")
    assert "laboratory" in said.err


def test_a_home_without_listings_exports_the_header(tmp_path: Path) -> None:
    """An empty list is a list."""
    home = make_home(tmp_path / "home", sampling=10_000)

    assert hinomi("listings", "export", home=home).out == ",".join(FACTS) + "\n"

"""A folder of captures is read: infections by the truth, everybody else as people."""

from pathlib import Path

import pytest

from captured import capture_folder
from hinomi.bench.captures import busiest, read_background, read_infections, read_people
from hinomi.errors import MalformedDocument, NotFound
from hinomi.model.address import render_address


def test_infections_are_those_of_the_truth(tmp_path: Path) -> None:
    """Host, server and certainty as it says; rows without a server are left out."""
    infections = list(read_infections(capture_folder(tmp_path)))

    assert [each.name for each in infections] == ["loud", "mute", "read"]
    assert [each.is_certain for each in infections] == [True, True, False]
    assert render_address(infections[0].host) == "192.168.1.5"
    assert infections[0].port == 6_667
    assert infections[0].records.num_rows > 50


def test_people_are_the_busy_hosts_of_the_other_captures(tmp_path: Path) -> None:
    """Private ones; what cannot be read is passed over."""
    folder = capture_folder(tmp_path)
    (folder / "flows" / "notes").mkdir()
    (folder / "flows" / "notes" / "README").write_text("nothing", "utf-8")

    people = list(read_people(folder))

    assert {person.name for person in people} == {"office"}
    assert {render_address(person.host) for person in people} == {"192.168.1.7", "192.168.1.8"}
    assert busiest(people[0].records) == [person.host for person in people]


def test_a_folder_without_a_truth_is_no_set_of_captures(tmp_path: Path) -> None:
    """The message says what is missing."""
    with pytest.raises(NotFound, match="GROUND-TRUTH"):
        list(read_infections(tmp_path))
    assert read_background(tmp_path) is None


def test_a_row_that_cannot_be_read_is_named_by_its_line(tmp_path: Path) -> None:
    """File and line, never the row."""
    folder = capture_folder(tmp_path)
    with (folder / "GROUND-TRUTH.csv").open("a", encoding="utf-8") as file:
        file.write("flows/loud,nobody,not-an-address,tcp,80,high\n")

    with pytest.raises(MalformedDocument, match=r"GROUND-TRUTH\.csv"):
        list(read_infections(folder))

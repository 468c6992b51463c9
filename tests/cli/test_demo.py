"""``hinomi demo`` shows candidates beside the truth and says where the report lies."""

from pathlib import Path

import pytest

from terminal import Said, hinomi


@pytest.fixture(name="said", scope="module")
def what_the_demo_said(tmp_path_factory: pytest.TempPathFactory) -> Said:
    """Run the demo as `make demo` does, in its JSON form."""
    out = tmp_path_factory.mktemp("demo") / "out"
    return hinomi("demo", "--out", out, "--json")


def test_the_document_has_candidates_with_their_truth(said: Said) -> None:
    """One document: candidates with reasons, each beside what is true of it."""
    assert said.code == 0, said.err
    candidates = said.document["candidates"]
    assert [each["rank"] for each in candidates] == list(range(1, len(candidates) + 1))
    assert {"cc"} <= {each["truth"]["label"] for each in candidates if each["truth"]}
    assert all(each["reasons"] for each in candidates)


def test_it_finds_servers_that_no_list_names(said: Said) -> None:
    """Some C&C servers are found that the known list does not hold."""
    assert said.document["unlisted_found"] >= 1
    assert said.document["unlisted_found"] <= said.document["unlisted_detectable"]


def test_the_home_it_leaves_works(said: Said) -> None:
    """The first candidate can be explained from the demo's home."""
    first = said.document["candidates"][0]

    explained = hinomi(
        "explain",
        first["address"],
        first["protocol"],
        first["port"],
        "--json",
        home=Path(said.document["home"]),
    )

    assert explained.code == 0, explained.err
    assert explained.document["probability"] == pytest.approx(first["probability"], abs=1e-6)


def test_the_report_lies_where_it_says(said: Said) -> None:
    """The report's path is told and the page is there."""
    assert Path(said.document["report"]).is_file()

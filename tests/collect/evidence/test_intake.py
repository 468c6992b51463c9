"""What every reader of evidence is given."""

import bz2
import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.collect.evidence.intake import (
    LATER,
    LONGEST_LINE,
    EvidenceLimits,
    Intake,
    Skip,
    Told,
    collapse,
)
from hinomi.collect.lists.intake import BadLine
from hinomi.errors import MalformedDocument, NotFound
from hinomi.model.evidence import Claim, Evidence, Method
from testimony import TODAY, service, written


def intake(path: Path, *, keep_good: bool = False) -> Intake:
    """Open *path* as evidence of one source."""
    return Intake(path, Told(source="lab", day=TODAY, keep_good=keep_good))


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress])
def test_lines_come_with_their_numbers_however_packed(tmp_path: Path, pack: type[bytes]) -> None:
    """Blank lines count and are not given; a byte order mark and line ends go."""
    path = written(tmp_path, pack(b"\xef\xbb\xbfone\r\n\n two \nthree"))

    assert list(intake(path).lines()) == [(1, "one"), (3, "two"), (4, "three")]


@pytest.mark.parametrize(
    "bad", [b"x" * (LONGEST_LINE + 1), b"x" * (3 * LONGEST_LINE), b"\xff\xfe", b"a\0b"]
)
def test_a_line_that_is_no_text_is_a_bad_line(tmp_path: Path, bad: bytes) -> None:
    """Too long, of another encoding, or binary: named, or counted where good ones are kept."""
    path = written(tmp_path, b"one\n" + bad + b"\nthree\n")

    with pytest.raises(MalformedDocument, match="line 2: "):
        list(intake(path).lines())
    keeping = intake(path, keep_good=True)
    assert list(keeping.lines()) == [(1, "one"), (3, "three")]
    assert keeping.malformed == 1


def test_a_cut_file_is_refused_whatever_is_kept(tmp_path: Path) -> None:
    """Nobody knows what stood in the rest."""
    path = written(tmp_path, gzip.compress(b"one\n" * 1000)[:-9])

    with pytest.raises(MalformedDocument, match="cut short"):
        list(intake(path, keep_good=True).lines())


def test_what_is_no_file_cannot_be_read(tmp_path: Path) -> None:
    """Neither a folder nor what is not there; a pipe could not be read twice."""
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(NotFound):
            list(intake(path).lines())
        with pytest.raises(NotFound):
            intake(path).sha256()


def test_a_bad_line_is_left_out_as_a_whole(tmp_path: Path) -> None:
    """What it stated before it turned out bad goes too, and the next one is read."""

    def parse(item: str) -> list[Evidence]:
        if item == "bad":
            raise BadLine("it is bad")
        if item == "idle":
            raise Skip("it says nothing")
        return [statement()]

    keeping = intake(written(tmp_path, ""), keep_good=True)
    found = list(keeping.each([(1, "good"), (2, "bad"), (3, "idle"), (4, "good")], parse))
    assert (len(found), keeping.malformed, keeping.ignored) == (2, 1, {"it says nothing": 1})

    with pytest.raises(MalformedDocument, match="line 2: it is bad"):
        list(intake(tmp_path / "file").each([(1, "good"), (2, "bad")], parse))


def test_one_of_several_things_on_a_line_may_say_nothing(tmp_path: Path) -> None:
    """The others are read."""
    taken = intake(written(tmp_path, ""))

    with taken.skipping():
        raise Skip("nothing")

    assert taken.ignored == {"nothing": 1}


def test_nothing_is_stated_of_a_day_to_come(tmp_path: Path) -> None:
    """A date after the file's day would never age."""
    taken = intake(written(tmp_path, ""))
    place = service("192.0.2.1", 443)

    with pytest.raises(Skip, match=LATER):
        taken.evidence(place, Claim.CC, Method.LIST, TODAY + 1)
    kept = taken.evidence(place, Claim.CC, Method.LIST, TODAY, family="", names=3)
    assert (kept.source, kept.facts) == ("lab", {"names": 3})


@pytest.mark.parametrize("bad", ["a\0b", "half \ud83d", "\udc00"])
def test_words_that_are_no_text_are_a_bad_line(tmp_path: Path, bad: str) -> None:
    """JSON can spell out what no database holds; whole characters beyond 16 bits are text."""
    reader = intake(written(tmp_path, b"x"))
    about = (service("198.51.100.7"), Claim.CC, Method.HONEYPOT, TODAY)

    assert reader.evidence(*about, reference="\N{FIRE}", seen="火の見").reference == "\N{FIRE}"
    with pytest.raises(BadLine, match="no text"):
        reader.evidence(*about, reference=bad)
    with pytest.raises(BadLine, match="no text"):
        reader.evidence(*about, seen=bad)


def test_repeated_statements_become_one_of_the_latest_day() -> None:
    """With their number; other samples and claims stay apart."""
    found = list(
        collapse(
            [
                statement(observed_day=3, reference="a"),
                statement(observed_day=5, reference="a", strength=0.5),
                statement(observed_day=4, reference="a"),
                statement(observed_day=1, reference="b"),
                statement(observed_day=1, claim=Claim.BENIGN),
            ],
            10,
        )
    )

    assert [(each.observed_day, each.strength, each.facts) for each in found] == [
        (5, 0.5, {"times": 3}),
        (1, None, {}),
        (1, None, {}),
    ]


@given(days=st.lists(st.integers(0, 5)), most=st.integers(1, 4))
def test_however_few_are_held_nothing_is_lost(days: list[int], most: int) -> None:
    """Each statement is in one of those given, and each that is given was made."""
    made = [statement(observed_day=day, reference=str(day)) for day in days]

    found = list(collapse(made, most))

    assert sum(int(each.facts.get("times", 1)) for each in found) == len(days)
    assert {each.observed_day for each in found} == set(days)


@pytest.mark.parametrize("wrong", [{"names_least": 0}, {"trait_strength": 1.5}])
def test_limits_that_make_no_sense_are_a_callers_bug(wrong: dict[str, float]) -> None:
    """Counts begin at 1, strengths are probabilities."""
    with pytest.raises(ValueError, match="evidence"):
        EvidenceLimits(**wrong)  # type: ignore[arg-type] # Wrong on purpose.


def statement(
    *,
    observed_day: int = TODAY,
    reference: str = "",
    claim: Claim = Claim.CC,
    strength: float | None = None,
) -> Evidence:
    """Say something of one service."""
    return Evidence(
        service=service("192.0.2.1", 443),
        method=Method.MALWARE,
        source="lab",
        claim=claim,
        observed_day=observed_day,
        reference=reference,
        strength=strength,
    )

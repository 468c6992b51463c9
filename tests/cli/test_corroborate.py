"""``hinomi listings key`` and ``corroborate`` from a terminal; the whole way: tests/stories."""

from pathlib import Path

import pytest

from terminal import hinomi, make_home


@pytest.fixture(name="node")
def a_node(tmp_path: Path) -> Path:
    """Give a provider's home."""
    return make_home(tmp_path / "node", sampling=10_000)


def test_a_key_is_made_and_taken(node: Path, tmp_path: Path) -> None:
    """With the number that people compare, and without the key."""
    key = tmp_path / "members.key"
    made = hinomi("listings", "key", "make", "--out", key, home=node)
    taken = hinomi("listings", "key", "take", key, home=node)

    assert (made.code, taken.code) == (0, 0)
    assert made.out.splitlines()[1] == taken.out.splitlines()[1]
    assert "the same must stand at every member" in made.out
    told = hinomi("listings", "key", "take", key, "--json", home=node).document
    assert (len(told["check"]), told["replaced"]) == (24, False)


def test_another_key_needs_a_word(node: Path, tmp_path: Path) -> None:
    """Exit 75 without it."""
    for name in ("one", "other"):
        hinomi("listings", "key", "make", "--out", tmp_path / name, home=node)
    hinomi("listings", "key", "take", tmp_path / "one", home=node)

    assert hinomi("listings", "key", "take", tmp_path / "other", home=node).code == 75
    assert hinomi("listings", "key", "take", tmp_path / "other", "--replace", home=node).code == 0
    assert hinomi("listings", "key", "make", "--out", tmp_path / "one", home=node).code == 75


def test_a_home_without_hub_takes_part_in_nothing(node: Path, tmp_path: Path) -> None:
    """Exit 66; a laboratory 77, at each of the commands."""
    said = hinomi("listings", "corroborate", home=node)
    assert (said.code, said.err.count("\n")) == (66, 1)
    laboratory = make_home(tmp_path / "lab")
    for words in (
        ("corroborate",),
        ("key", "take", tmp_path / "k"),
        ("key", "make", "--out", tmp_path / "k"),
    ):
        said = hinomi("listings", *words, home=laboratory)
        assert (said.code, said.out, said.err.count("\n")) == (77, "", 1)

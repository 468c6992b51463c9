"""Tests mirror src: each test file has its module, as deep in src as it lies in tests."""

from typing import Final

import pytest

from tree import ROOT, TESTS, mirror_of, module_of, name_of, python_files

NOT_MIRRORS: Final = {"contracts", "stories", "real", "shape"}
"""Folders of tests that mirror no folder of src: they go across modules."""


def test_every_test_file_has_its_module() -> None:
    """tests/a/test_b.py tests src/hinomi/a/b.py, except in the folders that go across."""
    orphans = [
        name_of(path)
        for path in python_files(TESTS)
        if path.name.startswith("test_")
        and path.relative_to(TESTS).parts[0] not in NOT_MIRRORS
        and not module_of(path).is_file()
    ]

    assert orphans == []


@pytest.mark.parametrize(
    ("module", "mirror"),
    [
        ("src/hinomi/clock.py", "tests/test_clock.py"),
        ("src/hinomi/collect/files/zeek.py", "tests/collect/files/test_zeek.py"),
    ],
)
def test_mirrors_are_found_at_any_depth(module: str, mirror: str) -> None:
    """The mirror of a module lies as deep in tests as the module lies in src."""
    assert mirror_of(ROOT / module) == ROOT / mirror
    assert module_of(ROOT / mirror) == ROOT / module

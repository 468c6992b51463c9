"""The history of the register is read from the journal, and says what is missing from it."""

from pathlib import Path

import pytest

from hinomi.govern.journal import Altered
from hinomi.services.exporters import override_sampling, unset_sampling
from hinomi.services.history import register_history, require_whole
from hinomi.services.parameters import Reasons, propose
from hinomi.services.sanctioned import REGISTER, read_sanctioned, write_sanctioned
from household import Household

FDR = "suspects.fdr"
WHY = Reasons(considerations="Half as many wrong ones.")


@pytest.fixture(name="house")
def operational(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Household:
    """Give an operational home of one person."""
    return Household(tmp_path / "home", monkeypatch)


def test_every_change_is_there_with_its_values(house: Household) -> None:
    """From init on: proposals, exporters; by name too."""
    propose(house.home(), FDR, "0.005", WHY)
    override_sampling(house.home(), "192.0.2.9", 20_000, "exports no rate")
    unset_sampling(house.home(), "192.0.2.9")

    found = register_history(house.home())

    override = "exporter.192.0.2.9.sampling_interval"
    assert [(each.act, each.name, each.before, each.after) for each in found.changes] == [
        ("init", "", None, None),
        ("change", FDR, 0.01, 0.005),
        ("sampling", override, None, 20_000),
        ("sampling", override, 20_000, None),
    ]
    assert found.changes[-1].version == house.home().register.version
    assert all(each.person and each.time for each in found.changes)
    assert (found.deleted, found.findings) == (0, ())
    assert [each.after for each in register_history(house.home(), FDR).changes] == [0.005]


def test_deleted_bodies_are_counted(house: Household) -> None:
    """What they said is not there, and nothing is found wrong for it."""
    propose(house.home(), FDR, "0.005", WHY)
    count = len(house.entries())
    house.home().journal().delete_bodies(house.clock() + 1)

    found = register_history(house.home())

    assert (found.changes, found.deleted, found.findings) == ((), count, ())


def test_an_older_copy_put_back_is_found(house: Household) -> None:
    """It is not what the journal last put in force."""
    old = read_sanctioned(house.folder, REGISTER)
    assert old is not None
    propose(house.home(), FDR, "0.005", WHY)
    write_sanctioned(house.folder, REGISTER, old.content, old.entry)

    (finding,) = register_history(house.home()).findings

    assert "not what the journal last put in force" in finding
    with pytest.raises(Altered, match="not what the journal"):
        require_whole([finding])


@pytest.mark.parametrize(("sampling", "found"), [(10_000, 1), (1, 0)])
def test_a_run_on_a_register_that_never_was_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sampling: int, found: int
) -> None:
    """Not in a laboratory, whose register may be edited by hand."""
    house = Household(tmp_path / "home", monkeypatch, sampling=sampling)
    ruling = house.home().register.version
    propose(house.home(), FDR, "0.005", WHY)
    for version in (ruling, "beef", "cafe"):
        house.home().journal().append({"operation": "detect", "register": version})

    findings = register_history(house.home()).findings

    assert len(findings) == found
    assert all("(detect) and 1 more cite a register" in each for each in findings)


def test_nothing_found_is_nothing_raised() -> None:
    """The check itself says so by returning."""
    require_whole([])

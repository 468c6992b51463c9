"""An operational home runs on what the journal put in force; a laboratory is told what differs."""

from pathlib import Path

import pytest

from hinomi.errors import ConfigError, Conflict
from hinomi.govern.parameters import Register, default_register, read_register, render_register
from hinomi.services.home import CONFIG, open_home
from hinomi.services.register import (
    REGISTER,
    put_in_force,
    restore_register,
    sanctioned_register,
)
from hinomi.services.sanctioned import REGISTER as NAME
from hinomi.services.sanctioned import SANCTIONED, write_sanctioned
from household import Household

FDR = "suspects.fdr"


@pytest.fixture(name="house")
def operational(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Household:
    """Give an operational home."""
    return Household(tmp_path / "home", monkeypatch)


@pytest.fixture(name="lab")
def laboratory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Household:
    """Give a laboratory."""
    return Household(tmp_path / "lab", monkeypatch, sampling=1)


def edit(house: Household, name: str = FDR, value: float = 0.02) -> Register:
    """Change a value in the file, past the journal."""
    path = house.folder / REGISTER
    register = read_register(path).with_value(name, value, decided_by="somebody")
    path.write_text(render_register(register), "utf-8")
    return register


def test_an_edited_register_stops_an_operational_home(house: Household) -> None:
    """Exit 78 and one line that names the parameter and both ways out."""
    edit(house)

    with pytest.raises(ConfigError) as refused:
        house.home(governing=False)

    said = str(refused.value)
    assert refused.value.exit_code == 78
    assert len(said.splitlines()) == 1
    assert all(each in said for each in (FDR, "parameters restore", "parameters propose"))


def test_whoever_mends_reads_what_is_in_force(house: Household) -> None:
    """Not what was written into the file; and is told."""
    before = house.home().register
    edit(house)

    home = house.home()

    assert home.register == before
    assert FDR in home.warnings[0]


def test_an_edited_laboratory_runs_on_the_edit_and_is_told(lab: Household) -> None:
    """One warning, whoever opens it."""
    edited = edit(lab)

    for governing in (False, True):
        home = lab.home(governing=governing)
        assert home.register == edited
        (warning,) = home.warnings
        assert FDR in warning


def test_layout_is_no_edit(house: Household) -> None:
    """A comment, another order of entries."""
    path = house.folder / REGISTER
    turned = Register(dict(reversed(read_register(path).parameters.items())))
    path.write_text("# Ours.\n" + render_register(turned), "utf-8")

    assert house.home(governing=False).warnings == ()


def test_restoring_puts_back_what_is_in_force(house: Household) -> None:
    """Journalled with what is dropped; also where the file cannot be read any more."""
    edit(house)

    dropped = restore_register(house.folder, house.clock, {"operation": "parameters"})

    assert dropped == [FDR]
    assert house.home(governing=False).warnings == ()
    assert house.entries()[-1]["dropped"] == [FDR]
    (house.folder / REGISTER).write_text("rubbish", "utf-8")
    assert restore_register(house.folder, house.clock, {}) == ["what could not be read"]
    assert house.home(governing=False).warnings == ()


def test_a_change_is_journalled_and_in_force(house: Household) -> None:
    """Both versions, and the value before and after; then the file says it too."""
    before = house.home().register
    after = before.with_value(FDR, 0.005, decided_by="anna")

    index = put_in_force(house.folder, house.clock, before, after, {"operation": "test"})

    entry = house.entries()[index]
    assert (entry["register_before"], entry["register"]) == (before.version, after.version)
    assert entry["changed"] == {FDR: [0.01, 0.005]}
    assert "edited_by_hand" not in entry
    assert house.home(governing=False).register == after == sanctioned_register(house.folder)


def test_a_change_drops_what_was_edited_by_hand(house: Household) -> None:
    """In an operational home; the journal names what was dropped."""
    before = house.home().register
    edit(house, "enrich.fdr", 0.5)
    after = before.with_value(FDR, 0.005, decided_by="anna")

    index = put_in_force(house.folder, house.clock, before, after, {"operation": "test"})

    assert house.home(governing=False).register == after
    assert house.entries()[index]["edited_by_hand"] == ["enrich.fdr"]


def test_a_laboratorys_change_takes_up_what_was_edited(lab: Household) -> None:
    """The journal says of both what they changed."""
    before = edit(lab, "enrich.fdr", 0.5)
    after = before.with_value(FDR, 0.005, decided_by="anna")

    index = put_in_force(lab.folder, lab.clock, before, after, {"operation": "test"})

    entry = lab.entries()[index]
    assert entry["edited_by_hand"] == ["enrich.fdr"]
    assert entry["changed"] == {"enrich.fdr": [0.05, 0.5], FDR: [0.01, 0.005]}
    assert lab.home().warnings == ()


def test_a_change_of_something_older_is_a_conflict(house: Household) -> None:
    """Two at once: the second looks again."""
    before = house.home().register
    one, other = (before.with_value(FDR, value, decided_by="x") for value in (0.02, 0.03))
    put_in_force(house.folder, house.clock, before, one, {})

    with pytest.raises(Conflict, match="changed meanwhile"):
        put_in_force(house.folder, house.clock, before, other, {})

    assert house.home().register == one


def test_who_edits_both_files_is_found(house: Household) -> None:
    """The entry that the copy names says another version."""
    edited = edit(house)
    write_sanctioned(house.folder, NAME, render_register(edited).encode(), 0)

    with pytest.raises(ConfigError, match="wrote it past the journal"):
        house.home(governing=False)
    assert "wrote it past the journal" in house.home().warnings[0]


def test_a_home_of_an_earlier_version_is_taken_up_once(house: Household) -> None:
    """As it stands, with what the journal last said of it; never again after that."""
    cited = house.home().register.version
    edited = edit(house)
    house.age()

    assert house.home(governing=False).register == edited

    entry = next(each for each in house.entries() if each["operation"] == "parameters")
    assert (entry["act"], entry["register"]) == ("taken up", edited.version)
    assert entry["register_before"] == edited.version != cited
    (house.folder / SANCTIONED / f"{NAME}.toml").unlink()
    with pytest.raises(ConfigError, match="is gone; restore it from backup"):
        house.home(governing=False)


def test_a_copy_that_is_gone_is_no_new_beginning(house: Household) -> None:
    """Whoever mends is told, everybody else is stopped."""
    (house.folder / SANCTIONED / f"{NAME}.toml").unlink()
    edit(house)

    with pytest.raises(ConfigError, match="is gone"):
        house.home(governing=False)
    assert "is gone" in house.home().warnings[0]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (f'"{FDR}" = 0.02', f"{FDR} is 0.02 here and 0.01 in the register"),
        ('"suspects.luck" = 1', "suspects.luck is no registered parameter"),
        ('"drill.rounds" = true', "drill.rounds is true here and 3"),
    ],
)
def test_a_configuration_that_contradicts_the_register_stops(
    house: Household, line: str, said: str
) -> None:
    """Exit 78, both values, and how to change it; whoever mends is warned."""
    config = house.folder / CONFIG
    config.write_text(f"{config.read_text('utf-8')}\n[parameters]\n{line}\n", "utf-8")

    with pytest.raises(ConfigError, match=said) as refused:
        house.home(governing=False)

    assert str(config) in str(refused.value)
    assert said in house.home().warnings[0]


def test_a_configuration_that_repeats_the_register_is_fine(house: Household) -> None:
    """5 is 5.0 for whoever writes it."""
    config = house.folder / CONFIG
    repeated = (
        f'[parameters]\n"{FDR}" = 0.01\n"measures.burst_ratio" = 8\n"model.in_use" = "default"'
    )
    config.write_text(f"{config.read_text('utf-8')}\n{repeated}\n", "utf-8")

    assert house.home(governing=False).warnings == ()


def test_a_register_of_another_version_names_the_command(house: Household) -> None:
    """It lacks what is new, or has what is gone: `hinomi parameters adopt`."""
    shipped = default_register()
    less = shipped.without(FDR)
    more = shipped.with_parameter("suspects.luck", shipped.parameters[FDR])
    for register in (less, more):
        (house.folder / REGISTER).write_text(render_register(register), "utf-8")

        with pytest.raises(ConfigError, match="run `hinomi parameters adopt`"):
            open_home(house.folder, house.clock)
        assert any("parameters adopt" in each for each in house.home().warnings)

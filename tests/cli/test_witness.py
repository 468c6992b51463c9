"""``hinomi witness`` refuses in one line what it cannot sign."""

from pathlib import Path

import pytest

from terminal import hinomi, make_home


def made(folder: Path) -> Path:
    """Make a witness."""
    assert hinomi("witness", "new", str(folder), "--name", "witness.example/1").code == 0
    return folder


def test_a_witness_is_made_once(tmp_path: Path) -> None:
    """Its key is its owner's alone; a second one never takes its place."""
    folder = made(tmp_path / "w")

    assert (folder / "witness.key").stat().st_mode & 0o077 == 0
    assert hinomi("witness", "new", str(folder), "--name", "witness.example/1").code == 75


@pytest.mark.parametrize("name", ["two words", "a+b", ""])
def test_a_name_that_cannot_be_one_makes_nothing(tmp_path: Path, name: str) -> None:
    """No spaces, no plus sign."""
    said = hinomi("witness", "new", str(tmp_path / "w"), "--name", name)

    assert said.code == 65
    assert not (tmp_path / "w").exists()


def test_what_cannot_be_signed_is_told(tmp_path: Path) -> None:
    """No request, no file, a journal that is not known, no witness."""
    home, witness = make_home(tmp_path / "home"), str(made(tmp_path / "w"))
    key = hinomi("journal", "key", home=home).out.strip()
    other = hinomi("journal", "key", home=make_home(tmp_path / "other")).out.strip()
    request, rubbish = tmp_path / "request", tmp_path / "rubbish"
    public = hinomi("witness", "new", str(tmp_path / "v"), "--name", "v").out.strip()
    hinomi("journal", "request", "--witness", public, "--out", str(request), home=home)
    rubbish.write_text("rubbish", "utf-8")

    codes = [
        hinomi("witness", "sign", *rest).code
        for rest in (
            (witness, str(request), "--journal", key),
            (witness, str(rubbish), "--journal", key),
            (witness, str(tmp_path / "none"), "--journal", key),
            (witness, str(request), "--journal", other),
            (witness, str(request), "--journal", "no key"),
            (str(tmp_path), str(request), "--journal", key),
        )
    ]

    assert codes == [0, 65, 66, 65, 65, 78]

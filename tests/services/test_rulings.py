"""Rulings of a home: entered with their document, journalled, and gone with either."""

import hashlib
from datetime import date
from pathlib import Path

import pytest

from hinomi.errors import ConfigError, Conflict, NotFound
from hinomi.govern.matrix import Cell, Data, LegalBasis, Power, Purpose, Ruling
from hinomi.services.home import open_home
from hinomi.services.rulings import enter_ruling, prolong, read_matrix, withdraw_ruling
from hinomi.store.journal import FileJournal
from terminal import hinomi, make_home

DAY = date(2026, 12, 1)
OPEN = Cell(Purpose.NOTIFY, Data.LISTINGS, Power.NOTIFY, LegalBasis.CONSENT)
SHUT = Cell(Purpose.NOTIFY, Data.SUSPECT_SETS, Power.NOTIFY, LegalBasis.CONSENT)


def ruling(cell: Cell, document: Path) -> Ruling:
    """Give a ruling on *cell* by *document*."""
    purpose, data, power, basis = cell
    return Ruling(
        purpose=purpose,
        data=data,
        power=power,
        basis=basis,
        document=hashlib.sha256(document.read_bytes()).hexdigest(),
        title="Letter of the ministry",
        entered_by="officer",
        ends=date(2027, 12, 1),
    )


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    """Write a ruling's document."""
    path = tmp_path / "letter.pdf"
    path.write_bytes(b"It may be done.")
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Make a home."""
    return make_home(tmp_path / "home")


def journal_of(home: Path) -> FileJournal:
    """Open the journal of a home."""
    return open_home(home).journal()


def acts(home: Path) -> list[dict[str, object]]:
    """Give what the journal says of rulings."""
    return [each for each in journal_of(home).entries() if each["operation"] == "ruling"]


def test_a_ruling_counts_once_it_is_entered_with_its_document(home: Path, letter: Path) -> None:
    """Before, and after it is withdrawn, the combination is refused; the journal has both."""
    journal = journal_of(home)
    assert not read_matrix(home, journal_of(home)).ask(OPEN, DAY).is_permitted

    enter_ruling(home, ruling(OPEN, letter), letter, journal)
    letter.unlink()
    found = read_matrix(home, journal_of(home)).ask(OPEN, DAY)
    assert found.is_permitted
    assert found.ruling is not None
    assert (home / "rulings" / found.ruling.document).read_bytes() == b"It may be done."

    withdraw_ruling(home, OPEN, "officer", journal)
    assert not read_matrix(home, journal_of(home)).ask(OPEN, DAY).is_permitted
    assert [entry["act"] for entry in acts(home)] == ["entered", "withdrawn"]
    with pytest.raises(NotFound, match="no ruling"):
        withdraw_ruling(home, OPEN, "officer", journal)


def test_what_is_refused_takes_no_ruling(home: Path, letter: Path) -> None:
    """Nothing is written, not even to the journal."""
    journal = journal_of(home)

    with pytest.raises(Conflict, match="needs no ruling"):
        enter_ruling(home, ruling(SHUT, letter), letter, journal)
    assert not acts(home)
    assert not (home / "rulings").exists()


def test_a_ruling_whose_document_is_gone_or_changed_stops_the_home(
    home: Path, letter: Path
) -> None:
    """Nobody could say any more what was ruled."""
    entered = ruling(OPEN, letter)
    enter_ruling(home, entered, letter, journal_of(home))
    kept = home / "rulings" / entered.document

    kept.write_bytes(b"Anything may be done.")
    with pytest.raises(ConfigError, match="missing or changed"):
        read_matrix(home, journal_of(home))
    kept.unlink()
    with pytest.raises(ConfigError, match="missing or changed"):
        read_matrix(home, journal_of(home))


def test_a_ruling_needs_a_document(home: Path, letter: Path, tmp_path: Path) -> None:
    """An empty file, or none, is no ruling."""
    empty = tmp_path / "empty"
    empty.touch()

    with pytest.raises(Conflict, match="empty"):
        enter_ruling(home, ruling(OPEN, empty), empty, journal_of(home))
    entered = ruling(OPEN, letter)
    with pytest.raises(NotFound, match="No such file"):
        enter_ruling(home, entered, tmp_path / "none", journal_of(home))
    letter.write_bytes(b"Something else.")
    with pytest.raises(Conflict, match="changed while"):
        enter_ruling(home, entered, letter, journal_of(home))
    assert not acts(home)


@pytest.mark.parametrize("text", ["[[rulings]]\nname = 1\n", "not toml", "\x00"])
def test_rulings_written_by_hand_stop_the_home(home: Path, letter: Path, text: str) -> None:
    """They are never in force, and never read as "nothing was ruled"."""
    enter_ruling(home, ruling(OPEN, letter), letter, journal_of(home))
    path = home / "sanctioned" / "rulings.toml"

    path.write_text(path.read_text("utf-8") + text, "utf-8")
    with pytest.raises(ConfigError, match=r"past the journal"):
        read_matrix(home, journal_of(home))
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=r"rulings\.toml"):
        read_matrix(home, journal_of(home))


def test_a_purpose_goes_on_when_somebody_decides_so(home: Path) -> None:
    """Its end is in the journal and in force at once."""
    journal = journal_of(home)
    cell = Cell(Purpose.DETECT_CC, Data.FLOW_RECORDS, Power.ANALYSE, LegalBasis.LEGITIMATE_BUSINESS)
    far = date(2030, 1, 1)

    assert not read_matrix(home, journal_of(home)).ask(cell, far).is_permitted
    prolong(home, Purpose.DETECT_CC, date(2031, 1, 1), "officer", journal)
    assert read_matrix(home, journal_of(home)).ask(cell, far).is_permitted
    (act,) = acts(home)
    assert (act["act"], act["purpose"], act["ends"]) == ("purpose", "detect-cc", "2031-01-01")


def test_an_earlier_copy_of_rulings_is_told(home: Path, letter: Path) -> None:
    """It names an entry that is true and no longer the last: `journal verify` finds it."""
    enter_ruling(home, ruling(OPEN, letter), letter, journal_of(home))
    path = home / "sanctioned" / "rulings.toml"
    before = path.read_bytes()
    withdraw_ruling(home, OPEN, "officer", journal_of(home))
    assert hinomi("journal", "verify", home=home).code == 0

    path.write_bytes(before)
    said = hinomi("journal", "verify", home=home)
    assert said.code == 65
    assert "sanctioned/rulings.toml is not what the journal last put in force" in said.err

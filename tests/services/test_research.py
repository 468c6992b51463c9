"""Ask, run, look, release: nothing without approval, everything in the journal."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from builders import HOUR_MS, NOON_MS
from hinomi.errors import Conflict, NotFound, NotPermitted, Unavailable, UsageError
from hinomi.govern.journal import Altered
from hinomi.govern.matrix import Purpose
from hinomi.govern.note import Signer
from hinomi.model.address import parse_address
from hinomi.model.window import Window
from hinomi.services import isolation, research
from hinomi.services.foureyes import FourEyes, four_eyes
from hinomi.services.home import Home, open_home
from hinomi.services.mandates import TOKEN_VARIABLE, os_user
from hinomi.services.researchbook import Asked, all_asked
from hinomi.services.rulings import prolong
from researchers import BY_PORT, SIGNER, People, busy_home, require_cells, signed
from worlds import write_small_world

HOUR = Window(NOON_MS, NOON_MS + HOUR_MS)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Give a home in which 150 lines met port 443 and 9 port 22."""
    return open_home(busy_home(tmp_path, {443: 150, 22: 9}))


def asked_in(home: Home, eyes: FourEyes, **changed: object) -> Asked:
    """Ask to run the usual program over the hour of noon."""
    told: dict[str, object] = {"key": SIGNER.verifier, "window": HOUR, "reason": "ports"}
    if "program" not in changed:
        told["program"], told["signature"] = signed(home.folder.parent)
    asked, _ = research.ask(home, eyes, **(told | changed))  # type: ignore[arg-type] # By name.
    return asked


def said(home: Home, **wanted: object) -> list[dict[str, object]]:
    """Give the entries of the journal that say what is wanted."""
    return [each for each in home.journal().entries() if wanted.items() <= each.items()]


def test_a_result_leaves_after_two_approvals(home: Home, tmp_path: Path) -> None:
    """From the request to the file, with the journal's lines on the way."""
    require_cells()
    eyes = People()

    asked = asked_in(home, eyes)
    ran = research.run(home, eyes, asked.number)
    research.ask_release(home, eyes, asked.number, "for a paper")
    research.release(home, eyes, asked.number, tmp_path / "result.json")

    document = json.loads((tmp_path / "result.json").read_bytes())
    assert document["columns"] == ["port", "lines", "packets"]
    ((port, lines, packets),) = document["rows"]
    assert port == 443
    assert abs(lines - 150) < 100
    assert packets >= 0
    assert (tmp_path / "result.json").read_bytes() == ran.result
    acts = [each.get("stage") or each["act"] for each in said(home, operation="research")]
    assert acts == ["request", "begins", "done"]
    acts = [str(each["act"]) for each in said(home, operation="research release")]
    assert acts == ["ask", "release"]
    done = said(home, act="run", stage="done")[0]
    assert done["result"] == ran.digest
    assert done["approved_by"] == ["ann", "bob"]
    assert isinstance(done["rows_suppressed"], int)
    mandate = done["mandate"]
    assert mandate == {
        "purpose": "research", "basis": "legitimate-business-act", "who": os_user(),
    }  # fmt: skip


def test_nothing_is_asked_where_nobody_else_can_approve(home: Home) -> None:
    """Refused before anybody works for it, nothing kept, and the journal has it."""
    with pytest.raises(NotPermitted, match="2 people who approve beside who asks"):
        asked_in(home, four_eyes())

    assert all_asked(home.folder) == []
    assert [each["asked"] for each in said(home, operation="refused")] == ["research request"]


@pytest.mark.parametrize("act", ["ask", "release", "look"])
def test_a_result_that_no_run_came_to_does_not_leave(home: Home, tmp_path: Path, act: str) -> None:
    """Whatever its file says: the journal knows the hash of what was counted."""
    require_cells()
    eyes = People()
    asked = research.run(home, eyes, asked_in(home, eyes).number)
    if act == "release":
        research.ask_release(home, eyes, asked.number, "for a paper")
    path = next(home.folder.glob("research/*/result.json"))
    path.write_bytes(path.read_bytes().replace(b'"lines"', b'"198.51.100.9"'))

    doors: dict[str, Callable[[], object]] = {
        "ask": lambda: research.ask_release(home, eyes, asked.number, "for a paper"),
        "release": lambda: research.release(home, eyes, asked.number, tmp_path / "out.json"),
        "look": lambda: research.look(home, asked.number),
    }
    with pytest.raises(Altered, match="not what the journal says"):
        doors[act]()

    assert not (tmp_path / "out.json").exists()
    assert [each["asked"] for each in said(home, operation="refused")] == ["research result"]


def test_nothing_runs_without_approval(home: Home) -> None:
    """Asked for is not approved; refused, and the records were not read."""
    require_cells()
    eyes = People(willing=False)
    asked = asked_in(home, eyes)

    with pytest.raises(NotPermitted):
        research.run(home, eyes, asked.number)

    assert said(home, operation="refused")[0]["asked"] == "research run"
    assert said(home, act="run") == []
    assert all_asked(home.folder)[0].result is None


def test_one_person_is_not_enough(home: Home) -> None:
    """Whatever a home is otherwise content with."""
    require_cells()
    eyes = People(names=("ann",))
    asked = asked_in(home, eyes)

    with pytest.raises(NotPermitted, match="2 people"):
        research.run(home, eyes, asked.number)

    assert said(home, act="run") == []


def test_a_result_stays_without_approval(home: Home, tmp_path: Path) -> None:
    """That it may leave is asked for and approved apart from the run."""
    require_cells()
    eyes = People()
    asked = asked_in(home, eyes)
    research.run(home, eyes, asked.number)
    out = tmp_path / "result.json"

    with pytest.raises(NotPermitted):
        research.release(home, eyes, asked.number, out)

    assert not out.exists()
    assert len(said(home, operation="refused")) == 1


def test_an_approval_is_for_one_run_and_one_release(home: Home, tmp_path: Path) -> None:
    """A second run is a conflict, a second release needs approval anew, a file is not replaced."""
    require_cells()
    eyes = People()
    asked = asked_in(home, eyes)
    with pytest.raises(NotFound, match="no result"):
        research.ask_release(home, eyes, asked.number, "too early")
    research.run(home, eyes, asked.number)
    research.ask_release(home, eyes, asked.number, "for a paper")
    research.release(home, eyes, asked.number, tmp_path / "one")

    with pytest.raises(Conflict, match="has run"):
        research.run(home, eyes, asked.number)
    with pytest.raises(NotPermitted):
        research.release(home, eyes, asked.number, tmp_path / "two")
    with pytest.raises(Conflict, match="exists"):
        research.release(home, eyes, asked.number, tmp_path / "one")


def test_a_changed_register_needs_approval_anew(home: Home, tmp_path: Path) -> None:
    """What was approved for twenty lines is not run for two."""
    require_cells()
    eyes = People()
    asked = asked_in(home, eyes)
    register = home.register.with_value("research.least_lines", 2, decided_by="somebody")
    loosened = Home(home.folder, home.config, register, home.clock)

    with pytest.raises(NotPermitted):
        research.run(loosened, eyes, asked.number)


def test_an_unsigned_or_swapped_program_is_refused(home: Home) -> None:
    """Signed by another key, or another program under the signature."""
    stranger = Signer("researcher.example/1", bytes(32)).verifier
    for changed in ({"key": stranger}, {"signature": "nothing"}):
        with pytest.raises(NotPermitted, match="not signed"):
            asked_in(home, People(), **changed)

    assert len(said(home, operation="refused")) == 2
    assert all_asked(home.folder) == []


def test_hours_are_visited_only_so_often(home: Home) -> None:
    """Runs over one of the hours count, whoever asked and however they ended; others do not."""
    require_cells()
    register = home.register.with_value("research.most_runs", 2, decided_by="tester")
    home = Home(home.folder, home.config, register, home.clock)
    eyes = People()
    wide = Window(NOON_MS - 5 * HOUR_MS, NOON_MS + HOUR_MS)
    numbers = [asked_in(home, eyes, window=window).number for window in (HOUR, wide, HOUR)]
    beside = asked_in(home, eyes, window=Window(NOON_MS + HOUR_MS, NOON_MS + 2 * HOUR_MS))
    for number in numbers[:2]:
        research.run(home, eyes, number)

    with pytest.raises(NotPermitted, match=r"research\.most_runs"):
        research.run(home, eyes, numbers[2])

    assert said(home, operation="refused")[-1]["asked"] == "research run"
    assert research.run(home, eyes, beside.number).result is not None


def test_a_machine_without_cells_uses_no_approval_up(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is refused before: the approval can still be used where isolation can be had."""
    eyes = People()
    asked = asked_in(home, eyes)
    broken = tmp_path / "cell.py"
    broken.write_text("raise SystemExit(1)\n", "utf-8")
    monkeypatch.setattr(isolation, "SCRIPT", broken)

    with pytest.raises(Unavailable, match="nothing was run"):
        research.run(home, eyes, asked.number)

    assert len(eyes.approved) == 1
    assert said(home, act="run") == []


def test_a_run_that_failed_is_told_and_leaves_no_result(home: Home, tmp_path: Path) -> None:
    """And counts as a run."""
    require_cells()
    register = home.register.with_value("research.most_seconds", 1, decided_by="tester")
    home = Home(home.folder, home.config, register, home.clock)
    eyes = People()
    slow = BY_PORT.replace("    port =", "    while True:\n        pass\n    port =")
    path, note = signed(tmp_path, slow)
    asked = asked_in(home, eyes, program=path, signature=note)

    with pytest.raises(Unavailable, match=r"research\.most_seconds"):
        research.run(home, eyes, asked.number)

    stages = [each["stage"] for each in said(home, act="run")]
    assert stages == ["begins", "failed"]
    assert all_asked(home.folder)[0].result is None


def test_a_purpose_that_has_ended_is_refused(home: Home) -> None:
    """By the matrix, as everything else."""
    prolong(home.folder, Purpose.RESEARCH, date(2026, 1, 1), "tester", home.journal())

    with pytest.raises(NotPermitted, match="ended on"):
        asked_in(home, People())


def test_a_request_names_whole_hours_and_a_reason(home: Home) -> None:
    """A window of a minute would set one line off; nobody approves without knowing why."""
    for changed in (
        {"window": Window(NOON_MS, NOON_MS + 60_000)},
        {"window": Window(NOON_MS + 1, NOON_MS + HOUR_MS)},
        {"window": Window()},
        {"reason": "  "},
        {"exact": tuple(parse_address(f"198.51.100.{each}") for each in range(65))},
    ):
        with pytest.raises(UsageError):
            asked_in(home, People(), **changed)


def test_an_address_is_seen_whole_if_it_was_approved(home: Home, tmp_path: Path) -> None:
    """It stands in what people approve, and no other address does."""
    require_cells()
    eyes = People()
    source = 'LABELS = ("far",)\n\n\ndef describe(records):\n    yield records[0].remote_lo & 255\n'
    path, note = signed(tmp_path, source)
    shown = []
    for exact in ((), (parse_address("198.51.100.1"),)):
        asked = asked_in(home, eyes, program=path, signature=note, exact=exact)
        document = json.loads(research.run(home, eyes, asked.number).result or b"")
        shown.append(document["rows"][0][0])

    assert shown == [0, 1]
    view = eyes.asked[1][0]["view"]
    assert isinstance(view, dict)
    assert view["exact_addresses"] == ["198.51.100.1"]


def test_who_asks_and_who_looks_stands_in_the_journal(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the token that was shown, too: people may share one account."""
    monkeypatch.setenv(TOKEN_VARIABLE, "ann")
    asked = asked_in(home, People())
    monkeypatch.setenv(TOKEN_VARIABLE, "bob")

    assert research.look(home, asked.number).request.reason == "ports"
    (looked,) = said(home, act="show")
    assert asked.request.by.startswith(f"{os_user()} by token ")
    assert str(looked["who"]).startswith(f"{os_user()} by token ")
    assert looked["who"] != asked.request.by


def test_made_up_worlds_are_free(tmp_path: Path) -> None:
    """No home, no signature, no approval; the same rules, so that a researcher sees what comes."""
    require_cells()
    world = write_small_world(tmp_path / "world")
    path, _ = signed(tmp_path)

    found = research.run_on_world(world, path)

    assert found.records > 1000
    assert all(int(row[1]) >= 20 for row in found.disclosure.rows)
    assert not (tmp_path / "hinomi-home").exists()

"""Detection run again as if less had been collected: nothing but figures stays."""

import stat
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as pq
import pytest

from builders import HOUR_MS, NOON_MS, conversations, talk
from hinomi.errors import Conflict, MalformedDocument, NotFound, NotPermitted, UsageError
from hinomi.model.window import Window
from hinomi.services import whatif, whatifjudging
from hinomi.services.home import Home, open_home
from hinomi.services.incremental import judge_at_once
from hinomi.services.mandates import Operation, mandate_for
from hinomi.services.whatif import (
    WITHOUT,
    asked_window,
    keep_what_if,
    repeat_what_if,
    run_what_if,
)
from hinomi.services.whatifjudging import judge_setting
from hinomi.services.whatifresult import Cell, Run, WhatIf, encode, loss_of
from lessened import LISTED, SILENT, WINDOW, asked, lessened_home, write_truth
from terminal import make_home

EVERYTHING = asked(sampling=(2_000, 20_000), days=(7, 1), without=WITHOUT)


@pytest.fixture(name="home", scope="module")
def a_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Give a laboratory in which one C&C is found and a listed one confirmed."""
    return lessened_home(tmp_path_factory.mktemp("whatif") / "home")


@pytest.fixture(name="found", scope="module")
def a_what_if(home: Home, tmp_path_factory: pytest.TempPathFactory) -> WhatIf:
    """Ask everything once, with the truth beside."""
    truth = write_truth(tmp_path_factory.mktemp("truth") / "truth.csv")
    return run_what_if(home, EVERYTHING, truth=truth)


@pytest.fixture(name="own")
def a_home_to_change(tmp_path: Path) -> Home:
    """Give such a laboratory for one test alone."""
    return lessened_home(tmp_path / "home")


def _cell(result: WhatIf, words: str) -> Cell:
    return next(cell for cell in result.cells if cell.setting.words == words)


def _add(home: Home, count: int = 1) -> None:
    mandate = mandate_for(Operation.IMPORT, home.clock)
    rows = talk(77, "198.51.100.7", NOON_MS + count, sampling_interval=1_000)
    home.lake().append([conversations(rows)], f"late {count}", mandate)


def test_each_intrusion_has_its_price(found: WhatIf) -> None:
    """Half the packets find the same; a twentieth, a day, or addresses alone find nothing."""
    losses = {cell.setting.words: loss_of(cell) for cell in found.cells}

    assert losses == {
        "1 in 2,000": 0.0,
        "1 in 20,000": 1.0,
        "7 days": None,
        "1 day": 1.0,
        "without line-ports": 0.0,
        "without ports": 1.0,
        "without sizes": 0.0,
        "without flags": 0.0,
    }
    assert _cell(found, "7 days").skipped == "the window holds no more days"


def test_what_is_kept_is_told(found: WhatIf) -> None:
    """Records thin with the packets, lines less so; a column that is left out costs no record."""
    held = found.present.runs[0].figures
    thinned = _cell(found, "1 in 2,000").runs[0].figures

    assert (held.sure, held.confirmed, held.sampling_interval) == (2, 1, 1_000)
    assert held.packets / 2 == pytest.approx(thinned.packets, rel=0.05)
    assert thinned.sampling_interval == 2_000
    assert 0 < thinned.lines <= held.lines
    for words in ("without ports", "without sizes", "without flags"):
        assert _cell(found, words).runs[0].figures.records == held.records
    assert _cell(found, "1 day").runs[0].figures.hours < held.hours


def test_the_truth_of_a_laboratory_stands_beside(found: WhatIf) -> None:
    """Average precision and recall; without ports an address is what is right or wrong."""
    told = [
        found.present.runs[0].figures.truth,
        _cell(found, "without ports").runs[0].figures.truth,
    ]

    assert [each and each["average_precision"] for each in told] == [1.0, 1.0]
    assert [each and each["present_90"] for each in told] == [1.0, 0.0]
    assert found.basis.truth


def test_nothing_of_a_subset_stays(home: Home, found: WhatIf) -> None:
    """No scratch folder, no partial result, no record more in the lake."""
    assert found.cells
    assert list(home.folder.glob("scratch-*")) == []
    assert not (home.folder / "partials").exists()
    assert home.lake().statistics().batches == 1


def test_each_detection_is_in_the_journal(own: Home) -> None:
    """Before it happens, with its setting and seed; then the digest of what was kept."""
    digest = keep_what_if(own, run_what_if(own, asked(without=("sizes",), seed=7)))

    entries = [e for e in own.journal().entries() if e["operation"] == "what-if"]
    assert [(e.get("setting"), e.get("seed")) for e in entries[:-1]] == [
        ("as held", None),
        ("1 in 2,000", 7),
        ("without sizes", None),
    ]
    assert entries[-1]["act"] == "keep"
    assert entries[-1]["evidence"] == f"what-if:{digest}"
    assert entries[-1]["lake"] == own.lake().digest(
        WINDOW, mandate_for(Operation.DETECT, own.clock)
    )


def test_evidence_names_nobody(home: Home, found: WhatIf) -> None:
    """Figures and digests: no address, no pseudonym, of servers neither."""
    text = encode(found).decode()

    assert LISTED not in text
    assert SILENT not in text
    assert "own:" not in text
    assert max(len(part) for part in text.split('"')) <= 64


def test_the_auditor_gets_the_same_figures(own: Home) -> None:
    """By the beginning of the digest, or all of it as a parameter cites it."""
    digest = keep_what_if(own, run_what_if(own, asked(seeds=2)))

    for said in (digest[:8], f"what-if:{digest}"):
        again = repeat_what_if(own, said)
        assert again.agrees is True
        assert (again.changed, again.journalled, again.digest) == ((), True, digest)
    assert list(own.journal().entries())[-1]["agrees"] is True


def test_records_that_came_or_went_are_told(own: Home) -> None:
    """Nothing is compared then: figures of other records say nothing."""
    digest = keep_what_if(own, run_what_if(own, asked()))
    _add(own)

    again = repeat_what_if(own, digest)

    assert again.agrees is None
    assert again.changed == ("lake",)


def test_invented_figures_show(own: Home) -> None:
    """A document that no run gave: the journal does not name it, and its figures differ."""
    honest = run_what_if(own, asked())
    run = honest.cells[0].runs[0]
    flattered = msgspec.structs.replace(run.figures, sure=3)
    cell = msgspec.structs.replace(honest.cells[0], runs=(Run(run.seed, flattered),))
    digest = own.evidence().keep(encode(msgspec.structs.replace(honest, cells=(cell,))))

    again = repeat_what_if(own, digest)

    assert again.agrees is False
    assert again.differences == ("1 in 2,000: 0.0.figures.sure was 3, is 2",)
    assert not again.journalled


def test_altered_evidence_is_refused(own: Home) -> None:
    """Before anything is detected."""
    digest = keep_what_if(own, run_what_if(own, asked(sampling=())))
    path = own.folder / "evidence" / f"{digest}.json"
    path.write_bytes(path.read_bytes() + b"\n")

    with pytest.raises(MalformedDocument, match="not what it was"):
        repeat_what_if(own, digest)


def test_another_register_is_named(own: Home) -> None:
    """Figures may agree all the same; what changed is said."""
    digest = keep_what_if(own, run_what_if(own, asked(sampling=())))
    other = replace(own, register=own.register.with_value("drill.botnets", 11, decided_by="x"))

    again = repeat_what_if(other, digest)

    assert again.changed == ("register",)
    assert again.agrees is True


def test_evidence_that_had_a_truth_asks_for_it(own: Home, tmp_path: Path) -> None:
    """And evidence without one refuses one."""
    truth = write_truth(tmp_path / "truth.csv")
    with_one = keep_what_if(own, run_what_if(own, asked(sampling=()), truth=truth))
    without = keep_what_if(own, run_what_if(own, asked(sampling=())))

    with pytest.raises(UsageError, match="give the same file"):
        repeat_what_if(own, with_one)
    with pytest.raises(UsageError, match="leave out --truth"):
        repeat_what_if(own, without, truth=truth)


def test_an_operational_home_takes_no_truth(tmp_path: Path) -> None:
    """There, pseudonyms are of real subscribers: refused, and the journal tells."""
    home = open_home(make_home(tmp_path / "home", sampling=10_000))

    with pytest.raises(NotPermitted, match="laboratory"):
        run_what_if(home, asked(), truth=write_truth(tmp_path / "truth.csv"))
    last = list(home.journal().entries())[-1]
    assert (last["operation"], last["outcome"]) == ("what-if", "refused")


def test_a_truth_that_is_not_there_is_told(home: Home, tmp_path: Path) -> None:
    """66, before any detection."""
    with pytest.raises(NotFound, match="truth"):
        run_what_if(home, asked(), truth=tmp_path / "nowhere.csv")


def test_a_window_without_records_is_told(home: Home) -> None:
    """Nothing is kept of it."""
    nothing = asked(since_ms=NOON_MS - 900 * HOUR_MS, until_ms=NOON_MS - 800 * HOUR_MS)

    with pytest.raises(NotFound, match="no record"):
        run_what_if(home, nothing)


def test_the_window_is_the_registered_one(home: Home) -> None:
    """Its days, up to the last full hour that has records, unless told otherwise."""
    last_ms = home.lake().statistics().last_ms or 0

    window = asked_window(home)

    assert window.until_ms == (last_ms // HOUR_MS + 1) * HOUR_MS
    days = home.register.integer("detect.window_days")
    assert window.since_ms == (last_ms // (24 * HOUR_MS) - days + 1) * 24 * HOUR_MS
    assert asked_window(home, NOON_MS, NOON_MS + 1) == Window(NOON_MS, NOON_MS + 1)
    with pytest.raises(UsageError):
        asked_window(home, NOON_MS, NOON_MS)


def test_an_empty_lake_is_told(tmp_path: Path) -> None:
    """66: nothing to ask about."""
    with pytest.raises(NotFound, match="empty"):
        asked_window(open_home(make_home(tmp_path / "home")))


@pytest.mark.parametrize(
    ("interval", "why"),
    [(0, "no sampling interval"), (5_000, "more sparsely"), (2_000, "already")],
)
def test_what_cannot_be_thinned_is_left_out(tmp_path: Path, interval: int, why: str) -> None:
    """Unknown intervals, and settings that are no less than the present one."""
    home = lessened_home(tmp_path / "home", interval=interval)

    result = run_what_if(home, asked(sampling=(2_000,)))

    assert why in result.cells[0].skipped
    assert result.cells[0].runs == ()


def test_records_that_come_meanwhile_are_noticed(
    own: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settings of different records cannot be compared: 75, and nothing is kept."""

    def judge_and_add(*words: Any, **more: Any) -> Any:
        judged = judge_setting(*words, **more)
        if more.get("beside"):
            _add(own)
        return judged

    monkeypatch.setattr(whatif, "judge_setting", judge_and_add)

    with pytest.raises(Conflict):
        run_what_if(own, asked())


def test_thinned_records_are_nobody_elses_and_go(
    own: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Inside the home, mode 0700, sealed; gone even if detection fails in the midst."""
    seen: list[Sequence[int]] = []

    def fail(home: Home, *words: Any, **more: Any) -> Any:
        folders = list(home.folder.glob("scratch-*"))
        seen.append([stat.S_IMODE(folder.stat().st_mode) for folder in folders])
        for path in home.folder.glob("scratch-*/thinned.parquet"):
            with pytest.raises(OSError, match="encrypted"):
                pq.read_table(path)
            raise KeyboardInterrupt
        return judge_at_once(home, *words, **more)

    monkeypatch.setattr(whatifjudging, "judge_at_once", fail)

    with pytest.raises(KeyboardInterrupt):
        run_what_if(own, asked())

    assert seen == [[0o700], [0o700, 0o700]]
    assert list(own.folder.glob("scratch-*")) == []

"""Detection over a home: lake, lists and register in, explained candidates out."""

import os
import shutil
from pathlib import Path

import pytest

from builders import HOUR_MS, NOON_MS, knock, talk
from hinomi.engine import duckdb
from hinomi.model.listed import ListKind
from hinomi.model.window import Window
from hinomi.services.detecting import SCRATCH, Detection, run_detection
from hinomi.services.explaining import explain_service
from hinomi.services.home import Home
from hinomi.services.listing import add_list
from hinomi.services.mandates import os_user
from observed import MET, new_home
from surveys import BOTS, CC, CC_PORT, WEB, service, small_network


def scratch_of(home: Home) -> list[str]:
    """Name the scratch folders in a home."""
    return sorted(path.name for path in home.folder.glob(f"{SCRATCH}*"))


def test_an_empty_lake_gives_no_candidate(tmp_path: Path) -> None:
    """Nothing in, nothing out, and the limits say that nothing was seen."""
    home = new_home(tmp_path / "home")

    found = run_detection(home, Window(), top=50)

    assert (found.candidates, found.timeline) == ((), {})
    assert found.limits["days"] == 0
    assert found.limits["smallest_botnet"] == {}
    assert found.register_version == home.register.version


def test_the_cc_comes_first_with_its_reasons(found: Detection) -> None:
    """Service, counts, tier, list and reasons of the first candidate."""
    first = found.candidates[0]

    assert first.service == service(CC, CC_PORT)
    assert (first.clients, first.suspects, first.tier) == (len(BOTS), len(BOTS), 1)
    assert first.known
    assert first.probability > 0.9
    assert {"listed", "enriched", "base-rate"} <= {reason.code for reason in first.reasons}
    (listed,) = [reason for reason in first.reasons if reason.code == "listed"]
    assert "hunters" in listed.text
    assert found.suspects["scan"] == len(BOTS)


def test_candidates_come_most_probable_first(found: Detection) -> None:
    """Only what anything speaks for, in order; not the web sites."""
    chances = [each.probability for each in found.candidates]

    assert chances == sorted(chances, reverse=True)
    assert service(WEB, 443) not in {each.service for each in found.candidates}


def test_top_bounds_the_candidates(botnet: Home, found: Detection) -> None:
    """The first so many of all, with their timelines and no others."""
    first = run_detection(botnet, Window(), top=1)

    assert first.candidates == found.candidates[:1]
    assert first.timeline.keys() == {found.candidates[0].service}


def test_the_timeline_counts_records_by_hour(found: Detection) -> None:
    """Hours begin on the hour; all records of the C&C are there."""
    hours = found.timeline[service(CC, CC_PORT)]

    assert sum(hours.values()) == 2 * 6 * len(BOTS)
    assert all(at % HOUR_MS == 0 for at in hours)


def test_the_limits_speak_of_this_run(found: Detection) -> None:
    """Largest interval, days with records, and that rhythm was looked at where it could be."""
    assert found.limits["sampling_interval"] == 10_000
    assert found.limits["beacon"] == "used"  # The own service's records are unsampled.
    assert found.limits["flags"] == "present"
    assert "probabilities" not in found.limits


@pytest.mark.parametrize(
    ("since", "until", "hours"),
    [(None, None, 4), (1, None, 3), (None, 1, 1), (1, 3, 2), (0, 4, 4), (4, None, 0)],
)
def test_the_window_is_half_open(
    few: Home, since: int | None, until: int | None, hours: int
) -> None:
    """From since, inclusive, to until, exclusive: records outside count nowhere."""
    bounds = [None if hour is None else NOON_MS + hour * HOUR_MS for hour in (since, until)]

    found = run_detection(few, Window(*bounds), top=5)

    assert sum(each.clients for each in found.candidates) == hours
    assert sum(len(line) for line in found.timeline.values()) == hours
    assert found.window == Window(*bounds)


def test_a_window_cuts_within_an_hour(few: Home) -> None:
    """The lake's files hold whole hours: detection does not."""
    after = Window(NOON_MS + 1, NOON_MS + HOUR_MS)

    assert run_detection(few, after, top=5).candidates == ()


def test_scratch_folders_go_after_success(few: Home) -> None:
    """Neither detect nor explain leaves a file behind."""
    before = sorted(path.name for path in few.folder.iterdir())

    run_detection(few, Window(), top=5)
    explain_service(few, MET, 6, 443)

    assert scratch_of(few) == []
    assert sorted(path.name for path in few.folder.iterdir()) == before


@pytest.mark.parametrize("share", [0.2, 0.95])
def test_scratch_folders_go_after_an_error(few: Home, share: float) -> None:
    """However far the run came, and what it raised comes out as it was."""

    def stop(done: float) -> None:
        if done >= share:
            assert len(scratch_of(few)) == 1
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_detection(few, Window(), top=5, tell=stop)

    assert scratch_of(few) == []


def test_what_killed_runs_left_behind_goes_first(few: Home) -> None:
    """A scratch folder of no living process goes; another process's own stays."""
    nobody = 2**22 + 1  # Above the largest process number of Linux.
    for owner in (nobody, os.getppid()):
        left = few.folder / f"{SCRATCH}{owner}-x"
        left.mkdir()
        (left / "kept-00001.parquet").write_bytes(b"x")

    run_detection(few, Window(), top=5)

    assert scratch_of(few) == [left.name]
    shutil.rmtree(left)


def test_the_scratch_folder_is_its_owners_alone(few: Home) -> None:
    """While it is there nobody else may look inside."""
    modes: list[int] = []

    def look(_: float) -> None:
        modes.extend(path.stat().st_mode & 0o777 for path in few.folder.glob(f"{SCRATCH}*"))

    run_detection(few, Window(), top=5, tell=look)

    assert modes
    assert set(modes) == {0o700}


def test_progress_only_grows_and_ends_at_one(few: Home) -> None:
    """Shares of the work, 0 to 1."""
    told: list[float] = []

    run_detection(few, Window(), top=5, tell=told.append)

    assert told == sorted(told)
    assert told[0] >= 0.0
    assert told[-1] == 1.0


def test_the_run_is_journalled_before_it_reads(few: Home) -> None:
    """Window, register version, purpose and who: also of a run that fails."""

    def stop(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_detection(few, Window(NOON_MS, None), top=5, tell=stop)

    *_, last = few.journal().entries()
    assert last["operation"] == "detect"
    assert last["register"] == few.register.version
    assert last["window"] == {"since": "2026-01-01T12:00:00Z", "until": None}
    mandate = last["mandate"]
    assert isinstance(mandate, dict)
    assert (mandate["purpose"], mandate["who"]) == ("detect-cc", os_user())


def test_parts_do_not_change_the_result(
    botnet: Home, found: Detection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four buckets give what one gives: candidates, reasons, timelines."""
    monkeypatch.setattr(duckdb, "BUCKET_ROWS", 5_000)
    assert duckdb.buckets_for(botnet.lake().statistics().rows) > 2

    parted = run_detection(botnet, Window(), top=50)

    assert parted == found


def test_the_order_of_import_does_not_change_the_result(tmp_path: Path) -> None:
    """The same records in three batches, first to last and last to first."""
    rows = [row for row in small_network() if row["line_lo"] < 120]
    batches = [rows[place::3] for place in range(3)]

    forth = run_detection(new_home(tmp_path / "forth", *batches), Window(), top=50)
    back = run_detection(new_home(tmp_path / "back", *reversed(batches)), Window(), top=50)

    assert forth.candidates
    assert forth == back


def test_a_label_of_the_list_is_told(tmp_path: Path) -> None:
    """Source and label of the entry stand in the reason."""
    home = new_home(tmp_path / "home", [*talk(1, MET), knock(2, MET)])
    feed = tmp_path / "feed.csv"
    feed.write_text(f"#ip,ioc\n{MET},Possible Botnet C2 IP\n", "utf-8")
    add_list(home, ListKind.KNOWN_CC, feed, "intel", format_name="c2intelfeeds")

    (candidate,) = run_detection(home, Window(), top=5).candidates

    (listed,) = [reason for reason in candidate.reasons if reason.code == "listed"]
    assert "intel (Possible Botnet C2 IP)" in listed.text

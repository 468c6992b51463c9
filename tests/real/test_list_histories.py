"""Lives of listed servers on real histories: what is known of them holds in a small part, too."""

import csv
import gzip
import tarfile
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from hinomi.collect.lists import c2intelfeeds
from hinomi.collect.lists.intake import Intake
from hinomi.model.case import ServiceClass
from hinomi.model.listed import ListKind
from hinomi.verify.expiry import ExpiryPolicy, SeenHistory, days_valid, still_there_by_age
from hinomi.verify.survival import Episodes, find_episodes, fit_half_life, kaplan_meier

FEEDS: Final = Path(__file__).resolve().parents[3] / "shared" / "data" / "feeds"
DAILY: Final = FEEDS / "c2intelfeeds" / "IPPortC2s-daily-history.tar.zst"
FOX_IT: Final = FEEDS / "fox-it-cobaltstrike" / "cobaltstrike-servers.csv.gz"
WINDOW_DAYS: Final = 7
DAYS: Final = 100

Table = NDArray[np.bool_]


def test_most_entries_of_a_feed_stay_as_long_as_its_window_at_least(listed: Table) -> None:
    """
    A feed of what was seen within seven days holds what was seen once for eight.

    Stays of 7 to 9 days are the most frequent ones; that is the lag to be taken off.
    """
    stays = find_episodes(listed)
    whole = stays.is_first_seen & stays.is_ended
    lengths = np.bincount((stays.last_days - stays.first_days + 1)[whole])

    assert int(np.argmax(lengths)) == WINDOW_DAYS + 1
    assert lengths[7:10].sum() > lengths[1:7].sum()


def test_listed_servers_go_as_fast_as_registered_and_the_old_ones_slower(listed: Table) -> None:
    """Of the first 100 days: half gone within days, and those there for two weeks last longer."""
    found = find_episodes(listed, lag_days=WINDOW_DAYS)
    last_sure = DAYS - 1 - WINDOW_DAYS
    ends = np.minimum(found.last_days + 1, last_sure)
    usable = found.is_first_seen & (ends > found.first_days)
    lengths = (ends - found.first_days)[usable].astype(np.float64)
    is_ended = (found.is_ended & (found.last_days + 1 <= last_sure))[usable]
    young = kaplan_meier(lengths, is_ended)
    old = lengths > 14
    lasting = kaplan_meier(lengths[old], is_ended[old], np.full(int(old.sum()), 14.0))

    assert young.median_days is not None
    assert 2 <= young.median_days <= 8
    assert lasting.at(14 + 14)[1] > young.at(14)[2]  # Their intervals do not touch.


def test_a_half_life_fitted_to_the_feed_tells_the_shares_that_stay(listed: Table) -> None:
    """Chances by the fitted half-life are within a tenth of what followed, from any day on."""
    found = find_episodes(listed, lag_days=WINDOW_DAYS)
    spans, rests, is_ended, looked = followed(found, DAYS - 1 - WINDOW_DAYS)
    half_life = fit_half_life(spans, rests, is_ended)

    assert 2.0 < half_life < 20.0
    for age in (7, 14, 30):
        sure = looked >= age
        said = still_there_by_age(
            spans[sure],
            np.minimum(spans[sure], 1) + 1,
            half_life_days=half_life,
            visibility=1e-9,
            visibility_weight_days=1e9,
            most_days=age,
        )[:, age]
        assert np.mean(rests[sure] >= age) == pytest.approx(float(said.mean()), abs=0.1)


def test_another_kind_of_server_lives_several_times_as_long(listed: Table) -> None:
    """Fox-it's servers of 2014 to 2019 outlive those of the feed: each kind needs a number."""
    if not FOX_IT.is_file():
        pytest.skip("no cobaltstrike-servers.csv.gz in ../shared/data (feeds/fox-it-cobaltstrike)")
    with gzip.open(FOX_IT, "rt", encoding="utf-8") as file:
        spans = [
            [date.fromisoformat(line[name]).toordinal() for name in ("first_seen", "last_seen")]
            for line in csv.DictReader(file)
        ]
    first, last = np.array(spans).T
    is_ended = last < last.max() - 14
    curve = kaplan_meier((last - first + 1).astype(np.float64), is_ended)
    feed = find_episodes(listed, lag_days=WINDOW_DAYS)

    assert curve.at(30)[1] > 0.35
    assert np.mean(feed.last_days - feed.first_days >= 30) < 0.25


def test_an_entry_seen_on_one_day_holds_for_weeks_and_not_for_months() -> None:
    """With the numbers that ship, a dedicated server seen once: neither MISP's 46 days nor 30."""
    policy = ExpiryPolicy(
        half_life_first_tier_days=5.0,
        half_life_dedicated_days=10.0,
        half_life_compromised_days=10.0,
        visibility=0.1,
        visibility_weight_days=10.0,
        most_days=90,
        limit=0.3,
    )

    assert 10 <= days_valid(SeenHistory(span_days=0), ServiceClass.DEDICATED, 2, policy) < 30


@pytest.fixture(scope="module", name="listed")
def _listed() -> Table:
    """Read the first days of the feed."""
    if not DAILY.is_file():
        pytest.skip("no IPPortC2s-daily-history.tar.zst in ../shared/data (feeds/c2intelfeeds)")
    rows: dict[tuple[int, int, int], list[int]] = {}
    with (
        pa.input_stream(str(DAILY), compression="zstd") as plain,
        tarfile.open(fileobj=plain, mode="r|") as tar,
    ):
        day = -1
        for member in tar:
            file = tar.extractfile(member)
            if PurePosixPath(member.name).name != "IPPortC2s.csv" or file is None:
                continue
            day += 1
            if day == DAYS:
                break
            intake = Intake(Path(member.name), ListKind.KNOWN_CC, keep_good=True)
            c2intelfeeds.read(file.read().decode(), intake)
            for each in intake.entries:
                rows.setdefault((each.base.hi, each.base.lo, each.port or 0), []).append(day)
    listed = np.zeros((len(rows), DAYS), dtype=bool)
    for place, days in enumerate(rows.values()):
        listed[place, days] = True
    return listed


def followed(
    found: Episodes, last_sure: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_], NDArray[np.int64]]:
    """Give for every tenth live day what had been, what followed, and how far one could look."""
    rows = [
        (day - first, min(last, last_sure) - day, is_ended and last <= last_sure, last_sure - day)
        for first, last, is_ended, is_first in zip(
            found.first_days.tolist(),
            found.last_days.tolist(),
            found.is_ended.tolist(),
            found.is_first_seen.tolist(),
            strict=True,
        )
        if is_first
        for day in range(first + first % 10, min(last, last_sure) + 1, 10)
    ]
    spans, rests, ends, looked = np.array(rows, dtype=np.int64).T
    return spans, rests, ends.astype(bool), looked

"""
Writes docs/reference/expiry.md: when listed C&C servers are gone, and which rule notices.

Run from the root of the project, with the real data beside it (some minutes):

    .venv/bin/python benchmarks/expiry.py

Every rule is fitted before a day and judged after it. No address is printed.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from expirypages import Page, Told
from expiryrules import (
    MOST_DAYS,
    VISIBILITY,
    WEIGHT_DAYS,
    Days,
    Ours,
    Rule,
    Sums,
    after_first,
    after_last,
    count,
    fit,
    fit_home,
    look,
    misp_days,
    play,
)  # fmt: skip
from listhistory import (
    DAILY,
    FEODO,
    FOX_IT,
    SCAN_DAYS,
    WINDOW_DAYS,
    History,
    daily_history,
    spans_history,
)  # fmt: skip
from numpy.typing import NDArray

LIMITS: Final = np.array(
    [0.002, 0.005, 0.01, 0.02, 0.04, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
)
LIMIT: Final = 0.3
SHIPPED_MOST_DAYS: Final = 90
LAST: Final = (0, 1, 2, 3, 5, 7, 10, 14, 21, 30, 46, 60, 90, 120, 180)
FIRST: Final = (7, 14, 30, 60, 90, 120, 180)
Guess = tuple[float, float]
"""Chance of being seen on a day, and how many days of watching that is worth."""

SHIPPED: Final = VISIBILITY, WEIGHT_DAYS
DRAWS: Final = 300
MIXED: Final = (0.6, 2.4)
"""Parameters of the beta distribution that visibility is drawn from, service by service."""

FIT_AT: Final = 0.1
"""Chance of being seen on a day in the sightings that half-lives are fitted to."""

SEEN: Final = {"1": 1.0, "0.3": 0.3, "0.1": 0.1, "mixed": None}
DAILY_CUTS: Final = (
    ("2025-05-01", "2025-11-01"), ("2025-11-01", "2026-05-01"), ("2026-05-01", "2026-06-25"),
)  # fmt: skip
FOX_CUTS: Final = (("2017-07-01", "2018-07-01"), ("2018-07-01", "2019-04-01"))
PAGE: Final = Path("docs/reference/expiry.md")


@dataclass(frozen=True, slots=True)
class Stage:
    """A history with what each observer of it sees, and what its servers weigh in each draw."""

    history: History
    lived: NDArray[np.int64]  # Live days of each service before each column.
    servers: NDArray[np.int64]
    weights: NDArray[np.float64]  # Shape (1 + draws, servers); the first draw is the data.


def stage_of(history: History) -> Stage:
    """Draw whole servers with replacement, so that intervals know that days hang together."""
    servers = int(history.servers.max()) + 1
    lived = np.pad(np.cumsum(history.is_live, axis=1, dtype=np.int64), ((0, 0), (1, 0)))
    drawn = np.random.default_rng(6).multinomial(servers, np.full(servers, 1 / servers), DRAWS)
    weights = np.concatenate([np.ones((1, servers)), drawn.astype(np.float64)])
    return Stage(history, lived, history.servers, weights)


def chances_of(history: History, name: str) -> float | NDArray[np.float64]:
    """Give the chance to be seen on a day: one for all, or one for each service."""
    chance = SEEN[name]
    if chance is not None:
        return chance
    return np.random.default_rng(3).beta(*MIXED, history.is_listed.shape[0])


def rules() -> dict[str, Rule]:
    """Give the rules that ours is compared with."""
    found: dict[str, Rule] = {}
    found |= {f"{days} days from first listing": after_first(days) for days in (30, 90, 120)}
    found |= {f"{days} days from last sighting": after_last(days) for days in (7, 14, 30, 90, 120)}
    return found | {f"MISP's default ({misp_days()} days)": after_last(misp_days())}


@lru_cache(maxsize=3)
def limits_of(half_life_days: float, longest: int, guess: Guess) -> Ours:
    """Work the product's expiry out once for all observers of a list."""
    visibility, weight_days = guess
    return Ours(half_life_days, longest, LIMITS, visibility=visibility, weight_days=weight_days)


def judge(
    stage: Stage, cut: tuple[str, str], name: str, half_life_days: float, shipped: Guess = SHIPPED
) -> Told:
    """Play every rule on one observer's sightings and count what followed *cut*."""
    history = stage.history
    seen = look(history, chances_of(history, name), 2)
    span = history.column(cut[0]), min(history.column(cut[1]), history.last_sure)
    longest, place = history.is_listed.shape[1], int(np.flatnonzero(LIMITS == LIMIT)[0])
    home = fit_home(seen, span[0])

    def shares(rule: Rule) -> NDArray[np.float64]:
        sums: Sums = count(stage.lived, stage.servers, seen, play(seen, rule), span)
        return sums.shares(stage.weights)

    def ours(guess: Guess) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        every = limits_of(half_life_days, longest, guess)
        chosen = every.at(place)

        def registered(spans: Days, seen_days: Days) -> Days:
            return np.minimum(chosen(spans, seen_days), SHIPPED_MOST_DAYS)

        curve = np.stack([shares(every.at(number)) for number in range(LIMITS.size)])
        return shares(registered), curve

    return Told(
        cut=cut,
        seen=name,
        half_life_days=half_life_days,
        home=home,
        shipped=ours(shipped),
        fitted=ours(home),
        others={title: shares(rule) for title, rule in rules().items()},
        last=np.stack([shares(after_last(days)) for days in LAST]),
        first=np.stack([shares(after_first(days)) for days in FIRST]),
    )


def judged(stage: Stage, cuts: Sequence[tuple[str, str]]) -> Iterator[Told]:
    """Fit before each cut, judge after it, for every observer."""
    for cut in cuts:
        fitted = fit(stage.history, look(stage.history, FIT_AT, 1), stage.history.column(cut[0]))
        for name in SEEN:
            print(f"{cut[0]} seen {name}: half-life {fitted:.1f} days", file=sys.stderr)
            yield judge(stage, cut, name, fitted)


def varied(daily: History) -> Iterator[tuple[str, Told]]:
    """Turn one thing at a time that the main table takes for granted."""
    cut, stage = DAILY_CUTS[0], stage_of(daily)
    for name in ("0.1", "mixed"):
        yield f"as above, seen {name}", judge(stage, cut, name, 10.0)
        for half_life in (5.0, 20.0):
            title = f"half-life {half_life:.0f} days, seen {name}"
            yield title, judge(stage, cut, name, half_life)
        yield (
            f"first guess 0.2 worth 5 days, seen {name}",
            judge(stage, cut, name, 10.0, (0.2, 5.0)),
        )
    bridged = stage_of(daily_history(bridge_days=30 - WINDOW_DAYS))
    for name in ("0.1", "mixed"):
        title = f"gaps up to 30 days count as there, seen {name}"
        yield title, judge(bridged, cut, name, 10.0)


def main() -> None:
    """Write the page and its pictures."""
    if not DAILY.is_file() or not FOX_IT.is_file():
        sys.exit("no feeds/c2intelfeeds or fox-it-cobaltstrike in ../shared/data")
    daily, fox = daily_history(), spans_history((FOX_IT,), scan_days=SCAN_DAYS)
    feodo = spans_history(FEODO, scan_days=3)
    of_daily = list(judged(stage_of(daily), DAILY_CUTS))
    fox_stage = stage_of(fox)
    of_fox = list(judged(fox_stage, FOX_CUTS))
    wrong = [judge(fox_stage, cut, name, 10.0) for cut in FOX_CUTS for name in SEEN]
    feodo_fit = fit(feodo, look(feodo, FIT_AT, 1), feodo.last_sure)
    page = Page(
        daily=daily,
        fox=fox,
        feodo=feodo,
        feodo_half_life=feodo_fit,
        of_daily=of_daily,
        of_fox=of_fox,
        wrong=wrong,
        varied=list(varied(daily)),
        limits=LIMITS,
    )
    page.draw(PAGE.parent / "benchmark" / "expiry")
    PAGE.write_text(page.write(), "utf-8")
    print(f"wrote {PAGE}; {MOST_DAYS} days at most in the curves", file=sys.stderr)


if __name__ == "__main__":
    main()

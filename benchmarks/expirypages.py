"""The page and the pictures of the expiry study."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from expirylives import (
    AGES,
    RETURNS,
    SINCE,
    episodes_in,
    hand_overs,
    lives,
    residuals,
    returned,
    returns,
    row,
)
from expirytext import (
    AFTER_ALL,
    BEFORE_FOX,
    BEFORE_LIMITS,
    BEFORE_PORTS,
    BEFORE_RESIDUALS,
    BEFORE_RETURNS,
    BEFORE_RULES,
    BEFORE_VARIED,
    HEAD,
)
from listhistory import History
from numpy.typing import NDArray

from hinomi.verify.survival import SurvivalCurve

STALE: Final = 0
LOST: Final = 1
STALE_PER_LIVE: Final = 2
HALF_LIFE_DAYS: Final = 10.0
LEAST_SHOWN: Final = 0.05
SUPPLIER_CHANGED: Final = "2026-05-01"


@dataclass(frozen=True, slots=True)
class Told:
    """
    What every rule came to after one cut, for one observer.

    Shares are of shape (3, 1 + draws), as `Sums.shares` gives them; curves have a place for
    each setting before that.
    """

    cut: tuple[str, str]
    seen: str
    half_life_days: float
    home: tuple[float, float]
    shipped: tuple[NDArray[np.float64], NDArray[np.float64]]  # As registered, and the curve.
    fitted: tuple[NDArray[np.float64], NDArray[np.float64]]  # The same with visibility of home.
    others: dict[str, NDArray[np.float64]]
    last: NDArray[np.float64]
    first: NDArray[np.float64]

    def at_equal_loss(self, name: str, curve: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """
        Give by how much fewer stale days *curve* has where it loses as many live ones as a rule.

        Shape (1 + draws,), a share of the rule's; None where no setting loses as few.
        """
        other = self.others[name]
        fewer = np.full(other.shape[1], np.nan)
        for number in range(other.shape[1]):
            lost, wanted = curve[:, LOST, number], other[LOST, number]
            if lost[0] <= wanted <= lost[-1]:
                stale = np.interp(wanted, lost, curve[:, STALE_PER_LIVE, number])
                fewer[number] = 1.0 - stale / other[STALE_PER_LIVE, number]
        return None if np.isnan(fewer[0]) else fewer


def share(values: NDArray[np.float64]) -> str:
    """Write the value of the data with the interval of its draws, in per cent."""
    low, high = np.nanquantile(values[1:], [0.025, 0.975])
    return f"{100 * values[0]:.1f} ({100 * low:.1f} to {100 * high:.1f})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """All that the page tells."""

    daily: History
    fox: History
    feodo: History
    feodo_half_life: float
    of_daily: Sequence[Told]
    of_fox: Sequence[Told]
    wrong: Sequence[Told]  # Fox-it's servers judged with the half-life of the others.
    varied: Sequence[tuple[str, Told]]
    limits: NDArray[np.float64]  # Of the curves, place by place.

    def write(self) -> str:
        """Give the whole page."""
        curve, median = returns(self.daily)
        shares = ", ".join(f"{returned(curve, day)} within {day}" for day in RETURNS)
        told = (
            f"{episodes_in(curve)} returns were seen, half of them within {median:.0f} days of the "
            f"last sighting. Of all services that left, so many per cent came back: {shares} days."
        )
        parts = [HEAD, *life_table(self.daily, self.fox, self.feodo), BEFORE_RESIDUALS]
        parts += [*residual_table(self.daily, HALF_LIFE_DAYS), BEFORE_RETURNS, told, BEFORE_PORTS]
        parts += [*hand_overs(self.daily), BEFORE_RULES, *rule_tables(self.of_daily)]
        parts += [BEFORE_FOX, *rule_tables(self.of_fox, self.wrong)]
        fitted = dict.fromkeys(f"{each.half_life_days:.0f}" for each in self.of_fox)
        told = BEFORE_LIMITS.format(feodo=self.feodo_half_life, fox=" and ".join(fitted))
        parts += [told, *self.limit_table(), BEFORE_VARIED, *varied_table(self.varied)]
        return "\n".join([*parts, AFTER_ALL])

    def limit_table(self) -> Iterator[str]:
        """Give what every limit leaves and loses after the first cut."""
        told = [each for each in self.of_daily if each.cut == self.of_daily[0].cut][1:]
        titles = [f"{kind}, seen {each.seen}" for each in told for kind in ("home", "shipped")]
        yield f"| limit | {' | '.join(titles)} |"
        yield "|--:|" + "--:|" * len(titles)
        for place, limit in enumerate(self.limits):
            pairs = [
                _pair(curve[place]) for each in told for curve in (each.fitted[1], each.shipped[1])
            ]
            if limit >= LEAST_SHOWN:
                yield f"| {limit:g} | {' | '.join(pairs)} |"

    def draw(self, folder: Path) -> None:
        """Draw the trade-off of every rule, and the lives."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, told in (("c2intelfeeds", self.of_daily), ("fox-it", self.of_fox)):
            watched = [each for each in told if each.seen != "1"]
            rows = len(dict.fromkeys(each.cut for each in watched))
            picture, axes = _axes(rows, len(watched) // rows)
            for axis, each in zip(axes.ravel(), watched, strict=True):
                _trade_off(axis, each)
            axes[0][0].legend(fontsize=7)
            _save(picture, folder / f"{name}.png")
        picture, axes = _axes(1, 1)
        for label, history in (
            ("C2IntelFeeds", self.daily), ("fox-it", self.fox), ("Feodo Tracker", self.feodo),
        ):  # fmt: skip
            curve, axis = lives(history), axes[0][0]
            axis.step(curve.days, 100 * curve.survival, where="post", label=label)
            axis.fill_between(curve.days, 100 * curve.low, 100 * curve.high, step="post", alpha=0.2)
        axes[0][0].set(xlabel="days since first there", ylabel="still there, %", xlim=(0, 365))
        axes[0][0].legend(fontsize=7)
        _save(picture, folder / "lives.png")


def life_table(daily: History, fox: History, feodo: History) -> Iterator[str]:
    """Give the share that lives longer than each age, list by list."""
    change = daily.column(SUPPLIER_CHANGED)
    found = daily.episodes
    ports, is_later = daily.ports[found.rows], found.gaps_days >= 0
    several = fox.episodes.last_days > fox.episodes.first_days
    curves: dict[str, SurvivalCurve] = {
        "C2IntelFeeds": lives(daily),
        "until the supplier changed": lives(daily, (0, change)),
        "after it": lives(daily, (change, daily.last_sure)),
        "first episodes": lives(daily, None, ~is_later),
        "later ones": lives(daily, None, is_later),
        "port 443": lives(daily, None, ports == 443),
        "port 80": lives(daily, None, ports == 80),
        "other ports": lives(daily, None, (ports != 443) & (ports != 80)),
        "fox-it": lives(fox),
        "seen in two scans or more": lives(fox, None, several),
        "Feodo Tracker": lives(feodo),
    }
    yield f"| list | ends | median | {' | '.join(f'> {age} d' for age in AGES)} |"
    yield "|---|--:|--:|" + "--:|" * len(AGES)
    for name, curve in curves.items():
        median = curve.median_days
        told = "not reached" if median is None else f"{median:.0f} d"
        yield f"| {name} | {episodes_in(curve)} | {told} | {row(curve, AGES)} |"


def residual_table(daily: History, half_life_days: float) -> Iterator[str]:
    """Give what is left to those that have been there for a while."""
    yield f"| there for more than | services | {' | '.join(f'{days} d later' for days in SINCE)} |"
    yield "|--:|--:|" + "--:|" * len(SINCE)
    yield from residuals(daily, half_life_days)


def rule_tables(told: Sequence[Told], wrong: Sequence[Told] = ()) -> Iterator[str]:
    """Give one table for each cut: stale and lost, and ours at equal loss."""
    for cut in dict.fromkeys(each.cut for each in told):
        of_cut = [each for each in told if each.cut == cut]
        also = [each for each in wrong if each.cut == cut]
        yield ""
        yield (
            f"### Fitted before {cut[0]}, judged from then until {cut[1]}: half-life "
            f"{of_cut[0].half_life_days:.1f} days"
        )
        yield ""
        yield "| rule | " + " | ".join(f"seen {each.seen}" for each in of_cut) + " |"
        yield "|---|" + "--:|" * len(of_cut)
        rows = {
            "**ours as shipped**": [_pair(each.shipped[0]) for each in of_cut],
            "**ours, visibility of home**": [_pair(each.fitted[0]) for each in of_cut],
        }
        if also:
            rows["as shipped, 10 days"] = [_pair(each.shipped[0]) for each in also]
            rows["visibility of home, 10 days"] = [_pair(each.fitted[0]) for each in also]
        for name in of_cut[0].others:
            rows[name] = [_pair(each.others[name]) for each in of_cut]
        rows["*visibility of home, and its weight*"] = [
            f"{each.home[0]:.2f}, {each.home[1]:.1f} d" for each in of_cut
        ]
        for name, cells in rows.items():
            yield f"| {name} | {' | '.join(cells)} |"
        watched = [each for each in of_cut if each.seen != "1"]
        yield ""
        yield "| at equal loss, fewer stale days than | " + " | ".join(
            f"seen {each.seen}" for each in watched
        ) + " |"  # fmt: skip
        yield "|---|" + "--:|" * len(watched)
        for name in of_cut[0].others:
            yield f"| {name} | {' | '.join(_fewer(each, name) for each in watched)} |"


def varied_table(told: Sequence[tuple[str, Told]]) -> Iterator[str]:
    """Give what changes where one thing is taken otherwise."""
    names = ("30 days from last sighting", next(n for n in told[0][1].others if "MISP" in n))
    yield (
        "| taken otherwise | as shipped: stale, lost | "
        + " | ".join(f"fewer than {n}" for n in names)
        + " |"
    )
    yield "|---|--:|--:|--:|"
    for title, each in told:
        cells = " | ".join(_fewer(each, name) for name in names)
        yield f"| {title} | {_pair(each.shipped[0])} | {cells} |"


def _pair(values: NDArray[np.float64]) -> str:
    return f"{share(values[STALE])}, {share(values[LOST])}"


def _fewer(told: Told, name: str) -> str:
    """Write ours at equal loss: with the visibility of home, then as shipped."""
    each = [told.at_equal_loss(name, curve) for _, curve in (told.fitted, told.shipped)]
    return "; ".join("-" if fewer is None else share(fewer) for fewer in each)


def _trade_off(axis: Any, told: Told) -> None:
    for curve, label, style in (
        (told.fitted[1], "ours, visibility of home", "-"),
        (told.shipped[1], "ours as shipped", "-."),
        (told.last, "days from last sighting", "--"),
        (told.first, "days from first listing", ":"),
    ):
        axis.plot(100 * curve[:, LOST, 0], 100 * curve[:, STALE, 0], style, label=label)
    for (point, _), label in ((told.fitted, "its limit"), (told.shipped, "as shipped")):
        axis.plot(100 * point[LOST, 0], 100 * point[STALE, 0], "o", label=label)
    for name, values in told.others.items():
        if "MISP" in name:
            axis.plot(100 * values[LOST, 0], 100 * values[STALE, 0], "s", label="MISP's default")
    axis.set(
        xlim=(0, 40), ylim=(0, 100), title=f"from {told.cut[0]}, seen {told.seen}",
        xlabel="live days lost, %", ylabel="stale of listed, %",
    )  # fmt: skip


def _axes(rows: int, columns: int) -> tuple[Any, Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    picture = Figure(figsize=(4.2 * columns + 0.6, 3.2 * rows + 0.4), layout="constrained")
    FigureCanvasAgg(picture)
    return picture, picture.subplots(rows, columns, squeeze=False)


def _save(picture: Any, path: Path) -> None:
    picture.savefig(path, dpi=90, metadata={"Software": None})

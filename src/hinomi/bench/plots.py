"""Pictures of the benchmark, as PNG files."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from hinomi.bench.calibration import reliability
from hinomi.bench.detectability import Server, bound, by_pace, by_setting, steps
from hinomi.bench.result import SHIFTED, UNKNOWN, Result
from hinomi.bench.summary import RECALLS, by_method, mean_curve, pooled_calibration
from hinomi.bench.truth import MIN_CLIENTS
from hinomi.errors import Unavailable

PLOTS: Final = {
    "Precision and recall": "precision-recall.png",
    "Reliability": "reliability.png",
    "Detectability": "detectability.png",
}
"""Pictures by what they show; one without anything to show is not drawn."""

_DOTS: Final = 120
_WIDTH, _HEIGHT = 6.4, 4.8  # Inches.
_MOST_MEMBERS: Final = 3_000


def draw_plots(results: Sequence[Result], folder: Path) -> dict[str, str]:
    """
    Draw the pictures into *folder*, which is there.

    Returns:
        The name of each file by what it shows, of those that were drawn.

    Raises:
        Unavailable: If the library that draws is not installed.
    """
    try:
        # Here alone: nobody but the benchmark needs it, and it takes a second to load.
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError as error:
        raise Unavailable("pictures need matplotlib: pip install 'hinomi[bench]'") from error
    methods = by_method(results)
    drawn = {}
    drawers = (_draw_curves, _draw_reliability, _draw_detectability)
    for (what, name), draw in zip(PLOTS.items(), drawers, strict=True):
        figure = Figure(figsize=(_WIDTH, _HEIGHT), dpi=_DOTS, layout="constrained")
        FigureCanvasAgg(figure)
        if draw(figure, methods):
            # No program's name and no date: the same results give the same file.
            figure.savefig(folder / name, metadata={"Software": None})
            drawn[what] = name
    return drawn


def _draw_curves(figure: Any, methods: Mapping[str, Sequence[Result]]) -> bool:
    axes = figure.add_subplot()
    for name, results in methods.items():
        axes.plot(RECALLS, mean_curve(results), label=name, lw=2.5 if name == "hinomi" else 1.2)
    axes.set(
        xlabel="recall of the detectable unknown C&Cs",
        ylabel="precision",
        xlim=(0, 1),
        ylim=(0, 1.02),
        title="Unknown C&C servers, mean of the worlds",
    )
    axes.legend(fontsize="small")
    axes.grid(alpha=0.3)
    return True


def _draw_reliability(figure: Any, methods: Mapping[str, Sequence[Result]]) -> bool:
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color="grey", lw=1, ls=":")
    drawn = False
    for method, results in methods.items():
        for name, rarer, words in (
            (UNKNOWN, 1.0, method),
            (UNKNOWN + SHIFTED, 0.1, f"{method}, a tenth of the prior"),
        ):
            sums = pooled_calibration(results, name)
            found = reliability(sums, rarer) if sums is not None else []
            if not found:
                continue
            drawn = True
            shares = [each.share for each in found]
            below = [max(each.share - each.share_low, 0.0) for each in found]
            above = [max(each.share_high - each.share, 0.0) for each in found]
            stated = [each.stated for each in found]
            axes.errorbar(stated, shares, [below, above], marker="o", capsize=3, label=words)
    axes.set(
        xlabel="probability stated",
        ylabel="share that is right (95 %, Wilson)",
        xlim=(0, 1),
        ylim=(0, 1),
        title="Unknown services, all worlds together",
    )
    axes.grid(alpha=0.3)
    if drawn:
        axes.legend(fontsize="small")
    return drawn


def _draw_detectability(figure: Any, methods: Mapping[str, Sequence[Result]]) -> bool:
    """
    Draw, for the first method, recall by size beside the bound.

    One panel a pace, one colour for each length of window and interval.
    """
    results = next(iter(methods.values()), ())
    parts = by_pace([server for each in results for server in each.servers])
    if not parts:
        return False
    figure.set_size_inches(_WIDTH * max(len(parts) * 0.7, 1), _HEIGHT)
    panels = figure.subplots(1, len(parts), sharey=True, squeeze=False)[0]
    for axes, (pace, servers) in zip(panels, parts.items(), strict=True):
        for place, ((days, interval), here) in enumerate(by_setting(servers).items()):
            found = steps(here)
            members = [_middle(here, step.low, step.high) for step in found]
            recall = [step.found / step.servers for step in found]
            sampled = [step.detectable / step.servers for step in found]
            colour, where = f"C{place}", f"{days:g} days, 1 in {interval:,}"
            axes.plot(members, recall, marker="o", color=colour, label=f"found, {where}")
            axes.plot(members, sampled, marker="s", ls="--", color=colour, label="as sampled")
            _draw_bound(axes, here, colour)
        axes.set(xscale="log", xlabel="members inside", title=pace, ylim=(-0.02, 1.02))
        axes.grid(alpha=0.3)
    panels[0].set_ylabel("share of the unknown C&Cs")
    panels[0].legend(fontsize="small")
    return True


def _draw_bound(axes: Any, servers: Sequence[Server], colour: str) -> None:
    """Draw what could be found at the median pace, by the number of members."""
    stated = [each.packets_a_day for each in servers if each.packets_a_day is not None]
    if not stated:
        return
    members = np.unique(np.geomspace(MIN_CLIENTS, _MOST_MEMBERS, 60).astype(np.int64))
    first = servers[0]
    possible = bound(members, float(np.median(stated)), first.days, first.interval)
    axes.plot(members, possible, lw=1, ls=":", color=colour, label="at most detectable")


def _middle(servers: Sequence[Server], low: int, high: int) -> float:
    return float(np.median([each.members for each in servers if low <= each.members < high]))

"""The benchmark's table: all methods on all worlds, as Markdown."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from hinomi.bench.calibration import (
    RARER,
    Calibration,
    bands,
    base_log_loss,
    brier,
    expected_error,
    log_loss,
    wilson,
)
from hinomi.bench.detectability import by_pace, by_setting, steps
from hinomi.bench.result import ALL, SHIFTED, UNKNOWN, Result, drawn_world
from hinomi.bench.score import FIGURES, Share
from hinomi.bench.summary import (
    Mean,
    by_method,
    mean_over_worlds,
    pooled_calibration,
    pooled_groups,
    pooled_traps,
)

LESS_IS_BETTER: Final = frozenset({"false_a_month_50", "false_a_month_90"})
TRAPS_SHOWN: Final = 15
_MILLION: Final = 1e6

_RULES: Final = """\
Known C&C servers are taken out of every list first. Right is a live C&C server of any tier;
loaders, sinkholes and dead ones are wrong. R, and every recall, are about the *detectable*
unknown ones: sampled with enough of their members. An undetectable one that is found counts as
right and is asked for by nobody. Places that a short list leaves empty hold nothing right. A
mean is over worlds, ± half of its 95 % interval (Student); in brackets, of how many, where the
others had nothing to measure. The best of a line is bold if all are over the same worlds.

Baselines have scores, no probabilities: what a score means is taken from the truth of the other
worlds of the table, which hinomi is never shown.
"""


def render_table(results: Sequence[Result], plots: Mapping[str, str] | None = None) -> str:
    """
    Render results of the same methods on one or more worlds.

    Args:
        results: One a method and world.
        plots: Names of picture files by what they show.

    Returns:
        A Markdown document.
    """
    methods = by_method(results)
    parts = [
        "# Benchmark\n",
        _worlds(results),
        _RULES,
        _figures(methods),
        _calibrated(methods),
        *(_groups(methods, kind) for kind in ("tier", "size", "design", "family")),
        _detectability(methods),
        _traps(methods),
        _delays(methods),
        _costs(methods),
        "## Methods\n\n" + "\n".join(f"* {name}: {methods[name][0].source}" for name in methods),
        "\n".join(f"![{what}]({name})" for what, name in (plots or {}).items()),
    ]
    return "\n\n".join(part.strip("\n") for part in parts if part) + "\n"


def _worlds(results: Sequence[Result]) -> str:
    worlds = {each.world: each for each in results}
    rows = [
        (name, f"{each.cost.records:,}", f"{each.days:.1f}", f"{each.interval:,}",
         f"{each.services:,}", str(each.sought))
        for name, each in worlds.items()
    ]  # fmt: skip
    return _markdown(("world", "records", "days", "1 in", "services", "R"), rows)


def _figures(methods: Mapping[str, Sequence[Result]]) -> str:
    rows = [
        ("worlds", *(_extent(results) for results in methods.values())),
        *((words, *_figure_cells(methods, name)) for name, words in FIGURES.items()),
    ]
    table = _markdown(("", *methods), rows)
    if len({frozenset(each.world for each in some) for some in methods.values()}) <= 1:
        return table
    return (
        f"{table}\n\n**Not all methods ran on all worlds**: here and below, columns over "
        "different worlds are not to be held against each other."
    )


def _extent(results: Sequence[Result]) -> str:
    worlds = len({drawn_world(each) for each in results})
    return str(worlds) if worlds == len(results) else f"{worlds} ({len(results)} samples)"


def _figure_cells(methods: Mapping[str, Sequence[Result]], name: str) -> list[str]:
    """Give the mean of each method; the best is bold where all are over the same worlds."""
    means = {
        method: mean_over_worlds(some, lambda each: each.score.figures[name])
        for method, some in methods.items()
    }
    values = [mean.value for mean in means.values() if mean is not None]
    measured = {
        frozenset(each.world for each in some if each.score.figures[name] is not None)
        for method, some in methods.items()
        if means[method] is not None
    }
    best = None
    if len(values) > 1 and len(measured) == 1:
        best = min(values) if name in LESS_IS_BETTER else max(values)
    cells = []
    for method, mean in means.items():
        told = _mean(mean) + _left_out(mean, methods[method])
        cells.append(f"**{told}**" if mean is not None and mean.value == best else told)
    return cells


def _left_out(mean: Mean | None, results: Sequence[Result]) -> str:
    """Tell of how many worlds a mean is, where some had nothing to measure."""
    whole = mean_over_worlds(results, lambda _: 0.0)
    if mean is None or whole is None or mean.worlds == whole.worlds:
        return ""
    return f" ({mean.worlds} of {whole.worlds})"


def _mean(mean: Mean | None) -> str:
    if mean is None:
        return "-"
    digits = 1 if mean.value >= 10 else 3  # noqa: PLR2004 - shares have three digits.
    half = "" if mean.half is None else f" ± {mean.half:.{digits}f}"
    return f"{mean.value:.{digits}f}{half}"


def _calibrated(methods: Mapping[str, Sequence[Result]]) -> str:
    parts = ["## Probabilities", _losses(methods), _bands(methods)]
    return "\n\n".join(parts) if parts[1] else ""


def _losses(methods: Mapping[str, Sequence[Result]]) -> str:
    """Tell losses over all services met, judged or not, and the error of what is stated."""
    rows = []
    for method, results in methods.items():
        for name, words in ((ALL, "all"), (UNKNOWN, "unknown")):
            for suffix, rarer, prior in (
                ("", 1.0, "as it is"),
                ("", RARER, "a tenth, probabilities as they are"),
                (SHIFTED, RARER, "a tenth, probabilities moved to it"),
            ):
                sums = pooled_calibration(results, name + suffix)
                if sums is not None:
                    rows.append((method, words, prior, *_loss_cells(sums, rarer)))
    headings = (
        "method", "services", "prior", "log loss", "of the base rate", "less by", "Brier",
        "ECE from p 0.1 on (95 %)",
    )  # fmt: skip
    return _markdown(headings, rows) if rows else ""


def _loss_cells(sums: Calibration, rarer: float) -> tuple[str, ...]:
    loss, base = log_loss(sums, rarer), base_log_loss(sums, rarer)
    error = expected_error(sums, rarer)
    return (
        f"{loss:.3e}",
        f"{base:.3e}",
        f"{1 - loss / base:.0%}" if base > 0 else "-",
        f"{brier(sums, rarer):.3e}",
        "-" if error is None else f"{error[0]:.3f} ({error[1]:.3f} to {error[2]:.3f})",
    )


def _bands(methods: Mapping[str, Sequence[Result]]) -> str:
    rows = [
        (
            method,
            f"{band.low:.1f} to {band.high:.1f}",
            words,
            f"{band.services:.0f}" if rarer == 1 else f"{band.services:.1f}",
            f"{band.stated:.2f}",
            f"{band.share:.2f} ({band.share_low:.2f} to {band.share_high:.2f})",
            f"{band.error:+.2f}",
        )
        for method, results in methods.items()
        for name, rarer, words in (
            (UNKNOWN, 1.0, "as it is"),
            (UNKNOWN + SHIFTED, RARER, "a tenth, moved"),
        )
        if (sums := pooled_calibration(results, name)) is not None
        for band in (*bands(sums, rarer=rarer), *bands(sums, ((0.9, 1.0),), rarer))
    ]
    headings = (
        "method", "band", "prior", "unknown services", "stated", "right (95 %, Wilson)", "error",
    )  # fmt: skip
    return _markdown(headings, rows)


def _groups(methods: Mapping[str, Sequence[Result]], kind: str) -> str:
    pooled = {name: pooled_groups(results, kind) for name, results in methods.items()}
    groups = sorted({group for each in pooled.values() for group in each}, key=_group_order)
    rows = [
        (
            group,
            *(_share(each.get(group, Share(0, 0)), with_interval=not at) for at, each in
              enumerate(pooled.values())),
        )
        for group in groups
    ]  # fmt: skip
    title = f"## Recall in the first 100 by {kind}\n\n"
    return title + _markdown((kind, *methods), rows) if rows else ""


def _group_order(group: str) -> tuple[int, str]:
    """Put sizes in order of their numbers and names in that of their letters."""
    leading = group.rstrip("+").partition("-")[0]
    return (int(leading) if leading.isdigit() else 0, group)


def _share(share: Share, *, with_interval: bool) -> str:
    if share.value is None:
        return "-"
    told = f"{share.found} of {share.of}"
    if not with_interval:
        return told
    low, high = wilson(share.value, share.of)
    return f"{told} ({low:.2f} to {high:.2f})"


def _detectability(methods: Mapping[str, Sequence[Result]]) -> str:
    rows = [
        (
            method,
            pace,
            f"{days:g}",
            f"{interval:,}",
            f"{step.low:,} and more" if step.high > 2**30 else f"{step.low:,} to {step.high - 1:,}",
            f"{step.found} of {step.servers}",
            f"{step.detectable} of {step.servers}",
            "-" if step.bound is None else f"{step.bound:.2f}",
        )
        for method, results in list(methods.items())[:1]
        for pace, servers in by_pace([each for one in results for each in one.servers]).items()
        for (days, interval), here in by_setting(servers).items()
        for step in steps(here)
    ]
    if not rows:
        return ""
    headings = (
        "method", "bots call", "days", "1 in", "members inside", "found", "detectable",
        "at most detectable",
    )  # fmt: skip
    return "## Against what is possible\n\n" + _markdown(headings, rows)


def _traps(methods: Mapping[str, Sequence[Result]]) -> str:
    pooled = {name: pooled_traps(results) for name, results in methods.items()}
    labels = list(dict.fromkeys(label for each in pooled.values() for label in each))
    rows = [
        (label, *(f"{each.get(label, 0.0):.1f}" for each in pooled.values()))
        for label in labels[:TRAPS_SHOWN]
    ]
    title = "## Wrong in the first 100, mean of the worlds\n\n"
    return title + _markdown(("label", *methods), rows) if rows else ""


def _delays(methods: Mapping[str, Sequence[Result]]) -> str:
    rows = []
    for method, results in methods.items():
        for what, told in (
            ("among those shown", [each.delays_h for each in results]),
            ("p >= 0.5", [each.likely_h for each in results]),
        ):
            delays = [delay for one in told for delay in one]
            reached = sorted(delay for delay in delays if delay is not None)
            middle = f"{reached[len(reached) // 2]:.1f}" if reached else "-"
            if delays:
                rows.append((method, what, f"{len(reached)} of {len(delays)}", middle))
    title = "## Hours from the fifth sampled line until found\n\n"
    return title + _markdown(("method", "found", "reached", "median"), rows) if rows else ""


def _costs(methods: Mapping[str, Sequence[Result]]) -> str:
    def per_million(value: Callable[[Result], float]) -> list[str]:
        return [
            _mean(
                mean_over_worlds(
                    results, lambda one: value(one) / max(one.cost.records, 1) * _MILLION
                )
            )
            for results in methods.values()
        ]

    cpu = per_million(lambda one: one.cost.cpu_s)
    atop = [" more" if results[0].cost.beyond_survey else "" for results in methods.values()]
    peaks = [
        _mean(mean_over_worlds(some, lambda one: one.cost.peak_mib)) for some in methods.values()
    ]
    rows = [
        ("CPU s a million records", *(value + more for value, more in zip(cpu, atop, strict=True))),
        ("MiB a million records", *per_million(lambda one: one.cost.peak_mib)),
        ("peak MiB of the process", *peaks),
    ]
    note = "\n\nWhat baselines take is told on top of the survey, which hinomi makes for them."
    return "## Cost\n\n" + _markdown(("", *methods), rows) + note


def _markdown(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines
    )

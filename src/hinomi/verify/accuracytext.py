"""The accuracy report as lines that people read, and as one JSON object."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, Final

from hinomi.verify.accuracy import Accuracy
from hinomi.verify.intervals import Estimate
from hinomi.verify.precision import Row
from hinomi.verify.promptness import Delay
from hinomi.verify.recapture import Recall
from hinomi.verify.reviewers import Skill
from hinomi.verify.visibility import Visibility

_DIGITS: Final = 4
_TOGETHER: Final = "all reviewers"

NOT_KNOWN: Final = "not known"
INTERVALS: Final = (
    "In brackets stand 95 % intervals: Jeffreys' for shares (Brown, Cai and DasGupta 2001), "
    "else as docs/explanation/how-accuracy-is-measured.md says."
)
"""The foot of every report."""


def as_dict(report: Accuracy, *, named: bool = False) -> dict[str, Any]:
    """
    Give the report as plain values for JSON.

    Args:
        report: The report.
        named: Call reviewers by their names; otherwise they are numbered, as who reads how
            good detection is need not read how good a colleague is.
    """
    document: dict[str, Any] = _plain(report)
    document["reviewers"] = [
        {
            **_plain(each),
            "sensitivity": _plain(each.sensitivity),
            "specificity": _plain(each.specificity),
        }
        for each in report.skills
    ]
    del document["skills"]
    names = {} if named else _numbers(report)
    for each in document["reviewers"]:
        each["reviewer"] = _called(each["reviewer"], names)
    for each in document["agreement"]["pairs"]:
        each["reviewers"] = [names.get(name, name) for name in each["reviewers"]]
    document["intervals"] = INTERVALS
    return document


def lines(report: Accuracy, *, named: bool = False) -> list[str]:
    """Give the report as lines of text; *named* as `as_dict`."""
    return [
        *_precision(report),
        "",
        *_promptness(report),
        "",
        *_reviewers(report, {} if named else _numbers(report)),
        "",
        *_recall(report.recall),
        "",
        *_lesson(report),
        "",
        INTERVALS,
    ]


def visibility_document(found: Visibility) -> dict[str, Any]:
    """Give how often servers are seen as plain values for JSON."""
    document: dict[str, Any] = _plain(found)
    return document


def visibility_lines(found: Visibility) -> Iterator[str]:
    """Give how often servers are seen as lines of text."""
    yield (
        f"{found.episodes} servers were seen again after a day between; on {found.seen} of the "
        f"{found.between} days between they were seen."
    )
    yield (
        f"Chance that a server that is there is seen on a day: {_share(found.visibility)}; the "
        f"register says {found.present.visibility:.3f}."
    )
    yield (
        f"Days of watching that this is worth: {_days(found.weight_days)}; the register says "
        f"{found.present.weight_days:.1f}. The fewer, the more servers differ."
    )
    if found.held:
        yield "So long after it was last seen a server of the first tier stays listed, if it was"
    for each in found.held:
        yield f"  {each.history}: {each.present_days} days now, {each.fitted_days} with the fit"


def _days(estimate: Estimate | None) -> str:
    if estimate is None:
        return NOT_KNOWN
    return f"{estimate.value:.1f} [{_end(estimate.low, 1)}, {_end(estimate.high, 1)}]"


def _precision(report: Accuracy) -> Iterator[str]:
    told = report.precision
    whole = told.whole
    yield f"Of {whole.cases} cases {whole.checked} were checked."
    if told.unsure or told.by_flow_alone:
        yield (
            f"Not counted as checked: {told.unsure} on which the reviewer is unsure, "
            f"{told.by_flow_alone} that flow alone confirmed."
        )
    yield f"Precision of the checked: {_share(whole.precision)}"
    if whole.cases:
        yield (
            f"Of all cases: {whole.if_all_wrong:.3f} if everything unchecked is wrong, "
            f"{whole.if_all_right:.3f} if it is right."
        )
    if told.weighed is not None:
        yield (
            f"Weighed by how much of each band was checked: {_share(told.weighed.precision)}, "
            f"for {told.weighed.cases} of {whole.cases} cases."
        )
    for title, rows in (
        ("probability", told.bands),
        ("reason", told.detectors),
        ("month", told.months),
    ):
        yield from _table(title, rows)
    if told.calibration is not None:
        yield ""
        yield f"Brier score: {_share(told.calibration.brier)}"
        yield (
            f"Calibration error: {_share(told.calibration.error)}; if every probability meant "
            f"what it says, it would stay below {told.calibration.error_by_chance:.3f} nineteen "
            "times in twenty."
        )


def _table(title: str, rows: Sequence[Row]) -> Iterator[str]:
    if not rows:
        return
    width = max(len(title), *(len(each.name) for each in rows))
    yield ""
    yield f"{title:<{width}}  cases  checked  right  expected  precision"
    for each in rows:
        yield (
            f"{each.name:<{width}}  {each.cases:>5}  {each.checked:>7}  {each.right:>5}  "
            f"{each.stated:>8.1f}  {_share(each.precision)}"
        )


def _promptness(report: Accuracy) -> Iterator[str]:
    told = report.promptness
    yield (
        f"From opened to listed: {told.listed} checked C&C servers were listed, {told.waiting} "
        "still wait and count as having waited until now (Kaplan-Meier)."
    )
    if told.listed:
        yield "listed by then  hours"
        for each in told.delays:
            yield f"{each.quantile:>13.0%}   {_hours(each)}"
    yield (
        f"Stale when listed: {_share(told.stale)}, known of {told.stale_known} of "
        f"{told.listings} listings."
    )
    yield (
        f"Still contacted by suspects when published: {_share(told.still_contacted)}, known of "
        f"{told.still_contacted_known} of {told.listings} listings."
    )


def _hours(delay: Delay) -> str:
    if delay.hours is None:
        among = "" if delay.among_listed is None else f" ({delay.among_listed:.1f} of those listed)"
        return f"not reached yet{among}"
    return f"{delay.hours.value:.1f} [{_end(delay.hours.low, 1)}, {_end(delay.hours.high, 1)}]"


def _reviewers(report: Accuracy, names: dict[str, str]) -> Iterator[str]:
    told = report.agreement
    yield (
        f"Reviewers: {told.reviewers}, who rated {told.cases} cases; {told.several} of them were "
        "rated by several."
    )
    if told.agreed is not None:
        yield f"Pairs of ratings that agree: {told.agreed:.3f}"
        yield f"Krippendorff's alpha: {_share(told.alpha)}; Gwet's AC1: {_share(told.ac1)}"
    for pair in told.pairs:
        one, other = (names.get(each, each) for each in pair.reviewers)
        yield (
            f"  {one} and {other}: {pair.agreed} of {pair.cases} alike, "
            f"Cohen's kappa {_share(pair.kappa)}"
        )
    if not report.skills:
        yield "No seeded case was decided: how often reviewers are right is not known."
    for each in report.skills:
        yield _skill(each, _called(each.reviewer, names))
    people = report.corrected
    if people.checked:
        yield (
            f"People alone answered {people.checked} cases, {people.right} of them as C&C; put "
            f"right for their own errors (Rogan-Gladen): {_share(people.precision)}"
        )


def _skill(skill: Skill, name: str) -> str:
    return (
        f"  {name} on seeded cases: {skill.true_found} of {skill.true_cases} true ones found "
        f"{_share(skill.sensitivity)}, {skill.false_refused} of {skill.false_cases} false ones "
        f"refused {_share(skill.specificity)}, unsure {skill.unsure}"
    )


def _recall(told: Recall | None) -> Iterator[str]:
    if told is None:
        yield "Recall is not known yet; it takes methods that found some servers in common."
        return
    found = ", ".join(f"{name} {number}" for name, number in told.found.items())
    yield f"Found by method: {found}; {told.seen} by any of them."
    yield (
        f"Estimated total: {_count(told.total.total)} ({told.total.name}); recall of "
        f"{told.method}: {_share(told.recall)}"
    )
    yield from (f"  {each.name}: {_count(each.total)}" for each in told.others)
    yield "If methods depended on each other more (above 1) or less than that:"
    for each in told.sensitivity:
        ratio = f"{each.odds_ratio:.2f}"
        yield f"  odds ratio {ratio}: total {each.total:.0f}, recall {each.recall:.3f}"
    yield told.assumption


def _lesson(report: Accuracy) -> Iterator[str]:
    told = report.lesson
    yield f"What answers teach detection ({told.right} right, {told.wrong} wrong): {told.why}"
    if told.loss_before is not None and told.loss_after is not None:
        yield (
            f"  shift {_share(told.shift)}, slope {_share(told.slope)}; log loss "
            f"{told.loss_before:.3f} before, {told.loss_after:.3f} on held-back answers; "
            f"gain {_share(told.gain)}"
        )
    if told.proposal is not None:
        yield (
            f"  proposed for the register: fuse.answers_shift {told.proposal.shift:.3f}, "
            f"fuse.answers_slope {told.proposal.slope:.3f}"
        )


def _share(estimate: Estimate | None) -> str:
    if estimate is None:
        return NOT_KNOWN
    return f"{estimate.value:.3f} [{_end(estimate.low, 3)}, {_end(estimate.high, 3)}]"


def _count(estimate: Estimate) -> str:
    return f"{estimate.value:.0f} [{_end(estimate.low, 0)}, {_end(estimate.high, 0)}]"


def _end(number: float, digits: int) -> str:
    return f"{number:.{digits}f}" if math.isfinite(number) else "no end"


def _numbers(report: Accuracy) -> dict[str, str]:
    """Number the reviewers, in an order that tells nothing but the alphabet."""
    names = {each.reviewer for each in report.skills if each.reviewer is not None}
    names |= {name for pair in report.agreement.pairs for name in pair.reviewers}
    return {name: f"reviewer {place}" for place, name in enumerate(sorted(names), 1)}


def _called(name: str | None, names: dict[str, str]) -> str:
    return _TOGETHER if name is None else names.get(name, name)


def _plain(value: Any) -> Any:
    """Turn dataclasses into dictionaries; what is infinite becomes None."""
    if isinstance(value, Estimate):
        return value.render(_DIGITS)
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, float):
        return round(value, _DIGITS) if math.isfinite(value) else None
    return value

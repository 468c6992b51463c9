"""The report page as text: a detection in, one self-contained HTML document out."""

import base64
import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from hinomi.clock import render_time
from hinomi.detect.drift import Drift
from hinomi.detect.limits import CONFIDENCE, SEEN_LINES
from hinomi.model.protocol import render_protocol
from hinomi.model.service import Candidate, Reason, render_probability
from hinomi.services.detecting import Detection
from hinomi.services.timeline import Axis, Bar, axis_of
from hinomi.telemetry import mask_addresses

PAGES: Final = Environment(
    loader=PackageLoader("hinomi.services", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

_LIKELY: Final = 0.5
_START: Final = "base-rate"
"""The reason that is no evidence but where the sum begins."""

_DATED_FROM_MS: Final = 631_152_000_000
"""1990-01-01: imports hold earlier times to be relative."""

_LEAST_SCALE: Final = 3.0
"""The longest weight bar stands for at least so much, or small weights would look great."""

_TOLD_LIMITS: Final = {
    "sampling_interval", "days", "smallest_botnet", "beacon", "flags", "probabilities",
}  # fmt: skip
_BEHAVIOURS_JA: Final = {
    "60 s keep-alive": "60 秒ごとの死活確認",
    "5 min beacon": "5 分ごとのビーコン",
    "hourly beacon": "1 時間ごとのビーコン",
}
_SUSPECTS: Final = {
    "known": ("met a listed C&C or sinkhole", "既知 C&C・シンクホールと通信"),
    "scan": ("scan", "スキャン"),
    "spam": ("send mail to many servers", "多数のメールサーバへ送信"),
    "listed": ("stand on an external list", "外部リストに掲載"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Weighed:
    """One reason as the page shows it."""

    text: str
    text_ja: str
    starts: bool  # Where the sum begins: no weight to draw.
    side: str  # for, against, or none.
    weight: str  # Signed.
    left: float  # Per cent of the width, as the next one; the middle is no weight.
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Card:
    """One candidate as the page shows it."""

    rank: int
    candidate: Candidate
    protocol: str
    probability: str
    bar: float  # Probability in per cent.
    reasons: list[_Weighed]
    numbers: list[tuple[str, str]]
    bars: list[Bar]
    spans: list[tuple[str, str]]
    hours: int
    records: int
    peak: int


def render_page(detection: Detection, *, made_ms: int) -> str:
    """
    Render the report page of one run: the same page for the same arguments.

    Args:
        detection: What the run found.
        made_ms: When, in ms since the Unix epoch.

    Returns:
        HTML that needs nothing else: no script, no picture, no font from anywhere. Its
        policy lets a browser apply the page's own style sheet, known by its hash, and
        nothing besides. Whatever looks like an address in a reason (list names are free
        text) is withheld; services alone show theirs.
    """
    style = read_style()
    axis = axis_of(hour for hours in detection.timeline.values() for hour in hours)
    return PAGES.get_template("report.html.j2").render(
        style=Markup(style),  # noqa: S704 - A file of the package.
        style_hash=style_hash(style),
        made=render_time(made_ms),
        window=detection.window.render(),
        register=mask_addresses(detection.register_version),
        model=detection.model,
        drifted=_drifted(detection.drift),
        knows_interval=detection.drift is None or detection.drift.knows_interval,
        cards=_cards(detection, axis),
        likely=sum(each.probability >= _LIKELY for each in detection.candidates),
        known=sum(each.known for each in detection.candidates),
        suspects=_suspects(detection.suspects),
        axis=axis,
        relative=any(run.since_ms < _DATED_FROM_MS for run in axis.runs),
        moment=_moment,
        gap=_gap,
        limits=_limits(detection.limits),
        seen_lines=SEEN_LINES,
        confidence=f"{CONFIDENCE:.0%}",
    )


def _drifted(found: Drift | None) -> str:
    """Name the columns that drifted, with their indices."""
    if found is None:
        return ""
    return ", ".join(f"{name} {found.index[name]:.2f}" for name in found.drifted)


def read_style() -> str:
    """Read the style sheet that all pages share."""
    style, _, _ = PAGES.loader.get_source(PAGES, "report.css")  # type: ignore[union-attr]
    return str(style)


def style_hash(style: str) -> str:
    """Name the style sheet for the policy (CSP Level 3, section 2.3.1, hash-source)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


def _cards(detection: Detection, axis: Axis) -> list[_Card]:
    weights = [abs(r.weight) for each in detection.candidates for r in each.reasons]
    scale = max([_LEAST_SCALE, *weights])
    cards = []
    for rank, each in enumerate(detection.candidates, start=1):
        hours = detection.timeline.get(each.service, {})
        bars = axis.bars(hours)
        cards.append(
            _Card(
                rank=rank,
                candidate=each,
                protocol=render_protocol(each.service.proto),
                probability=render_probability(each.probability),
                bar=100.0 * each.probability,
                reasons=[_weighed(reason, scale) for reason in each.reasons],
                numbers=_numbers(each.reasons),
                bars=bars,
                spans=[(_moment(first), _moment(last)) for first, last in axis.spans(hours)],
                hours=len(hours),
                records=sum(hours.values()),
                peak=max((bar.records for bar in bars), default=0),
            )
        )
    return cards


def _weighed(reason: Reason, scale: float) -> _Weighed:
    half = 50.0 * abs(reason.weight) / scale
    side = "for" if reason.weight > 0 else "against" if reason.weight < 0 else "none"
    return _Weighed(
        text=mask_addresses(reason.text),
        text_ja=mask_addresses(reason.text_ja),
        starts=reason.code == _START,
        side=side,
        weight=f"{reason.weight:+.1f}".replace("-", "\N{MINUS SIGN}"),
        left=50.0 - half if side == "against" else 50.0,
        width=half,
    )


def _numbers(reasons: Sequence[Reason]) -> list[tuple[str, str]]:
    """Collect the numbers behind the reasons, by the names they have in the JSON output."""
    numbers: dict[str, str] = {}
    for reason in reasons:
        for name, value in reason.values.items():
            if not isinstance(value, str):
                whole = str(value) if name == "port" else f"{value:,}"
                numbers[name] = whole if isinstance(value, int) else f"{value:.4g}"
    return list(numbers.items())


def _suspects(kinds: Mapping[str, int]) -> list[tuple[str, str, int]]:
    return [(*_SUSPECTS.get(kind, (kind, kind)), count) for kind, count in kinds.items() if count]


def _limits(limits: Mapping[str, object]) -> dict[str, object]:
    """Sort out what the words of the page need; what they do not know is shown as it is."""
    interval, days = limits.get("sampling_interval"), limits.get("days")
    smallest = limits.get("smallest_botnet")
    flags = str(limits.get("flags", ""))
    share = re.search(r"\d+(?:\.\d+)?%", flags)
    return {
        "interval": interval if isinstance(interval, int) else None,
        "hours": round(24 * days) if isinstance(days, float | int) else None,
        "smallest": [
            (str(name), _BEHAVIOURS_JA.get(str(name), str(name)), int(bots))
            for name, bots in (smallest.items() if isinstance(smallest, Mapping) else ())
        ],
        "beacon": limits.get("beacon"),
        "flags": flags,
        "flagless": share[0] if share else None,
        "uncalibrated": "probabilities" in limits,
        "others": [(name, str(limits[name])) for name in limits if name not in _TOLD_LIMITS],
    }


def _moment(time_ms: int) -> str:
    """Render an hour in UTC, to the minute."""
    return datetime.fromtimestamp(time_ms // 1000, tz=UTC).strftime("%Y-%m-%d %H:%M")


def _gap(length_ms: int) -> tuple[str, str]:
    """Tell how long a break is, in English and in Japanese."""
    days = length_ms / 86_400_000
    if days >= 2 * 365.25:
        return f"{days / 365.25:.0f} years", f"{days / 365.25:.0f} 年"
    return f"{math.floor(days)} days", f"{math.floor(days)} 日"

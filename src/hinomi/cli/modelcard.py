"""The card of the model that ships, as a page: rendered from what the model itself carries."""

from collections.abc import Iterable, Mapping
from typing import Final

import click

from hinomi.detect.model import BASIS, Card
from hinomi.services.models import KeptModel, shipped_model

_HEAD: Final = """\
# Model card

Generated from the model that ships with hinomi by `python -m hinomi.cli.modelcard`; a test checks
that this page is up to date. How the model works is told in
[How detection works](../explanation/detection.md), how to make one of your own in
[Train a model of your own](../howto/train-a-model.md).

The model is two sets of gradient-boosted trees (LightGBM), and a weight for what rules say beside
them. They look at what a service's traffic is like and say how much likelier a C&C looks like this
than another service does. How many C&Cs there are in a network is no part of it: the register
bounds that. There is no address, no pseudonym and no name in it.
"""

_MEASURES: Final = """\
## Columns

Shares, ratios and logarithms, so that they mean the same in every network. The deciles are those
of the services that the model learned from; `hinomi detect` compares each window with them and
reports the population stability index (`drift` in `--json`). The farthest window is the largest
index that a window of training itself has.
"""


def render_card(kept: KeptModel) -> str:
    """Render the page of one model."""
    card = kept.model.card
    parts = [
        _HEAD,
        _table(("of the model", ""), _facts(kept)),
        _section("Learned from", _bullets(card.trained_on)),
        _section("Scores on what was held out", _scores(card.scores)),
        _section("Limits", _bullets(card.limits)),
        _MEASURES,
        _table(
            ("column", "tells of", "lowest", "middle", "highest", "farthest window", "used in"),
            _columns(card),
        ),
    ]
    return "\n".join(part for part in parts if part)


def _facts(kept: KeptModel) -> list[tuple[str, str]]:
    card = kept.model.card
    return [
        ("name", f"`{kept.name}` ({card.name})"),
        ("SHA-256 of its files", f"`{kept.digest}`"),
        ("made", card.made),
        ("sampling intervals met", ", ".join(f"1 in {each:,}" for each in card.intervals)),
        ("services learned from", f"{card.services:,}"),
        ("C&Cs among them", f"{card.positives:,}"),
        ("share of C&Cs that the evidence leaves out", f"{card.base_rate:.6f}"),
        ("temperature (log odds are divided by it)", f"{card.temperature:.4f}"),
        ("weight of rules beside the trees", f"{card.rules:.2f}"),
    ]


def _columns(card: Card) -> list[tuple[str, ...]]:
    rows = []
    for name in card.columns_second:
        deciles = card.measures.get(name)
        spread = [f"{deciles[at]:.4g}" for at in (0, 5, 10)] if deciles else ["", "", ""]
        spread.append(f"{card.spread[name]:.4g}" if name in card.spread else "")
        both = "both" if name in card.columns_first else "second"
        rows.append((f"`{name}`", f"`{BASIS[name]}`", *spread, both))
    return rows


def _scores(scores: Mapping[str, float]) -> str:
    if not scores:
        return ""
    return _table(("measure", "value"), [(name, f"{value:.4g}") for name, value in scores.items()])


def _section(title: str, body: str) -> str:
    return f"## {title}\n\n{body}" if body else ""


def _bullets(lines: Iterable[str]) -> str:
    return "".join(f"- {line}\n" for line in lines)


def _table(headings: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [headings, tuple("---" for _ in headings), *rows]
    return "".join(f"| {' | '.join(each)} |\n" for each in lines)


if __name__ == "__main__":
    click.echo(render_card(shipped_model()), nl=False)

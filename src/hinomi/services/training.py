"""
An internet provider's own model: made from its lake and its known-C&C list, and compared.

Windows are split by time. The earlier ones teach, with each fold of the list withheld in
turn; the later ones compare, on listed C&Cs that the compared trees never met under their
entry. Training decides nothing: `models.use_model` puts a model in use.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from hinomi.clock import render_time
from hinomi.detect import rules
from hinomi.detect.comparison import Comparison, Figure, Trial, compare
from hinomi.detect.correction import FOLDS, LEAST_POSITIVES, Examples, best_rounds, correct, sample
from hinomi.detect.drift import remembered
from hinomi.detect.model import Card, Model, matrix
from hinomi.detect.passes import Progress
from hinomi.errors import Conflict, NotFound
from hinomi.model.window import Window
from hinomi.services.home import MODELS, Home
from hinomi.services.mandates import Operation, record
from hinomi.services.models import (
    CARD,
    DIGEST_LETTERS,
    KeptModel,
    kept_model,
    model_in_use,
    require_name,
    shipped_model,
    write_model,
)
from hinomi.services.withholding import Glance, Opening, withholding

_DAY_LETTERS: Final = 10
_MOST_MEASURED: Final = 100_000  # Services of one window whose deciles go on the card.

LIMITS: Final = (
    "Learned from one network: of others it says nothing.",
    "Its list names the families that lists know; others are judged as the shipped model does.",
    "Precision counts unlisted C&Cs as wrong: it is a lower bound, for both models alike.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """What came of training."""

    kept: KeptModel
    started_from: str
    in_use: str  # What it was compared with.
    learned_on: list[Window]
    held_out: list[Window]
    skipped: list[Window]  # Without enough lines or at dense sampling: models do not speak.
    servers: int  # Listed C&Cs that taught.
    comparison: Comparison


@dataclass(slots=True)
class _Gathered:
    """What windows gave, earlier and later."""

    examples: list[Examples] = field(default_factory=list)
    servers: set[int] = field(default_factory=set)
    measured: dict[str, list[NDArray[np.float64]]] = field(default_factory=dict)
    intervals: set[int] = field(default_factory=set)
    learned_on: list[Window] = field(default_factory=list)
    held_out: list[Window] = field(default_factory=list)
    skipped: list[Window] = field(default_factory=list)


def train(home: Home, window: Window, name: str, tell: Progress = lambda _: None) -> Trained:
    """
    Make a model of the home's own, keep it under *name*, and compare it with the one in use.

    Args:
        home: Its lake, lists and register.
        window: Which records; open sides mean everything.
        name: What the model is called.
        tell: Told the share of the work that is done, 0..1.

    Raises:
        UsageError: If a model may not be called so.
        Conflict: If there is one of this name.
        NotFound: If too few windows or listed C&Cs are there to learn from or to compare on.
        ConfigError: If the model in use is not the one that the register names.
        Unavailable: If memory or disk do not suffice.
        NotPermitted: If the purpose has ended.
    """
    require_name(name)
    home.mandate(Operation.TRAIN)  # Before any work.
    folder = home.folder / MODELS / name
    if (folder / CARD).exists():
        raise Conflict(f"a model {name} exists in this home; choose another name")
    start, used = shipped_model(), model_in_use(home)
    earlier, later = _split(home, window)
    gathered = _Gathered()
    for done, each in enumerate(earlier):
        tell(done / (len(earlier) + len(later)))
        with withholding(home, each, start.model) as opened:
            _learn_from(gathered, each, opened)
    _require_taught(gathered)
    second, crossed = _learn(home, start.model, gathered.examples)
    trials: list[Trial] = []
    for done, each in enumerate(later, start=len(earlier)):
        tell(done / (len(earlier) + len(later)))
        with withholding(home, each, start.model) as opened:
            if opened is None:
                gathered.skipped.append(each)
                continue
            gathered.held_out.append(each)
            trials += [_trial(glance, crossed, used.model, home) for glance in opened.glances]
    if not any((trial.server >= 0).any() for trial in trials):
        raise NotFound("no listed C&C is alive in the later windows: nothing to compare on")
    comparison = compare(trials)
    card = _card(home, name, start, gathered, comparison)
    write_model(Model(card, start.model.first, second), folder)
    trained = Trained(
        kept=kept_model(home, name),
        started_from=_named(start),
        in_use=_named(used),
        learned_on=gathered.learned_on,
        held_out=gathered.held_out,
        skipped=gathered.skipped,
        servers=len(gathered.servers),
        comparison=comparison,
    )
    _journal(home, trained)
    tell(1.0)
    return trained


def _require_taught(gathered: _Gathered) -> None:
    if len(gathered.servers) < LEAST_POSITIVES:
        raise NotFound(
            f"{len(gathered.servers)} listed C&Cs are alive in the earlier windows and "
            f"{LEAST_POSITIVES} are needed to learn from; add lists, or wait for more days"
        )


def _split(home: Home, window: Window) -> tuple[list[Window], list[Window]]:
    """Cut the lake's time into windows, and keep the last share of them for the comparison."""
    lake = home.lake().statistics()
    if lake.first_ms is None or lake.last_ms is None:
        raise NotFound("the lake is empty: there is nothing to learn from")
    step_ms = home.register.integer("train.window_ms")
    first_ms = max(lake.first_ms, window.since_ms or lake.first_ms)
    ends_ms = min(lake.last_ms + 1, window.until_ms or lake.last_ms + 1)
    starts = range(first_ms // step_ms * step_ms, max(ends_ms, first_ms), step_ms)
    windows = [
        Window(max(start, first_ms), min(start + step_ms, ends_ms))
        for start in starts
        if start < ends_ms
    ]
    share = home.register.number("train.held_out_share")
    kept = max(1, round(share * len(windows)))
    if len(windows) < 2 or kept >= len(windows):  # noqa: PLR2004 - one to learn, one to compare.
        raise NotFound(
            f"{len(windows)} window(s) of train.window_ms lie in this time; one is needed to "
            "learn from and a later one to compare on"
        )
    return windows[:-kept], windows[-kept:]


def _learn_from(gathered: _Gathered, window: Window, opened: Opening | None) -> None:
    if opened is None:
        gathered.skipped.append(window)
        return
    gathered.learned_on.append(window)
    whole = opened.whole
    gathered.intervals.add(whole.survey.extent.interval)
    rows = np.flatnonzero(whole.several)
    if rows.size > _MOST_MEASURED:
        rows = np.sort(np.random.default_rng(0).choice(rows, _MOST_MEASURED, replace=False))
    for column, values in whole.columns.items():
        gathered.measured.setdefault(column, []).append(values[rows])
    for glance in opened.glances:
        gathered.servers |= {*glance.server[glance.server >= 0].tolist()}
        gathered.examples.append(_examples(glance))


def _examples(glance: Glance) -> Examples:
    withheld = glance.server >= 0
    taken, weight = sample(glance.chance, withheld, glance.fold)
    names = glance.view.model.card.columns_second
    return Examples(
        fold=glance.fold,
        table=matrix(glance.view.columns, names, glance.rows[taken]),
        beside=glance.view.model.card.rules * rules.total(glance.view.columns)[glance.rows[taken]],
        chance=glance.chance[taken],
        withheld=withheld[taken],
        weight=weight,
    )


def _learn(home: Home, start: Model, examples: Sequence[Examples]) -> tuple[str, list[Model]]:
    """
    Learn from all folds, and once without each: by those the comparison is made.

    Returns:
        The trees of the own model that judge last; and by fold, the model that never met it.
    """
    share = home.register.number("train.listed_share_min")
    rounds = best_rounds(start, examples, share)
    crossed = [
        Model(
            start.card,
            start.first,
            correct(start, [each for each in examples if each.fold != fold], share, rounds=rounds),
        )
        for fold in range(FOLDS)
    ]
    return correct(start, examples, share, rounds=rounds), crossed


def _trial(glance: Glance, crossed: Sequence[Model], used: Model, home: Home) -> Trial:
    """Ask both models about the C&Cs that are withheld in a later window."""
    return Trial(
        server=glance.server,
        in_use=glance.odds(used, home.register),
        own=glance.odds(crossed[glance.fold], home.register),
    )


def _named(kept: KeptModel) -> str:
    return f"{kept.name}@{kept.digest[:DIGEST_LETTERS]}"


def _card(
    home: Home, name: str, start: KeptModel, gathered: _Gathered, comparison: Comparison
) -> Card:
    shipped = start.model.card
    measures, spread = remembered({name: gathered.measured[name] for name in shipped.columns_first})
    windows = [each.render() for each in gathered.learned_on]
    return msgspec.structs.replace(
        shipped,
        name=name,
        made=render_time(home.clock())[:_DAY_LETTERS],
        trained_on=[
            _named(start),
            *(f"{each['since']}/{each['until']}" for each in windows),
        ],
        intervals=sorted(gathered.intervals),
        services=sum(each.withheld.size for each in gathered.examples),
        positives=sum(int(each.withheld.sum()) for each in gathered.examples),
        scores={
            **_scores("average_precision", comparison.average_precision),
            **_scores("log_loss", comparison.log_loss),
        },
        limits=list(LIMITS),
        measures=measures,
        spread=spread,
    )


def _scores(name: str, figure: Figure) -> dict[str, float]:
    return {
        f"{name}.in_use": round(figure.in_use, 6),
        f"{name}.own": round(figure.own, 6),
        f"{name}.difference_low": round(figure.low, 6),
        f"{name}.difference_high": round(figure.high, 6),
    }


def _journal(home: Home, trained: Trained) -> None:
    """Write down what was made; it is in use only when somebody decides so."""
    record(
        home.journal(),
        Operation.TRAIN,
        home.mandate(Operation.TRAIN),
        {
            "act": "made",
            "model": trained.kept.reference,
            "digest": trained.kept.digest,
            "compared_with": trained.in_use,
            "windows": len(trained.learned_on),
            "held_out": len(trained.held_out),
            "servers": trained.servers,
            "verdict": trained.comparison.verdict,
            "register": home.register.version,
        },
    )

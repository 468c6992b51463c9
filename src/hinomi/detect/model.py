"""
Models that turn what a service looks like into evidence: two sets of trees, rules, and a card.

The first set sees each service by itself; what it finds is told to the others over shared
clients, and the second set sees both. A model says how much likelier a C&C looks like this
than another service does: the base rate of a window is no part of it.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Final

import lightgbm
import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy import special

from hinomi.detect import behaviour, features, propagate, rules
from hinomi.detect.columns import blocks
from hinomi.detect.features import Columns
from hinomi.errors import ConfigError

FIRST: Final = tuple(features.BASIS)
SECOND: Final = (*features.BASIS, *propagate.BASIS, *behaviour.BASIS)
BASIS: Final[Mapping[str, str]] = {**features.BASIS, **propagate.BASIS, **behaviour.BASIS}
"""Columns that trees may look at, and the reason under which each is explained."""

FORMAT: Final = 2
ORDINARY: Final = "base-rate"
"""Where the evidence on an ordinary service of training is told: no one reason made it."""

_BLOCK: Final = 65_536
"""Services that trees are asked of at a time."""

Share = Annotated[float, msgspec.Meta(gt=0.0, lt=1.0)]
Temperature = Annotated[float, msgspec.Meta(ge=0.25, le=8.0)]
Deciles = Annotated[list[float], msgspec.Meta(min_length=11, max_length=11)]
Weight = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
Names = Annotated[list[str], msgspec.Meta(min_length=1)]


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a model was made from and how well it did: travels with it, and is shown."""

    format: int = FORMAT
    name: str
    made: str  # Date, ISO 8601.
    trained_on: list[str]  # Worlds or windows.
    intervals: list[int]  # Sampling intervals met in training.
    services: int  # Rows learned from.
    positives: int
    base_rate: Share  # Of C&Cs among the rows, which the evidence leaves out.
    temperature: Temperature = 1.0  # Divides the log odds: above 1, trees were too sure.
    rules: Weight = 0.0  # What a log-odd of `rules` counts beside the trees.
    columns_first: Names
    columns_second: Names
    scores: dict[str, float] = {}  # On held-out families or time.
    limits: list[str] = []
    measures: dict[str, Deciles] = {}  # Deciles of each column, to tell drift.
    spread: dict[str, float] = {}  # How far one window of training is from them at most.
    digest: str = ""  # `digest` of the trees, written with them.


@dataclass(frozen=True)
class Model:
    """A model ready for use."""

    card: Card
    first: str  # LightGBM's own text form, of each set of trees.
    second: str

    @cached_property
    def _first(self) -> lightgbm.Booster:
        return lightgbm.Booster(model_str=self.first)

    @cached_property
    def _second(self) -> lightgbm.Booster:
        return lightgbm.Booster(model_str=self.second)

    def first_view(self, columns: Columns, several: NDArray[np.bool_]) -> NDArray[np.float64]:
        """
        Give the first probability of each service, at the base rate of training.

        Args:
            columns: `features.describe` and `rules.columns`, shape (services,) each.
            several: Services to look at; the others get 0.
        """
        probability = np.zeros(several.size)
        rows = np.flatnonzero(several)
        odds = odds_of(self._first, columns, self.card.columns_first, rows)
        probability[rows] = special.expit(odds + self._beside(columns)[rows])
        return probability

    def evidence(self, columns: Columns, several: NDArray[np.bool_]) -> NDArray[np.float64]:
        """
        Give ln P(looks like this | C&C) - ln P(looks like this | not), shape (services,).

        Args:
            columns: `observe.second_view` and `rules.columns`, shape (services,) each.
            several: Services to look at; of the others nothing is said.
        """
        ratio = np.zeros(several.size)
        rows = np.flatnonzero(several)
        odds = odds_of(self._second, columns, self.card.columns_second, rows)
        trees = (odds - special.logit(self.card.base_rate)) / self.card.temperature
        ratio[rows] = trees + self._beside(columns)[rows]
        return ratio

    def _beside(self, columns: Columns) -> NDArray[np.float64]:
        """Weigh what rules say; a model without them asks for no columns of theirs."""
        weight = self.card.rules
        return (
            weight * rules.total(columns) if weight else np.zeros(next(iter(columns.values())).size)
        )

    def contributions(self, columns: Columns, row: int) -> dict[str, float]:
        """
        Share the evidence on one service among the reasons it rests on.

        Args:
            columns: As for `evidence`.
            row: The service.

        Returns:
            Log-odds by reason, whose sum is `evidence`; what an ordinary service of training
            shows stands under `ORDINARY`, and the reasons tell how this one differs.

        Source:
            Lundberg et al. (2020), Nature Machine Intelligence 2:56 (TreeSHAP).
        """
        names = self.card.columns_second
        table = matrix(columns, names, np.array([row]))
        parts = np.asarray(self._second.predict(table, pred_contrib=True, num_threads=1))[0]
        shared: dict[str, float] = {}
        for name, part in zip(names, parts[:-1], strict=True):
            code = BASIS[name]
            shared[code] = shared.get(code, 0.0) + float(part) / self.card.temperature
        for name, code in rules.BASIS.items() if self.card.rules else ():
            shared[code] = shared.get(code, 0.0) + self.card.rules * float(columns[name][row])
        ordinary = float(parts[-1] - special.logit(self.card.base_rate))
        return shared | {ORDINARY: ordinary / self.card.temperature}


def matrix(
    columns: Columns, names: list[str] | tuple[str, ...], rows: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Lay the columns *names* side by side, for *rows* alone."""
    return np.column_stack([columns[name][rows] for name in names]).astype(np.float32)


def odds_of(
    trees: lightgbm.Booster,
    columns: Columns,
    names: list[str] | tuple[str, ...],
    rows: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Ask trees that look at the columns *names* for the log-odds of *rows*, shape (rows,)."""
    odds = np.empty(rows.size)
    for block in blocks(rows.size, _BLOCK):
        table = matrix(columns, names, rows[block])
        odds[block] = np.asarray(trees.predict(table, raw_score=True, num_threads=1))
    return odds


def digest(first: str, second: str) -> str:
    """Give the SHA-256 of both sets of trees, in hexadecimal."""
    parts = (hashlib.sha256(trees.encode()).digest() for trees in (first, second))
    return hashlib.sha256(b"".join(parts)).hexdigest()


def parse_model(card: bytes, first: str, second: str) -> Model:
    """
    Read a model from its three parts.

    Raises:
        ConfigError: If the card is none, names columns that hinomi does not make, or belongs
            to other trees.

    Notes:
        LightGBM ends the whole process on text that it cannot read, so that nothing reaches
        it whose digest is not the card's.
    """
    try:
        parsed = msgspec.json.decode(card, type=Card)
    except msgspec.MsgspecError as error:
        raise ConfigError(f"the card of the model is not readable: {error}") from error
    if parsed.format != FORMAT:
        raise ConfigError(
            f"the model has format {parsed.format}; {FORMAT} is understood: train it anew"
        )
    unknown = {*parsed.columns_first, *parsed.columns_second} - {*BASIS}
    if unknown:
        raise ConfigError(f"the model asks for a column {min(unknown)} that is not made")
    if parsed.digest != digest(first, second):
        raise ConfigError("the trees of the model are not those of its card; copy it anew, whole")
    for trees, names in ((first, parsed.columns_first), (second, parsed.columns_second)):
        _check_trees(trees, names)
    return Model(parsed, first, second)


def _check_trees(trees: str, names: list[str]) -> None:
    try:
        asked = lightgbm.Booster(model_str=trees).feature_name()
    except lightgbm.basic.LightGBMError as error:
        raise ConfigError("the trees of the model are not in LightGBM's text form") from error
    if asked != names:
        raise ConfigError("the trees of the model ask for other columns than its card names")

"""From numbers to reasons a person can check, strongest first, in English and Japanese."""

from collections.abc import Mapping

from hinomi.detect.catalogue import REASONS
from hinomi.model.service import Reason

Values = Mapping[str, float | int | str]


def reason(code: str, weight: float, values: Values) -> Reason:
    """
    Put one piece of evidence into words.

    Args:
        code: A code of `catalogue.REASONS`.
        weight: Its log-odds.
        values: At least the numbers that the words name.

    Raises:
        KeyError: If the code or a number is missing (the caller's bug).
    """
    words = REASONS[code]
    return Reason(
        code=code,
        text=words.en.format_map(values),
        text_ja=words.ja.format_map(values),
        weight=round(weight, 3),
        values={name: _rounded(value) for name, value in values.items()},
    )


def order(reasons: list[Reason]) -> tuple[Reason, ...]:
    """Put the strongest first, whichever side it is on; the base rate always comes last."""
    return tuple(sorted(reasons, key=lambda each: (each.code == "base-rate", -abs(each.weight))))


def _rounded(value: float | str) -> float | int | str:
    return float(f"{value:.6g}") if isinstance(value, float) else value

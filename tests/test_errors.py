"""Errors: their exit codes, and what they say."""

import pickle

import pytest

from hinomi import errors
from hinomi.errors import HinomiError, MalformedDocument


def test_exit_codes_are_those_of_sysexits() -> None:
    """Scripts tell failures apart by them."""
    codes = {
        name: kind.exit_code
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, HinomiError)
    }

    assert codes == {
        "HinomiError": 70, "ConfigError": 78, "MalformedDocument": 65,
        "UsageError": 64, "NotFound": 66, "Unavailable": 69, "Conflict": 75, "NotPermitted": 77,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (MalformedDocument("no column", "a.csv", 3), "a.csv, line 3: no column"),
        (MalformedDocument("truncated", "a.gz"), "a.gz: truncated"),
    ],
)
def test_errors_say_where_and_survive_the_way_to_another_process(
    error: HinomiError, text: str
) -> None:
    """The place stands in the message, also after pickling."""
    assert str(error) == text
    assert str(pickle.loads(pickle.dumps(error))) == text  # noqa: S301 - our own bytes.

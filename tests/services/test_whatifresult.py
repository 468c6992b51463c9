"""The document of a what-if, and what is read off it."""

import msgspec
import pytest

from hinomi.errors import MalformedDocument
from hinomi.services.whatifresult import (
    Axis,
    Cell,
    Kept,
    Setting,
    changes,
    decode,
    differences,
    document,
    encode,
    fresh_of,
    loss_of,
    mean_of,
    share_of,
    truth_of,
)
from lessened import cell, what_if


def test_a_document_reads_as_it_was_written() -> None:
    """And the same what-if is the same bytes, so that its digest names it."""
    result = what_if(cell(Axis.SAMPLING, 20_000, 19, 18), cell(Axis.DAYS, 1, 4))

    assert decode(encode(result), "x") == result
    assert encode(decode(encode(result), "x")) == encode(result)


@pytest.mark.parametrize("content", [b"", b"{}", b'{"kind": "drill"}', b"\xff"])
def test_what_is_no_what_if_is_refused(content: bytes) -> None:
    """Of another kind, of another version, or damaged."""
    with pytest.raises(MalformedDocument, match="no what-if"):
        decode(content, "x")


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        (Setting(Axis.SAMPLING, 20_000), "1 in 20,000"),
        (Setting(Axis.DAYS, 7), "7 days"),
        (Setting(Axis.DAYS, 1), "1 day"),
        (Setting(Axis.WITHOUT, "sizes"), "without sizes"),
        (Setting(Axis.PRESENT), "as held"),
    ],
)
def test_settings_have_words(setting: Setting, words: str) -> None:
    """As people say them."""
    assert setting.words == words


def test_drawings_are_averaged_and_the_interval_is_of_one() -> None:
    """18 and 20 of 20: the mean is 0.95; two drawings of the same 20 are no 40 candidates."""
    share = share_of(cell(Axis.SAMPLING, 20_000, 18, 20), "unlisted")

    assert share is not None
    assert (share.value, share.least, share.most, share.of) == (0.95, 0.9, 1.0, 20)
    assert share.low == pytest.approx(0.764, abs=0.001)
    assert share.high == pytest.approx(0.991, abs=0.001)


def test_the_loss_is_the_worst_of_three() -> None:
    """Lost on no list, lost on a list, and new ones that richer records do not show."""
    assert loss_of(cell(Axis.DAYS, 7, 18)) == pytest.approx(0.1)
    assert loss_of(cell(Axis.DAYS, 7, 18, listed=Kept(3, 5))) == pytest.approx(0.4)
    assert loss_of(cell(Axis.DAYS, 7, 20, fresh=5)) == pytest.approx(0.2)
    assert fresh_of(cell(Axis.DAYS, 7, 20, fresh=5)) == pytest.approx(0.2)


def test_without_candidates_nothing_can_be_said() -> None:
    """Nothing lost of nothing is no proof."""
    nothing = cell(Axis.DAYS, 7, listed=Kept(0, 0), before=0)
    none = msgspec.structs.replace(nothing.runs[0].figures, unlisted=Kept(0, 0))
    empty = Cell(
        setting=nothing.setting, runs=(msgspec.structs.replace(nothing.runs[0], figures=none),)
    )

    assert loss_of(empty) is None
    assert fresh_of(empty) is None
    assert share_of(Cell(setting=Setting(Axis.DAYS, 7), skipped="why"), "top") is None


def test_means_are_of_all_drawings_or_none() -> None:
    """A figure that one drawing lacks has no mean."""
    some = cell(Axis.DAYS, 7, 18, 19, truth={"average_precision": 0.5})

    assert mean_of(some, "records") == 1_000
    assert truth_of(some, "average_precision") == 0.5
    assert truth_of(some, "recall_100") is None
    assert mean_of(cell(Axis.DAYS, 7, 18, expected_right=None), "expected_right") is None


def test_what_figures_rest_on_is_compared_by_name() -> None:
    """Each digest that is another is named."""
    basis = what_if().basis

    assert changes(basis, basis) == []
    assert changes(basis, msgspec.structs.replace(basis, lake="x", model="y")) == ["lake", "model"]


def test_figures_that_differ_are_named_with_both_values() -> None:
    """Rounding does not count."""
    one = what_if(cell(Axis.SAMPLING, 20_000, 19))
    other = what_if(cell(Axis.SAMPLING, 20_000, 18))
    rounded = what_if(cell(Axis.SAMPLING, 20_000, 19, expected_right=0.97 + 1e-9))

    assert differences(one, one) == []
    assert differences(one, rounded) == []
    assert differences(one, other) == ["1 in 20,000: 0.0.figures.unlisted.found was 19, is 18"]


def test_the_json_document_cites_its_evidence() -> None:
    """Runs as they are, and what is read off them."""
    told = document("ab12", what_if(cell(Axis.SAMPLING, 20_000, 18)))

    assert told["evidence"] == "what-if:ab12"
    (setting,) = msgspec.convert(told["settings"], list[dict[str, object]])
    assert setting["setting"] == "1 in 20,000"
    assert setting["loss"] == pytest.approx(0.1)

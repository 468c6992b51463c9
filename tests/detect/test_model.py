"""Models are read whole or not at all, and what they say adds up."""

from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest
from scipy import special

from hinomi.detect import rules
from hinomi.detect.catalogue import REASONS
from hinomi.detect.model import BASIS, FIRST, ORDINARY, SECOND, Model, digest, matrix, parse_model
from hinomi.errors import ConfigError
from tinymodels import TELLING, random_lesson, tiny_model


def card_of(model: Model, **changed: Any) -> bytes:
    """Give the card of a model as its file holds it, with fields changed."""
    return msgspec.json.encode(msgspec.structs.asdict(model.card) | changed)


def test_every_column_is_explained_by_a_reason() -> None:
    """The second view holds the first; each column has its reason in the catalogue."""
    assert set(FIRST) < set(SECOND) == set(BASIS)
    assert len(set(SECOND)) == len(SECOND)
    assert {*BASIS.values(), ORDINARY} <= REASONS.keys()


def test_a_model_survives_its_own_files() -> None:
    """Written and read, it says the same."""
    model = tiny_model()

    again = parse_model(card_of(model), model.first, model.second)

    assert again == model


def test_no_service_of_one_line_is_looked_at() -> None:
    """The first view gives them 0, the evidence nothing; the others get their own."""
    model, lesson = tiny_model(), random_lesson(7)
    columns = lesson.look_again(np.zeros(0))

    first = model.first_view(columns, lesson.several)
    evidence = model.evidence(columns, lesson.several)

    assert not first[~lesson.several].any()
    assert not evidence[~lesson.several].any()
    assert ((first[lesson.several] > 0) & (first[lesson.several] < 1)).all()
    assert evidence[lesson.several & lesson.is_cc].mean() > evidence[~lesson.is_cc].mean() + 1
    nobody = np.zeros(lesson.several.size, dtype=bool)
    assert not model.first_view(columns, nobody).any()
    assert not model.evidence(columns, nobody).any()


@pytest.mark.parametrize("strength", [-2.0, 3.0])
def test_rules_move_both_views_alike(strength: float) -> None:
    """A term of so many log-odds moves each by the weight on the card."""
    model, lesson = tiny_model(), random_lesson(7)
    plain = lesson.look_again(np.zeros(0))
    told = plain | {"rule_enriched": np.full(lesson.several.size, strength)}
    rows = lesson.several

    for view in (
        lambda columns: special.logit(model.first_view(columns, rows)[rows]),
        lambda columns: model.evidence(columns, rows)[rows],
    ):
        assert view(told) - view(plain) == pytest.approx(model.card.rules * strength)


def test_the_evidence_leaves_out_the_base_rate_of_training() -> None:
    """Another share of C&Cs in training with the same odds: evidence moved by its log-odds."""
    model, lesson = tiny_model(), random_lesson(8)
    columns = lesson.look_again(np.zeros(0))
    rarer = replace(model, card=msgspec.structs.replace(model.card, base_rate=0.001))
    cooler = replace(
        model, card=msgspec.structs.replace(model.card, temperature=2 * model.card.temperature)
    )

    evidence = model.evidence(columns, lesson.several)[lesson.several]

    moved = special.logit(model.card.base_rate) - special.logit(0.001)
    assert rarer.evidence(columns, lesson.several)[lesson.several] == pytest.approx(
        evidence + moved / model.card.temperature
    )
    assert cooler.evidence(columns, lesson.several)[lesson.several] == pytest.approx(evidence / 2)


def test_contributions_sum_to_the_evidence() -> None:
    """Reason by reason, with what an ordinary service shows: nothing is lost, nothing doubled."""
    model, lesson = tiny_model(), random_lesson(9)
    columns = lesson.look_again(np.zeros(0))
    everyone = np.ones(lesson.several.size, dtype=bool)
    evidence = model.evidence(columns, everyone)

    for row in range(0, everyone.size, 17):
        shared = model.contributions(columns, row)
        assert shared.keys() == {*BASIS.values(), *rules.BASIS.values(), ORDINARY}
        assert sum(shared.values()) == pytest.approx(evidence[row], abs=1e-6)


def test_an_ordinary_service_shows_the_same_whichever_is_explained() -> None:
    """What stands under the base rate is no evidence on a service."""
    columns = random_lesson(9).look_again(np.zeros(0))

    ordinary = {round(tiny_model().contributions(columns, row)[ORDINARY], 9) for row in range(5)}

    assert len(ordinary) == 1


def test_telling_columns_carry_the_explanation() -> None:
    """What made the C&Cs of the lessons is what their evidence is explained by."""
    lesson = random_lesson(10)
    columns = lesson.look_again(np.zeros(0))
    row = int(np.flatnonzero(lesson.is_cc)[0])

    shared = tiny_model(40).contributions(columns, row)

    strongest = sorted(shared.keys() - {ORDINARY}, key=lambda code: -shared[code])
    assert {BASIS[name] for name in TELLING} >= set(strongest[:2])


def test_a_matrix_holds_the_columns_in_their_order() -> None:
    """Names decide the order, rows the choice."""
    columns = {"b": np.array([1.0, 2.0, 3.0]), "a": np.array([4.0, 5.0, 6.0])}

    assert matrix(columns, ["a", "b"], np.array([2, 0])).tolist() == [[6.0, 3.0], [4.0, 1.0]]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"format": 1}, "format 1.*anew"),
        ({"base_rate": 0.0}, "base_rate"),
        ({"base_rate": 1.0}, "base_rate"),
        ({"temperature": 0.0}, "temperature"),
        ({"temperature": 1e-300}, "temperature"),
        ({"measures": {"clients": []}}, "measures"),
        ({"rules": 2.0}, "rules"),
        ({"columns_first": []}, "columns_first"),
        ({"columns_second": ["any_share", "charm"]}, "charm"),
        ({"charm": 1}, "charm"),
        ({"services": "many"}, "services"),
        ({"digest": "00"}, "not those of its card"),
    ],
)
def test_a_card_that_does_not_fit_is_one_clear_line(changed: dict[str, Any], said: str) -> None:
    """What is wrong is named; nothing is guessed."""
    model = tiny_model()

    with pytest.raises(ConfigError, match=said) as raised:
        parse_model(card_of(model, **changed), model.first, model.second)

    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("card", [b"", b"{", b"[]", b"\xff\xfe", b'{"name": "x"}'])
def test_what_is_no_card_is_one_clear_line(card: bytes) -> None:
    """Empty, cut, another document, no text at all."""
    with pytest.raises(ConfigError, match="card of the model") as raised:
        parse_model(card, "", "")

    assert "\n" not in str(raised.value)


def test_trees_cut_short_never_reach_lightgbm() -> None:
    """LightGBM would end the process: the digest stops them."""
    model = tiny_model()

    for length in (0, 10, len(model.second) // 2, len(model.second) - 1):
        with pytest.raises(ConfigError, match="not those of its card"):
            parse_model(card_of(model), model.first, model.second[:length])
    with pytest.raises(ConfigError, match="not those of its card"):
        parse_model(card_of(model), model.second, model.first)


def test_trees_in_another_form_are_refused() -> None:
    """A card made for them does not make them trees."""
    model = tiny_model()
    sealed = card_of(model, digest=digest("no trees", model.second))

    with pytest.raises(ConfigError, match="text form"):
        parse_model(sealed, "no trees", model.second)


def test_trees_for_other_columns_are_refused() -> None:
    """The order of the columns is part of what was learned."""
    model = tiny_model()
    turned = card_of(model, columns_first=list(FIRST[::-1]))

    with pytest.raises(ConfigError, match="other columns"):
        parse_model(turned, model.first, model.second)


def test_a_digest_tells_the_two_sets_apart() -> None:
    """Whatever moves from one set to the other changes it."""
    assert len({digest("ab", "c"), digest("a", "bc"), digest("c", "ab"), digest("", "abc")}) == 4

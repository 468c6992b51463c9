"""The model card of the docs is what the shipped model carries."""

import dataclasses

import msgspec

from hinomi.cli.modelcard import render_card
from hinomi.services.models import shipped_model
from tree import DOCS


def test_the_page_is_up_to_date() -> None:
    """docs/reference/model-card.md equals what `python -m hinomi.cli.modelcard` prints."""
    page = DOCS / "reference" / "model-card.md"

    assert page.read_text("utf-8") == render_card(shipped_model())


def test_every_column_has_its_row() -> None:
    """What the trees look at is told, once each."""
    kept = shipped_model()
    rows = [line.split("`")[1] for line in render_card(kept).splitlines() if line[:3] == "| `"]

    assert rows == kept.model.card.columns_second


def test_scores_and_limits_are_shown_where_there_are_any() -> None:
    """Their sections appear with what the card holds, and are left out without."""
    kept = shipped_model()
    cards = [
        msgspec.structs.replace(kept.model.card, scores=scores, limits=limits)
        for scores, limits in (({"average precision": 0.5}, ["Not for dense sampling."]), ({}, []))
    ]
    told, silent = (
        render_card(dataclasses.replace(kept, model=type(kept.model)(card, kept.model.first, "")))
        for card in cards
    )

    assert "| average precision | 0.5 |" in told
    assert "- Not for dense sampling." in told
    assert "## Limits" not in silent
    assert "## Scores" not in silent

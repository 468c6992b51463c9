"""The published description is the present one."""

from hinomi.web.hub.reference import render_reference
from tree import DOCS


def test_the_page_is_current() -> None:
    """`make fix` writes it anew; of the same routes it is always the same bytes."""
    assert (DOCS / "reference" / "hub-openapi.json").read_text("utf-8") == render_reference()

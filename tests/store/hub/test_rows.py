"""What a row says stands for something, or is told of in one line."""

import pytest

from hinomi.errors import MalformedDocument
from hinomi.model.case import ServiceClass
from hinomi.store.hub.rows import known


def test_a_cell_stands_for_what_it_names() -> None:
    """By its value."""
    assert known(ServiceClass, "dedicated", "hub_entries.service_class") is ServiceClass.DEDICATED


def test_a_damaged_cell_is_named_by_its_column() -> None:
    """And never repeated."""
    with pytest.raises(MalformedDocument, match=r"^hub_entries\.service_class: a row") as raised:
        known(ServiceClass, "dedicatec", "hub_entries.service_class")

    assert "dedicatec" not in str(raised.value)

"""What a row says stands for something, or is told of in one line."""

from types import SimpleNamespace

import pytest

from hinomi.errors import MalformedDocument
from hinomi.model.case import ServiceClass
from hinomi.store.hub.rows import KEY, bound, endpoint_of, key_of, known
from hubs import server


def test_a_cell_stands_for_what_it_names() -> None:
    """By its value."""
    assert known(ServiceClass, "dedicated", "hub_entries.service_class") is ServiceClass.DEDICATED


def test_a_damaged_cell_is_named_by_its_column() -> None:
    """And never repeated."""
    with pytest.raises(MalformedDocument, match=r"^hub_entries\.service_class: a row") as raised:
        known(ServiceClass, "dedicatec", "hub_entries.service_class")

    assert "dedicatec" not in str(raised.value)


def test_a_server_is_named_by_its_key_alone() -> None:
    """And comes back from a row that has it."""
    endpoint = server(7, 8443, 17)

    assert tuple(key_of(endpoint)) == KEY
    assert endpoint_of(SimpleNamespace(**key_of(endpoint))) == endpoint
    assert bound(endpoint) == {f"its_{name}": cell for name, cell in key_of(endpoint).items()}

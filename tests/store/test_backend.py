"""Both databases fill the port."""

import inspect

import pytest

from hinomi.store.backend import Backend
from hinomi.store.postgresql import Postgresql
from hinomi.store.sqlite import Sqlite


@pytest.mark.parametrize("backend", [Sqlite, Postgresql])
def test_a_backend_has_every_method_of_the_port(backend: type) -> None:
    """With the same words, so that `Database` cannot tell them apart."""
    asked = {
        name: inspect.signature(method)
        for name, method in vars(Backend).items()
        if inspect.isfunction(method) and not name.startswith("_")
    }

    assert len(asked) == 5
    assert {name: inspect.signature(getattr(backend, name)) for name in asked} == asked

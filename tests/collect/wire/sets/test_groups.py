"""Headers and keys of information elements."""

from dataclasses import fields
from typing import Any

import numpy as np

from hinomi.collect.wire.sets.groups import REVERSE_PEN, V9_SCOPE, V9_VENDOR, Headers, element


def test_the_key_of_an_element_tells_enterprises_apart() -> None:
    """The same number of IANA, of the way back, of a v9 vendor and of a scope are four keys."""
    keys = {element(2), element(2, REVERSE_PEN), element(2, V9_VENDOR), element(2, V9_SCOPE)}

    assert len(keys) == 4


def test_the_first_headers_are_a_cut_of_all_columns() -> None:
    """Asking for all of them copies nothing."""
    columns: dict[str, Any] = {each.name: np.arange(3) for each in fields(Headers)}
    headers = Headers(**columns)

    assert headers.first(3) is headers
    assert all(getattr(headers.first(2), each.name).tolist() == [0, 1] for each in fields(Headers))

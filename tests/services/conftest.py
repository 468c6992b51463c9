"""Models speak for the small networks of these tests; `learned` asks for more lines."""

from collections.abc import Iterator

import pytest

from hinomi.detect import learned


@pytest.fixture(scope="module", autouse=True)
def small_networks_are_judged() -> Iterator[None]:
    """Let models speak from 500 lines on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(learned, "LEAST_LINES", 500)
        yield

"""Nobody buries the queue."""

import numpy as np

from hinomi.hub.queue import in_turn


def order(signatures: list[int], listed: list[bool], posterior: list[float]) -> list[int]:
    """Order servers whose keys are their places."""
    keys = np.array([f"{place:03}".encode() for place in range(len(signatures))], dtype="S3")
    found = in_turn(
        np.array(signatures, dtype=np.uint64),
        np.array(listed, dtype=np.bool_),
        np.array(posterior),
        keys,
    )
    return [int(row) for row in found]


def test_who_names_hundreds_takes_one_place_of_each_turn() -> None:
    """Two others who name two servers are looked at first and third, however likely the flood."""
    found = order([7] * 100 + [8, 8], [False] * 102, [0.99] * 100 + [0.9, 0.91])

    assert found.index(101) == 1
    assert found.index(100) == 3


def test_what_is_listed_goes_before_others_of_its_turn() -> None:
    """Then the likelier."""
    assert order([1, 2, 3], [False, True, False], [0.9, 0.5, 0.95]) == [1, 2, 0]


def test_listed_and_others_have_a_share_each() -> None:
    """However many ways there are to be disputed, new servers take every other place."""
    found = order(list(range(10)), [True] * 8 + [False] * 2, [0.5] * 8 + [0.9] * 2)

    assert found[:5] == [0, 8, 1, 9, 2]


def test_an_empty_queue_is_no_matter() -> None:
    """Nothing waits."""
    assert order([], [], []) == []

"""Samples of histories come back to the bit, on every database."""

import numpy as np

from casebooks import Place, opened
from hinomi.store.hub.histories import Sample
from hubs import Node

ALL = 2**64 - 1


def sample(bound: int, *rows: tuple[int, int, int]) -> Sample:
    """Describe a sample: number, first and last."""
    number, first, last = (list(each) for each in zip(*rows, strict=True)) if rows else ([], [], [])
    return (
        bound,
        np.array(number, dtype=np.uint64),
        np.array(first, dtype=np.int64),
        np.array(last, dtype=np.int64),
    )


def test_samples_come_back(place: Place) -> None:
    """Numbers that need all 64 bits, an empty one, and the later one of two."""
    with opened(place) as book:
        for name in ("isp-a", "isp-b"):
            book.hub.members.add(Node(name).member())
        store = book.hub.histories
        assert store.all() == {}
        store.put({"isp-a": sample(7, (1, 2, 3)), "isp-b": sample(ALL)}, 10)
        store.put({"isp-a": sample(ALL, (0, -1, 5), (ALL, 3, 4))}, 11)
        found = store.all()

        assert {name: (epoch, kept[0]) for name, (epoch, kept) in found.items()} == {
            "isp-a": (11, ALL),
            "isp-b": (10, ALL),
        }
        assert [each.tolist() for each in found["isp-a"][1][1:]] == [[0, ALL], [-1, 3], [5, 4]]
        assert [each.size for each in found["isp-b"][1][1:]] == [0, 0, 0]

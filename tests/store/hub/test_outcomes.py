"""Whose word answers bore out, on every database."""

from casebooks import Place, opened
from hubs import server


def test_the_last_answer_on_a_server_counts(place: Place) -> None:
    """For everybody whom it speaks of; those of other servers stay."""
    with opened(place) as book:
        store = book.hub.outcomes
        assert store.counts() == {}
        store.put(server(1), {"member:isp-a": True, "pots": True}, 10)
        store.put(server(2), {"member:isp-a": True}, 10)
        store.put(server(3), {"member:isp-a": False}, 11)
        assert store.counts() == {"member:isp-a": (2, 1), "pots": (1, 0)}

        store.put(server(1), {"member:isp-a": False}, 12)
        store.put(server(2), {}, 12)
        assert store.counts() == {"member:isp-a": (0, 2)}

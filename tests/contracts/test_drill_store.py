"""Results of drills come back as they were kept, from every database."""

from casebooks import Place, opened
from drills import drill_record


def test_drills_come_back_oldest_first(place: Place) -> None:
    """Every number, and the cells; also after the book was closed."""
    first, second = drill_record(), drill_record(ran_ms=1, found=7, alarm=True)
    with opened(place) as book:
        book.drills.add(first)
        book.drills.add(second)

    with opened(place) as book:
        assert book.drills.all() == (first, second)

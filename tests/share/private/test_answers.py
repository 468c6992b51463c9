"""What the hub tells one member."""

import numpy as np

from hinomi.share.private.answers import Answer


def test_tokens_are_found_by_point() -> None:
    """Tokens stand by position, then by number; rows may be asked for in part."""
    answer = Answer(
        number=2,
        positions=np.array([3, 8, 9], np.uint32),
        members=np.array([1 << 1 | 1 << 5, 1 << 63, 1 << 1 | 1 << 63], np.uint64),
        points=np.array([1001, 1005, 1063], np.uint64),
        tokens=np.array([31, 35, 863, 91, 963], np.uint32),
    )

    named = {
        point: (holds.tolist(), tokens.tolist())
        for point, holds, tokens in answer.tokens_of(np.array([0, 2]))
    }

    assert named == {
        1001: ([True, True], [31, 91]),
        1005: ([True, False], [35]),
        1063: ([False, True], [963]),
    }


def test_nothing_is_named_in_no_row() -> None:
    """An empty answer is an answer."""
    small, large = np.zeros(0, np.uint32), np.zeros(0, np.uint64)
    answer = Answer(1, positions=small, members=large, points=large, tokens=small)

    assert list(answer.tokens_of(np.zeros(0, np.int64))) == []


def test_the_own_number_is_no_voice_of_others() -> None:
    """A hub that names the member itself is not believed."""
    answer = Answer(
        number=2,
        positions=np.array([3], np.uint32),
        members=np.array([1 << 2], np.uint64),
        points=np.array([9], np.uint64),
        tokens=np.array([7], np.uint32),
    )

    assert list(answer.tokens_of(np.array([0]))) == []

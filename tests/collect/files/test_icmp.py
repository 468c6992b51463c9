"""Questions of ICMP have the types of their answers."""

import numpy as np

from hinomi.collect.files.icmp import ANSWERS, COUNTERPARTS, answer_ports


def test_a_question_is_answered_by_its_own_type() -> None:
    """With code 0; errors and answers keep type and code."""
    there = np.array([8 * 256, 128 * 256, 3 * 256 + 13, 0, 129 * 256], dtype=np.int64)

    assert answer_ports(there).tolist() == [0, 129 * 256, 3 * 256 + 13, 0, 129 * 256]


def test_counterparts_go_both_ways() -> None:
    """Each type of a pair names the other."""
    assert len(COUNTERPARTS) == 2 * len(ANSWERS)
    assert all(COUNTERPARTS[COUNTERPARTS[kind]] == kind for kind in COUNTERPARTS)

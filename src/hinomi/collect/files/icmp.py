"""ICMP in the port columns: type x 256 + code stands in the destination port."""

from typing import Final

import numpy as np

from hinomi.collect.files.columns import Ints

ANSWERS: Final = {
    8: 0, 10: 9, 13: 14, 15: 16, 17: 18, 128: 129, 130: 131, 133: 134, 135: 136, 139: 140,
    144: 145,
}  # fmt: skip
"""Types that ask and the types that answer them (IANA; RFC 792, 950, 1256, 4443, 4861)."""

COUNTERPARTS: Final = ANSWERS | {answer: question for question, answer in ANSWERS.items()}

_CODES: Final = 256


def answer_ports(type_code: Ints) -> Ints:
    """
    Give type x 256 + code of the way back, shape (n,), where the source does not state it.

    A question is answered by its own type with code 0; all else keeps type and code.
    """
    table = np.full(_CODES, -1, dtype=np.int64)
    table[list(ANSWERS)] = list(ANSWERS.values())
    answers = table[(type_code // _CODES) & 0xFF]
    return np.where(answers >= 0, answers * _CODES, type_code)

"""What decoding frees is used again."""

import subprocess
import sys

import pytest

from hinomi.collect.memory import keep_freed_memory

_FAULTS = """
import resource, sys
import numpy as np
from hinomi.collect.memory import keep_freed_memory
if sys.argv[1] == "kept":
    keep_freed_memory()
def fill():
    for _ in range(50):
        columns = [np.ones(100_000) for _ in range(20)]
        del columns
fill()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
fill()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def _faults(how: str) -> int:
    done = subprocess.run([sys.executable, "-c", _FAULTS, how], check=True, stdout=subprocess.PIPE)
    return int(done.stdout)


def test_freed_columns_are_not_given_back_to_the_kernel() -> None:
    """Filling the same columns again and again costs nearly no page faults."""
    if not keep_freed_memory():
        pytest.skip("this C library has no mallopt")

    assert _faults("kept") < 1_000
    assert _faults("as it is") > 10_000

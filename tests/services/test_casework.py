"""What people do with a case."""

from docket import *


def test_x(at):
    house = at(CaseState.LISTED)
    c = case_of(house.home())
    print(c)
    assert 0

"""Numbers are dealt by key and round alone: nobody's place in a list shows in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.hub.dealing import deal
from hinomi.share.private.rounds import LAST_NUMBER

KEY = bytes(range(32))
NAMES = st.lists(st.from_regex(r"isp-[a-z0-9]{1,8}", fullmatch=True), unique=True, max_size=90)


@given(names=NAMES, epoch=st.integers(0, 2**31), data=st.data())
def test_order_changes_nothing(names: list[str], epoch: int, data: st.DataObject) -> None:
    """Each has a number of its own, and the same in whichever order members are named."""
    dealt = deal(KEY, epoch, names)

    assert dealt == deal(KEY, epoch, data.draw(st.permutations(names)))
    assert len(dealt) == min(len(names), LAST_NUMBER)
    assert len(set(dealt.values())) == len(dealt)
    assert set(dealt.values()) <= set(range(1, LAST_NUMBER + 1))
    assert dealt.keys() <= set(names)


@pytest.mark.parametrize(("key", "epoch"), [(KEY, 2), (bytes(32), 1)])
def test_another_round_or_hub_deals_anew(key: bytes, epoch: int) -> None:
    """Rounds cannot be linked by numbers."""
    names = [f"isp-{number}" for number in range(20)]

    assert deal(key, epoch, names) != deal(KEY, 1, names)


def test_who_has_no_number_changes() -> None:
    """Of more members than numbers another part sits out each time."""
    names = {f"isp-{number}" for number in range(70)}
    out = [frozenset(names - deal(KEY, epoch, names).keys()) for epoch in range(3)]

    assert {len(each) for each in out} == {70 - LAST_NUMBER}
    assert len(set(out)) == 3

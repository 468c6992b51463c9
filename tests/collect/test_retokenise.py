"""Records under another key: what is a pseudonym becomes another one, all else stays."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from builders import conversation, conversations
from hinomi.collect.retokenise import Retokeniser
from hinomi.govern.pseudonym import LineCipher
from hinomi.model.address import Address
from hinomi.model.flow import CONVERSATIONS

OLD, NEW = LineCipher.create(), LineCipher.create()
HALVES = st.integers(-(2**63), 2**63 - 1)
PSEUDONYMS = {"line_hi", "line_lo", "line_net", "remote_hi", "remote_lo"}


@given(st.lists(st.tuples(HALVES, HALVES, st.integers(0, 1)), max_size=20))
def test_a_line_has_the_pseudonym_that_the_new_key_gives_it(
    ends: list[tuple[int, int, int]],
) -> None:
    """As if it had been taken in under the new key; remote ends outside stay in plain."""
    rows = []
    for hi, lo, own in ends:
        line = OLD.tokenise_one(Address(hi, lo))
        rows.append(
            conversation(
                line_hi=line.hi,
                line_lo=line.lo,
                remote_hi=line.hi if own else hi,
                remote_lo=line.lo if own else lo,
                remote_own=own,
            )
        )
    before = conversations(rows)

    after = Retokeniser(OLD, NEW).batch(before)

    for row, (hi, lo, own) in zip(after.to_pylist(), ends, strict=True):
        new = NEW.tokenise_one(Address(hi, lo))
        assert (row["line_hi"], row["line_lo"]) == (new.hi, new.lo)
        assert (row["remote_hi"], row["remote_lo"]) == ((new.hi, new.lo) if own else (hi, lo))
    for name in set(CONVERSATIONS.names) - PSEUDONYMS:
        assert after.column(name).equals(before.column(name))


@given(HALVES, HALVES)
def test_there_and_back_is_where_it_was(hi: int, lo: int) -> None:
    """One pseudonym has one form under each key."""
    old = OLD.tokenise_one(Address(hi, lo))

    new = Retokeniser(OLD, NEW).one(old)

    assert new == NEW.tokenise_one(Address(hi, lo))
    assert Retokeniser(NEW, OLD).one(new) == old


def test_networks_are_hashed_under_the_new_key() -> None:
    """Lines of one network still share one, which is another than before."""
    plain = [Address(0, 0xFFFF_C000_0201), Address(0, 0xFFFF_C000_0909)]
    lines = [OLD.tokenise_one(each) for each in plain]
    rows = [conversation(line_hi=each.hi, line_lo=each.lo, line_net=7) for each in lines]

    nets = Retokeniser(OLD, NEW).batch(conversations(rows)).column("line_net").to_numpy()

    assert np.unique(nets).size == 1
    assert nets[0] != 7

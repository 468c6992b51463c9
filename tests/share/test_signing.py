"""Who said what to whom in which epoch: a signature under one thing is under no other."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.govern.note import SEED_BYTES, BadNote, Note, Signer, parse_signatures
from hinomi.model.statement import Deed
from hinomi.share.signing import Signed
from statements import DAYS, DIGESTS, EPOCHS

SIGNER = Signer("isp-a/statements", bytes(SEED_BYTES))
OTHER = Signer("isp-a/statements", bytes([1]) * SEED_BYTES)
SIGNED = Signed(
    deed=Deed.SUBMISSION, hub="hub.example/list", member="isp-a", epoch=20_000, epoch_days=1,
    digest="0" * 64,
)  # fmt: skip


@given(deed=st.sampled_from(Deed), epoch=EPOCHS, days=DAYS, digest=DIGESTS)
def test_what_was_signed_comes_back(deed: Deed, epoch: int, days: int, digest: str) -> None:
    """And the same text always gets the same signature."""
    signed = replace(SIGNED, deed=deed, epoch=epoch, epoch_days=days, digest=digest)

    rendered = signed.sign(SIGNER)

    assert Signed.check(rendered, SIGNER.verifier, days) == signed
    assert signed.sign(SIGNER) == rendered


@pytest.mark.parametrize(
    "changed",
    [{"deed": Deed.SIGHTINGS}, {"hub": "other.example/list"}, {"member": "isp-b"},
     {"epoch": 20_001}, {"digest": "1" * 64}],
)  # fmt: skip
def test_each_fact_is_signed(changed: dict[str, Any]) -> None:
    """A signature moved under another fact does not hold."""
    signatures = SIGNED.sign(SIGNER).partition("\n\n")[2]
    moved = f"{replace(SIGNED, **changed).text()}\n{signatures}"

    with pytest.raises(BadNote):
        Signed.check(moved, SIGNER.verifier, 1)


def test_a_receipt_is_of_the_same_and_is_not_it() -> None:
    """What the hub signs for having it can be shown as no deed of the member."""
    receipt = SIGNED.receipt()

    assert receipt == replace(SIGNED, deed=Deed.RECEIPT)
    assert receipt.sign(SIGNER) != SIGNED.sign(SIGNER)


def test_another_key_of_the_same_name_is_not_believed() -> None:
    """The name is anybody's to write."""
    with pytest.raises(BadNote):
        Signed.check(SIGNED.sign(OTHER), SIGNER.verifier, 1)


@pytest.mark.parametrize(
    "text",
    [
        "hinomi gossip\nhub.example/list\nisp-a\n2024-10-04\n" + "0" * 64 + "\n",
        "hinomi submission\nhub.example/list\nisp-a\n2024-10-04\n",
        "hinomi submission\nhub.example/list\nisp-a\n2024-W40-5\n" + "0" * 64 + "\n",
        "hinomi submission\nhub.example/list\nisp-a\nsecret\n" + "0" * 64 + "\n",
    ],
)
def test_a_text_of_another_form_is_refused_though_it_is_signed(text: str) -> None:
    """A deed that there is not, a line too few, a day in another form."""
    rendered = Note(text, parse_signatures(SIGNER.sign(text))).render()

    with pytest.raises(BadNote) as caught:
        Signed.check(rendered, SIGNER.verifier, 1)

    assert "secret" not in str(caught.value)

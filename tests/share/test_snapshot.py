"""Snapshots as bytes: whole, signed, chained; nothing taken back, left out or told otherwise."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.errors import Conflict, MalformedDocument
from hinomi.govern.note import SEED_BYTES, BadNote, Note, Signer, parse_signatures
from hinomi.model.case import ServiceClass
from hinomi.model.listing import Listing
from hinomi.model.snapshot import NO_PREVIOUS, Snapshot
from hinomi.share.snapshot import (
    Head,
    check_head,
    head_of,
    parse_json,
    read_head,
    render_csv,
    render_json,
    require_body,
    require_next,
    sign_head,
)
from hubs import server
from statements import snapshots

SIGNER = Signer("hub.example/list", bytes(SEED_BYTES))
SNAPSHOT = Snapshot(
    hub="hub.example/list", number=1, epoch=20_000, epoch_days=1, previous=NO_PREVIOUS,
    listings=(Listing(server(1).address, 6, 443, ServiceClass.DEDICATED, 20_005),),
)  # fmt: skip


def head(number: int, previous: str | None = None, **changed: Any) -> Head:
    """Describe the head of a snapshot that follows on the one before."""
    plain = Head(
        hub="hub.example/list", number=number, epoch=20_000 + number, epoch_days=1,
        previous=previous or f"{number - 1:064x}", json_digest=f"{number:064x}",
        csv_digest="f" * 64,
    )  # fmt: skip
    return replace(plain, **changed)


@given(snapshot=snapshots())
def test_a_snapshot_comes_back_from_its_bytes(snapshot: Snapshot) -> None:
    """With its head, whose digests are over them; CSV has a line for each listing."""
    signer = Signer(snapshot.hub, bytes(SEED_BYTES))
    signed = sign_head(head_of(snapshot), signer)

    assert parse_json(render_json(snapshot)) == snapshot
    assert require_body(check_head(signed, signer.verifier), render_json(snapshot)) == snapshot
    assert read_head(signed) == head_of(snapshot)
    assert sign_head(head_of(snapshot), signer) == signed
    assert render_csv(snapshot).count(b"\n") == 1 + len(snapshot.listings)


def test_a_listing_has_five_facts_and_no_other() -> None:
    """R4: no time of a communication, no client."""
    told = json.loads(render_json(SNAPSHOT))

    assert told["listings"] == [
        {"address": "198.51.100.1", "class": "dedicated", "port": 443, "protocol": "tcp",
         "valid_until_epoch": "2024-10-09"}
    ]  # fmt: skip
    assert set(told) == {"format", "hub", "number", "epoch", "epoch_days", "previous", "listings"}


@pytest.mark.parametrize("name", ["first_seen", "clients", "x"])
def test_any_further_field_is_refused(name: str) -> None:
    """In a listing as well as beside them."""
    told = json.loads(render_json(SNAPSHOT))
    for place in (told, told["listings"][0]):
        place[name] = "secret"
        body = json.dumps(told, sort_keys=True, separators=(",", ":")).encode()
        with pytest.raises(MalformedDocument) as caught:
            parse_json(body)
        assert "secret" not in str(caught.value)
        del place[name]


@pytest.mark.parametrize(
    ("old", "new"),
    [(b'"port":443', b'"port":443.0'), (b'"port":443', b'"port":65536'), (b":443", b":-1"),
     (b":443", b":18446744073709551616"), (b":", b": "), (b'"number":1', b'"number":0'),
     (b"198.51.100.1", b"secret"), (b"dedicated", b"shared-host"), (b'"tcp"', b'"TCP"'),
     (b'"tcp"', b'"6"'), (b"2024-10-04", b"2024-W40-5"), (b'"epoch_days":1', b'"epoch_days":0'),
     (b'"number":1', b'"number":2147483648'), (b'"number":1', b'"number":' + b"9" * 5_000),
     (b'"epoch_days":1', b'"epoch_days":100000'), (b'"epoch_days":1', b'"epoch_days":' + b"9" * 40),
     (b"snapshot-1", b"snapshot-2"), (b'"port":443', b'"port":1,"port":443')],
)  # fmt: skip
def test_bytes_of_another_form_are_no_snapshot(old: bytes, new: bytes) -> None:
    """There is one text of a snapshot, so that there is one digest."""
    body = render_json(SNAPSHOT).replace(old, new)
    assert body != render_json(SNAPSHOT)

    with pytest.raises(MalformedDocument) as caught:
        parse_json(body)

    assert "secret" not in str(caught.value)


def test_a_list_that_is_not_the_signed_one_is_refused() -> None:
    """One listing more, or fewer, or under another number."""
    for other in (replace(SNAPSHOT, listings=()), replace(SNAPSHOT, number=2)):
        with pytest.raises(BadNote, match="digest"):
            require_body(head_of(SNAPSHOT), render_json(other))
    with pytest.raises(BadNote, match="something else of itself"):
        require_body(replace(head_of(SNAPSHOT), epoch=20_001), render_json(SNAPSHOT))


def test_a_head_is_the_hubs_own() -> None:
    """Signed by its key, and for the hub of that name."""
    foreign = Signer("other.example/list", bytes(SEED_BYTES))
    with pytest.raises(BadNote):
        check_head(sign_head(head_of(SNAPSHOT), foreign), SIGNER.verifier)
    with pytest.raises(BadNote, match="another hub"):
        check_head(sign_head(head_of(SNAPSHOT), foreign), foreign.verifier)


LINES = head_of(SNAPSHOT).text().splitlines()


@pytest.mark.parametrize(
    ("line", "wrong"),
    [(0, "hinomi gossip"), (2, "one"), (2, "9" * 5_000), (2, "0"), (2, "01"), (2, "\u0661"),
     (2, str(2**31)), (2, ""), (3, "2024-10-04 " + "9" * 5_000), (3, "2024-10-04 \u0661"),
     (3, "2024-10-04 01"), (3, "2024-10-04 100000"), (3, "2024-10-04"),
     (3, "2024-10-04 0"), (3, "secret 1"), (3, "2024-10-05 7"), (4, "0" * 63),
     (5, "G" * 64), (6, "")],
)  # fmt: skip
def test_a_text_of_another_form_is_no_head(line: int, wrong: str) -> None:
    """Though the hub itself signed it."""
    text = "\n".join([*LINES[:line], wrong, *LINES[line + 1 :], ""])
    rendered = Note(text, parse_signatures(SIGNER.sign(text))).render()

    with pytest.raises(BadNote) as caught:
        check_head(rendered, SIGNER.verifier)

    assert "secret" not in str(caught.value)


# --- The chain -----------------------------------------------------------------------------------


@given(first=st.integers(1, 50), count=st.integers(0, 20), holds=st.booleans())
def test_an_unbroken_chain_is_followed(first: int, count: int, holds: bool) -> None:  # noqa: FBT001 - drawn.
    """However many were missed; who has none begins anywhere."""
    heads = tuple(head(first + each) for each in range(1, count + 1))

    require_next(head(first) if holds else None, heads)


@given(count=st.integers(1, 12), data=st.data())
def test_every_gap_fork_and_step_back_is_refused(count: int, data: st.DataObject) -> None:
    """Wherever in the chain, and whatever it is that does not fit."""
    place = data.draw(st.integers(0, count - 1))
    wrong: dict[str, Any] = data.draw(
        st.sampled_from([
            {"number": place + 1}, {"number": place}, {"number": place + 3},
            {"previous": "e" * 64}, {"epoch": 20_000}, {"epoch": 20_000 + place + 1},
            {"hub": "other.example/list"},
        ])
    )  # fmt: skip
    heads = [head(each + 2) for each in range(count)]
    heads[place] = replace(heads[place], **wrong)

    with pytest.raises(Conflict):
        require_next(head(1), tuple(heads))


def test_a_repeated_offer_of_the_list_in_use_is_a_step_back() -> None:
    """Nothing comes after it: the caller asks for what is newer alone."""
    with pytest.raises(Conflict, match="went back"):
        require_next(head(3), (head(3),))
    require_next(head(3), ())

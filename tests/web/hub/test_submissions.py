"""What members send is taken once, by whoever signed it, and whatever comes breaks nothing."""

import base64
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hinomi.model.statement import Deed, Sighting, SightingStatement
from hinomi.services.hub.epochs import present_epoch
from hinomi.services.hub.founding import list_signer
from hinomi.share.canonical import digest
from hinomi.share.signing import Signed
from hinomi.web.hub.limits import Pace
from hinomi.web.hub.running import Hub
from openhub import DAY_MS, Node, SetClock, asking, endpoint, findings, sightings

DAY = "2026-01-01"
PATH = f"/v1/epochs/{DAY}/submission"
SEEN = f"/v1/epochs/{DAY}/sightings"
JSON = "application/json"


@pytest.fixture(name="epoch")
def an_epoch(hub: Hub, clock: SetClock) -> int:
    """Go on to the next day, whose list is not made; give the epoch that is spoken of."""
    clock.now_ms += DAY_MS
    return present_epoch(hub.home).spoken_of


def test_a_batch_is_taken_and_a_receipt_is_signed(hub: Hub, node: Node, epoch: int) -> None:
    """By the key of the list, over the very bytes; the same again gets the same."""
    body = findings(epoch)
    with asking(hub, node) as client:
        first, second = (
            client.put(PATH, body, JSON, headers=node.note(Deed.SUBMISSION, epoch, body))
            for _ in range(2)
        )

    told = first.json()
    signed = Signed.check(told["note"], list_signer(hub.home).verifier, 1)
    assert first.status_code == 200
    assert (told["epoch"], told["digest"], told["statements"]) == (DAY, digest(body), 5)
    assert (signed.deed, signed.member, signed.digest) == (Deed.RECEIPT, "isp-a", digest(body))
    assert second.content == first.content


def test_a_table_is_taken_as_well(hub: Hub, node: Node, epoch: int) -> None:
    """CSV, as a small provider uploads it."""
    rows = [f"2001:db8::{number:x},tcp,443" for number in range(1, 6)]
    body = "\n".join(["address,protocol,port", *rows, ""]).encode()
    with asking(hub, node) as client:
        answer = client.put(PATH, body, "text/csv", headers=node.note(Deed.SUBMISSION, epoch, body))

    assert answer.json()["statements"] == 5


def test_sightings_are_taken(hub: Hub, node: Node, epoch: int) -> None:
    """As JSON alone."""
    body = sightings(epoch, SightingStatement(endpoint=endpoint(1), sighting=Sighting.NOT_SEEN))
    with asking(hub, node) as client:
        headers = node.note(Deed.SIGHTINGS, epoch, body)
        assert client.put(SEEN, body, JSON, headers=headers).json()["statements"] == 1
        assert client.put(SEEN, body, "text/csv", headers=headers).status_code == 415


def test_another_batch_for_the_same_epoch_is_too_late(hub: Hub, node: Node, epoch: int) -> None:
    """What has changed goes into the next one."""
    with asking(hub, node) as client:
        statuses = [
            client.put(
                PATH, body, JSON, headers=node.note(Deed.SUBMISSION, epoch, body)
            ).status_code
            for body in (findings(epoch), findings(epoch, 6))
        ]

    assert statuses == [200, 409]


@pytest.mark.parametrize(
    "day", ["2025-12-31", "2026-01-02", "1969-12-31", "2026-02-30", "0000-00-00"]
)
def test_another_epoch_is_not_spoken_of_now(hub: Hub, node: Node, epoch: int, day: str) -> None:
    """Nor is a day that does not exist: the batch waits or is gone."""
    body = findings(epoch)
    with asking(hub, node) as client:
        answer = client.put(
            f"/v1/epochs/{day}/submission",
            body,
            JSON,
            headers=node.note(Deed.SUBMISSION, epoch, body),
        )

    assert answer.status_code in {403, 409}


@pytest.mark.parametrize(
    "day", ["today", "2026-W01-4", "20260101", "\uff12\uff10\uff12\uff16-01-01", "2026-1-1"]
)
def test_what_is_no_day_is_refused(hub: Hub, node: Node, epoch: int, day: str) -> None:
    """By its name."""
    body = findings(epoch)
    with asking(hub, node) as client:
        answer = client.put(
            f"/v1/epochs/{day}/submission",
            body,
            JSON,
            headers=node.note(Deed.SUBMISSION, epoch, body),
        )

    assert (answer.status_code, answer.json()) == (422, {"error": "not as it should be: epoch"})


@pytest.mark.parametrize("note", [None, "", "?", "QQ=", "A" * 5000])
def test_a_batch_without_a_note_is_refused(
    hub: Hub, node: Node, epoch: int, note: str | None
) -> None:
    """Missing, no base64, or too long."""
    headers = {} if note is None else {"Hinomi-Note": note}
    with asking(hub, node) as client:
        answer = client.put(PATH, findings(epoch), JSON, headers=headers)

    assert (answer.status_code, answer.json()) == (
        422,
        {"error": "not as it should be: Hinomi-Note"},
    )


@given(note=st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_a_note_that_nobody_signed_is_refused(hub: Hub, node: Node, note: bytes) -> None:
    """Whatever bytes it is of."""
    headers = {"Hinomi-Note": base64.b64encode(note or b"x").decode()}
    hub.pace = Pace(10**6)
    with asking(hub, node) as client:
        assert client.put(PATH, b"{}", JSON, headers=headers).status_code == 403


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=8,
)
FINDING = st.fixed_dictionaries(
    {},
    optional={
        "address": st.sampled_from(["2001:db8::1", "192.0.2.1", "192.0.2.01", "::ffff:192.0.2.1"])
        | VALUES,
        "protocol": st.sampled_from(["tcp", "TCP", "udp", "6"]) | VALUES,
        "port": st.integers(-1, 70_000) | VALUES,
        "class": VALUES,
        "seen": VALUES,
    },
)
DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "format": st.sampled_from(["hinomi-submission-1", "hinomi-sightings-1"]) | VALUES,
        "epoch": st.sampled_from([DAY, "2025-12-31"]) | VALUES,
        "findings": st.lists(FINDING, max_size=6) | VALUES,
        "sightings": st.lists(FINDING, max_size=3) | VALUES,
        "snapshot": VALUES,
    },
)
BODIES = (
    st.binary(max_size=300)
    | DOCUMENTS.map(lambda document: json.dumps(document).encode())
    | st.lists(st.text(max_size=20), max_size=5).map(
        lambda rows: "\n".join(["address,protocol,port", *rows]).encode("utf-8", "replace")
    )
    | st.sampled_from([
        b"[" * 100_000,
        b'{"findings":' * 50_000,
        b'{"format":"hinomi-submission-1","epoch":"2026-01-01","findings":[]}' + b" " * 1000,
        b"address,protocol,port\n192.0.2.1,tcp," + b"9" * 5000,
        b"address,protocol,port\n" + b'"' * 200_000,
        b"address,protocol,port\n\x00,\x00,\x00",
        b"\xef\xbb\xbfaddress,protocol,port\r\n",
    ])
)  # fmt: skip


@given(body=BODIES, media=st.sampled_from([JSON, "text/csv"]), seen=st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=250)
def test_whatever_a_member_signs_is_taken_or_refused(
    hub: Hub, node: Node, clock: SetClock, *, body: bytes, media: str, seen: bool
) -> None:
    """Never an error of the hub's, and no address is repeated in a refusal."""
    clock.now_ms = 1_767_268_800_000 + DAY_MS
    epoch = present_epoch(hub.home).spoken_of
    deed, path = (Deed.SIGHTINGS, SEEN) if seen else (Deed.SUBMISSION, PATH)
    hub.pace = Pace(10**6)
    with asking(hub, node) as client:
        answer = client.put(path, body, media, headers=node.note(deed, epoch, body))

    assert answer.status_code in {200, 409, 415, 422}, answer.text
    if answer.status_code != 200:
        assert list(answer.json()) == ["error"]
        assert "192.0.2.1" not in answer.text


def test_an_acknowledgement_is_kept(hub: Hub, node: Node) -> None:
    """Signed over the list's digest, in the epoch of the list; again, it is not journalled."""
    told = hub.casebook.hub.snapshots.get(1)
    note = node.sign_digest(Deed.ACKNOWLEDGEMENT, told.epoch, told.digest)
    with asking(hub, node) as client:
        answers = [
            client.put("/v1/snapshots/1/acknowledgement", note, "text/plain") for _ in range(2)
        ]

    assert [each.json() for each in answers] == [{"number": 1}, {"number": 1}]
    assert hub.casebook.hub.snapshots.acknowledged() == {"isp-a": 1}
    entries = [each for each in hub.home.journal().entries() if "acknowledgement" in each.values()]
    assert len(entries) == 1


@pytest.mark.parametrize(
    ("deed", "days", "told"),
    [
        (Deed.ACKNOWLEDGEMENT, 0, "0" * 64),
        (Deed.ACKNOWLEDGEMENT, -1, None),
        (Deed.RECEIPT, 0, None),
    ],
)
def test_an_acknowledgement_of_something_else_is_none(
    hub: Hub, node: Node, deed: Deed, days: int, told: str | None
) -> None:
    """Of another list, another epoch, or another deed."""
    found = hub.casebook.hub.snapshots.get(1)
    note = node.sign_digest(deed, found.epoch + days, told or found.digest)
    with asking(hub, node) as client:
        answer = client.put("/v1/snapshots/1/acknowledgement", note, "text/plain")

    assert answer.status_code == 403
    assert hub.casebook.hub.snapshots.acknowledged() == {}


def test_an_acknowledgement_of_no_list_is_not_found(hub: Hub, node: Node) -> None:
    """Whatever was signed."""
    with asking(hub, node) as client:
        answer = client.put("/v1/snapshots/9/acknowledgement", "x", "text/plain")

    assert answer.status_code == 404

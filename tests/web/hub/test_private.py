"""Rounds over HTTP: one's own number, tables of one length, one's own answer."""

from dataclasses import replace

import pytest

from hinomi.model.statement import Deed
from hinomi.services.hub.epochs import present_epoch
from hinomi.services.hub.founding import list_signer
from hinomi.services.hub.publishing import publish
from hinomi.share.canonical import digest
from hinomi.share.private.rounds import Round
from hinomi.share.signing import Signed
from hinomi.web.hub.running import Hub
from openhub import DAY_MS, Node, SetClock, asking, endpoint, join, put_snapshot
from roundhubs import CAPACITY, document, opened, with_values

DAY = "2026-01-01"
TABLES = f"/v1/rounds/{DAY}/tables"
ANSWER = f"/v1/rounds/{DAY}/answer"
BYTES = "application/octet-stream"
SERVERS = [endpoint(number) for number in range(5)]
NAMES = ("isp-a", "isp-b", "isp-c")


@pytest.fixture(name="on")
def rounds_on(hub: Hub, node: Node, clock: SetClock) -> tuple[Hub, dict[str, Node]]:
    """Turn rounds on at a hub with three members, on the next day."""
    clock.now_ms += DAY_MS
    serving = hub.serving
    serving.home = with_values(
        serving.home, {"hub.private_threshold": 3, "hub.private_capacity": CAPACITY}
    )
    nodes = {"isp-a": node, **{name: join(hub.casebook, name) for name in NAMES[1:]}}
    return hub, nodes


def seated(hub: Hub, node: Node) -> tuple[Round, int]:
    """Ask for the round; give it, and the number."""
    with asking(hub, node) as client:
        told = client.get("/v1/round").json()
    epoch = present_epoch(hub.home).spoken_of
    return Round(told["hub"], epoch, told["threshold"], told["capacity"]), told["number"]


def test_a_member_is_told_its_own_number_alone(on: tuple[Hub, dict[str, Node]]) -> None:
    """Hub, epoch, threshold, capacity, length; nothing of how many others there are."""
    hub, nodes = on
    with asking(hub, nodes["isp-a"]) as client:
        told = client.get("/v1/round").json()

    assert told == {
        "format": "hinomi-round-2", "hub": list_signer(hub.home).verifier.render(), "epoch": DAY,
        "threshold": 3, "capacity": CAPACITY, "number": told["number"],
        "tables_bytes": 66 + 22 * 3 * CAPACITY * 12,
    }  # fmt: skip
    assert 1 <= told["number"] <= 63


def test_three_members_learn_what_all_of_them_have(on: tuple[Hub, dict[str, Node]]) -> None:
    """Their tables get a receipt, and when the list is made each has its answer."""
    hub, nodes = on
    seats = {}
    for number, (name, node) in enumerate(nodes.items()):
        agreed, seat = seats[name] = seated(hub, node)
        body = document(agreed, seat, SERVERS[: 3 + number])
        note = node.note(Deed.TABLES, agreed.epoch, body)
        with asking(hub, node) as client:
            told = [client.put(TABLES, body, BYTES, headers=note) for _ in range(2)]
            assert client.get(ANSWER).status_code == 404
        signed = Signed.check(told[0].json()["note"], list_signer(hub.home).verifier, 1)
        assert (signed.deed, signed.member, signed.digest) == (Deed.RECEIPT, name, digest(body))
        assert told[0].content == told[1].content
    publish(hub.home)

    for number, (name, node) in enumerate(nodes.items()):
        agreed, seat = seats[name]
        with asking(hub, node) as client:
            given = client.get(ANSWER)
            assert client.get("/v1/round").status_code == 409
        assert given.headers["content-type"] == BYTES
        found = opened(agreed, seat, SERVERS[: 3 + number], given.content)
        assert found == set(SERVERS[:3])


@pytest.mark.parametrize("length", [0, 1, -1])
def test_another_length_is_refused(on: tuple[Hub, dict[str, Node]], length: int) -> None:
    """Before it is read, where it is told before."""
    hub, nodes = on
    agreed, seat = seated(hub, nodes["isp-a"])
    body = document(agreed, seat, SERVERS)
    sent = b"" if length == 0 else body + b"x" if length > 0 else body[:-1]
    with asking(hub, nodes["isp-a"]) as client:
        note = nodes["isp-a"].note(Deed.TABLES, agreed.epoch, sent)
        answer = client.put(TABLES, sent, BYTES, headers=note)

    assert answer.status_code == 422
    assert answer.json() == {"error": f"this document has exactly {len(body):,} bytes"}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/rounds/2026-01-02/tables", 409),  # No round of this epoch.
        ("/v1/rounds/2026-13-01/tables", 409),  # No day.
        ("/v1/rounds/yesterday/tables", 409),
    ],
)
def test_a_round_that_is_none_takes_nothing(
    on: tuple[Hub, dict[str, Node]], path: str, status: int
) -> None:
    """In one line."""
    hub, nodes = on
    seated(hub, nodes["isp-a"])
    with asking(hub, nodes["isp-a"]) as client:
        note = nodes["isp-a"].note(Deed.TABLES, 1, b"")
        answer = client.put(path, b"", BYTES, headers=note)

    assert answer.status_code == status
    assert list(answer.json()) == ["error"]


def test_nobody_gets_anothers_answer_or_sends_its_tables(
    on: tuple[Hub, dict[str, Node]],
) -> None:
    """There is no name in a path; what another one signed is refused."""
    hub, nodes = on
    agreed, seat = seated(hub, nodes["isp-a"])
    body = document(agreed, seat, SERVERS)
    note = nodes["isp-a"].note(Deed.TABLES, agreed.epoch, body)
    with asking(hub, nodes["isp-b"]) as client:
        headers = {**note, **nodes["isp-b"].headers}
        assert client.put(TABLES, body, BYTES, headers=headers).status_code == 403
        own = replace(nodes["isp-b"]).note(Deed.TABLES, agreed.epoch, body)
        assert client.put(TABLES, body, BYTES, headers=own).status_code == 422


def test_what_is_not_bytes_is_not_taken(on: tuple[Hub, dict[str, Node]]) -> None:
    """Another media type: 415."""
    hub, nodes = on
    seated(hub, nodes["isp-a"])
    with asking(hub, nodes["isp-a"]) as client:
        note = nodes["isp-a"].note(Deed.TABLES, 1, b"{}")
        assert client.put(TABLES, b"{}", "application/json", headers=note).status_code == 415


def test_once_the_list_is_made_no_round_begins(hub: Hub, node: Node, clock: SetClock) -> None:
    """What is off says so whatever day it is."""
    clock.now_ms += DAY_MS
    put_snapshot(hub.home, hub.casebook)
    with asking(hub, node) as client:
        assert {client.get(path).status_code for path in ("/v1/round", ANSWER)} == {404}

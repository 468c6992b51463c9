"""The door takes the certificate from TLS and the token from a header, twice where it is long."""

import base64
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Final

import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st

from hinomi.errors import NotPermitted
from hinomi.model.member import MemberState, Outlet
from hinomi.model.statement import Deed, Sighting, SightingStatement
from hinomi.services.hub.doors import Unknown
from hinomi.services.hub.epochs import present_epoch
from hinomi.share.private.rounds import Round
from hinomi.web.hub.door import PEER, admits, peer_of
from hinomi.web.hub.running import Hub
from openhub import DAY_MS, Node, SetClock, asking, endpoint, findings, join, node_of, sightings
from roundhubs import CAPACITY, document, with_values


def asked(fingerprint: str | None, authorization: str) -> Request:
    """Make a request."""
    return Request(
        {
            "type": "http",
            "headers": [(b"authorization", authorization.encode("latin-1"))],
            "extensions": {PEER: fingerprint},
        }
    )


def test_bearer_and_basic_carry_the_same_token(hub: Hub, node: Node) -> None:
    """The user's name of Basic is not looked at, and may be empty."""
    come_in = admits(hub, Outlet.SNAPSHOT)
    basics = [
        base64.b64encode(f"{user}:{node.token}".encode()).decode() for user in ("", "isp-b", "x")
    ]
    for said in (f"Bearer {node.token}", f"bearer  {node.token} ", *(f"Basic {b}" for b in basics)):
        assert come_in(asked(node.fingerprint, said)).member.name == "isp-a"


@given(said=st.text(st.characters(max_codepoint=255), max_size=60))
def test_whatever_a_header_says_is_a_token_or_none(said: str) -> None:
    """Nothing else is raised, and nobody comes in."""
    hub_free = asked(None, said)

    assert peer_of(hub_free.scope) is None


@pytest.mark.parametrize("scope", [{}, {"extensions": None}, {"extensions": {}}, None, 1])
def test_a_scope_without_a_certificate_is_nobodys(scope: object) -> None:
    """Also one that TLS never saw."""
    assert peer_of(scope) is None


@pytest.mark.parametrize("said", ["", "Bearer", "Basic", "Basic ????", "Basic //8=", "Digest x"])
def test_a_header_without_a_token_is_refused(hub: Hub, node: Node, said: str) -> None:
    """As if there were none."""
    with pytest.raises(Unknown):
        admits(hub, None)(asked(node.fingerprint, said))


def test_a_refusal_stands_in_the_journal_and_slows_down(hub: Hub, node: Node) -> None:
    """By the certificate and the door; never the token."""
    few = join(hub.casebook, "isp-b", outlets=(Outlet.SUBMIT,))
    with pytest.raises(NotPermitted):
        admits(hub, Outlet.SNAPSHOT)(asked(few.fingerprint, f"Bearer {few.token}"))
    with pytest.raises(Unknown):
        admits(hub, None)(asked(node.fingerprint, "Bearer not-it"))

    told = [each for each in hub.home.journal().entries() if "refused" in each]
    assert [(each["node"], each["door"]) for each in told] == [
        (few.fingerprint[:16], "snapshot"),
        (node.fingerprint[:16], "any"),
    ]
    assert "not-it" not in str(told)


DAY: Final = "2026-01-01"


@dataclass(frozen=True, slots=True)
class Sent:
    """A document that a member's node puts somewhere."""

    path: str
    media: str
    body: bytes
    headers: dict[str, str]


def acknowledgement(hub: Hub, node: Node) -> Sent:
    """Sign that snapshot 1 is in use."""
    told = hub.casebook.hub.snapshots.get(1)
    note = node.sign_digest(Deed.ACKNOWLEDGEMENT, told.epoch, told.digest)
    path = "/v1/snapshots/1/acknowledgement"
    return Sent(path, "text/plain", note.encode(), node.headers)


def batch(hub: Hub, node: Node) -> Sent:
    """Sign a batch of findings."""
    epoch = present_epoch(hub.home).spoken_of
    body = findings(epoch)
    headers = node.note(Deed.SUBMISSION, epoch, body)
    return Sent(f"/v1/epochs/{DAY}/submission", "application/json", body, headers)


def feedback(hub: Hub, node: Node) -> Sent:
    """Sign sightings."""
    epoch = present_epoch(hub.home).spoken_of
    seen = SightingStatement(endpoint=endpoint(1), sighting=Sighting.NOT_SEEN)
    body = sightings(epoch, seen)
    headers = node.note(Deed.SIGHTINGS, epoch, body)
    return Sent(f"/v1/epochs/{DAY}/sightings", "application/json", body, headers)


def tables(hub: Hub, node: Node) -> Sent:
    """Sign tables of the round that is open."""
    with asking(hub, node) as client:
        told = client.get("/v1/round").json()
    epoch = present_epoch(hub.home).spoken_of
    agreed = Round(told["hub"], epoch, told["threshold"], told["capacity"])
    body = document(agreed, told["number"], [endpoint(1)])
    headers = node.note(Deed.TABLES, epoch, body)
    return Sent(f"/v1/rounds/{DAY}/tables", "application/octet-stream", body, headers)


def suspend(hub: Hub, node: Node) -> None:
    """Suspend the member, as `hinomi hub member suspend` does."""
    hub.casebook.hub.members.set_state(
        node.member, MemberState.SUSPENDED, among={MemberState.ADMITTED}
    )


def revoke(hub: Hub, node: Node) -> None:
    """Revoke its certificate."""
    hub.casebook.hub.members.revoke(node.fingerprint)


def replace_key(hub: Hub, node: Node) -> None:
    """Give it another key of its signatures."""
    member = hub.casebook.hub.members.get(node.member)
    key = node_of("another").signer.verifier.render()
    hub.casebook.hub.members.put(replace(member, signing_key=key))


def put(hub: Hub, node: Node, sent: Sent, meanwhile: Callable[[Hub, Node], None]) -> int:
    """Send the head and ten bytes, let *meanwhile* happen, send the rest; give the status."""

    async def come() -> AsyncIterator[bytes]:
        yield sent.body[:10]
        meanwhile(hub, node)
        yield sent.body[10:]

    headers = {**sent.headers, "Content-Type": sent.media, "Content-Length": str(len(sent.body))}
    with asking(hub, node) as client:
        return client.request("PUT", sent.path, content=come(), headers=headers).status_code


def kept(hub: Hub) -> list[object]:
    """Give all that a hub has of what its members said, and what its journal says came in."""
    noted = [each for each in hub.home.journal().entries() if each["operation"] == "hub intake"]
    book = hub.casebook.hub
    batches, words = book.batches.index(), book.snapshots.acknowledgements()
    return [*noted, *batches, *words, *book.rounds.take_out(present_epoch(hub.home).number)]


@pytest.mark.parametrize("make", [acknowledgement, batch, feedback, tables])
@pytest.mark.parametrize("meanwhile", [suspend, revoke, replace_key, lambda _hub, _node: None])
def test_who_may_come_in_is_asked_again_when_a_document_is_here(
    hub: Hub,
    node: Node,
    clock: SetClock,
    make: Callable[[Hub, Node], Sent],
    meanwhile: Callable[[Hub, Node], None],
) -> None:
    """Suspended, revoked, or with another key while it was on its way: nothing of it is kept."""
    clock.now_ms += DAY_MS
    values = {"hub.private_threshold": 3, "hub.private_capacity": CAPACITY}
    hub.serving.home = with_values(hub.home, values)
    for name in ("isp-b", "isp-c"):
        join(hub.casebook, name)
    sent = make(hub, node)

    status = put(hub, node, sent, meanwhile)

    if meanwhile in (suspend, revoke, replace_key):
        assert (status, kept(hub)) == (403, [])
    else:
        assert status == 200
        assert len(kept(hub)) == 2

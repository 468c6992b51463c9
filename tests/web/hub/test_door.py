"""The door takes the certificate from TLS and the token from a header."""

import base64

import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st

from hinomi.errors import NotPermitted
from hinomi.model.member import Outlet
from hinomi.services.hub.doors import Unknown
from hinomi.web.hub.door import PEER, admits, peer_of
from hinomi.web.hub.running import Hub
from openhub import Node, join


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

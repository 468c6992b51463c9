"""The figures over HTTP: to each member its own, in whole numbers."""

from hinomi.web.hub.running import Hub
from openhub import Node, asking, join


def test_a_member_is_told_the_figures_of_the_newest_list(hub: Hub, node: Node) -> None:
    """Which is noted as read; it names no other member and no server."""
    join(hub.casebook, "isp-b")
    size = hub.home.journal().head().size
    with asking(hub, node) as client:
        answer = client.get("/v1/figures")

    told = answer.json()
    assert answer.status_code == 200
    assert (told["number"], told["listed"]) == (1, 3)
    assert told["you"]["behind"] == -1
    assert "isp-b" not in answer.text
    assert "198.51" not in answer.text
    assert hub.home.journal().head().size == size + 1


def test_asked_again_they_are_the_same(hub: Hub, node: Node) -> None:
    """They are counted once."""
    with asking(hub, node) as client:
        assert client.get("/v1/figures").content == client.get("/v1/figures").content

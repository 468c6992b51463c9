"""The list as it was signed: heads, JSON, CSV, envelopes, each read in the journal."""

import shutil
from pathlib import Path

import pytest

from hinomi.services.hub.founding import envelope_signer, identity_key, list_signer
from hinomi.share.canonical import digest
from hinomi.share.envelope import check_envelope, trace
from hinomi.share.snapshot import check_head, parse_json, require_body
from hinomi.web.hub.running import Hub
from openhub import DAY_MS, Node, SetClock, asking, join, make_hub, put_snapshot


def test_head_and_bodies_belong_together(hub: Hub, node: Node) -> None:
    """A member can check everything by the hub's public key alone."""
    with asking(hub, node) as client:
        rendered = client.get("/v1/snapshots/1/head").text
        told = client.get("/v1/snapshots/1/listings.json").content
        table = client.get("/v1/snapshots/1/listings.csv").content
        latest = client.get("/v1/snapshots/latest").json()

    head = check_head(rendered, list_signer(hub.home).verifier)
    assert require_body(head, told) == parse_json(told)
    assert digest(table) == head.csv_digest
    assert latest == {"number": 1, "head": rendered}


def test_heads_come_by_number_and_in_pages(hub: Hub, node: Node, clock: SetClock) -> None:
    """After a number, so many at most, and always how far it goes."""
    for _ in range(4):
        clock.now_ms += DAY_MS
        put_snapshot(hub.home, hub.casebook)
    with asking(hub, node) as client:
        pages = [
            client.get("/v1/snapshots", params={"after": after, "most": most}).json()
            for after, most in ((0, 2), (2, 2), (4, 2), (5, 2), (99, 1000))
        ]

    assert [[each["number"] for each in page["heads"]] for page in pages] == [
        [1, 2], [3, 4], [5], [], [],
    ]  # fmt: skip
    assert {page["newest"] for page in pages} == {5}


@pytest.mark.parametrize(
    "query", ["after=-1", "most=0", "most=1001", "after=x", f"after={2**31}", "after=1e3"]
)
def test_a_page_that_cannot_be_is_refused(hub: Hub, node: Node, query: str) -> None:
    """By the parameter's name."""
    with asking(hub, node) as client:
        answer = client.get(f"/v1/snapshots?{query}")

    assert answer.status_code == 422
    assert answer.json() == {"error": f"not as it should be: {query.partition('=')[0]}"}


@pytest.mark.parametrize("form", ["head", "listings.json", "listings.csv", "envelope"])
@pytest.mark.parametrize(
    ("number", "status"), [("2", 404), ("2147483647", 404), ("0", 422), ("2147483648", 422),
                           ("x", 422), ("1.5", 422), ("9" * 5000, 422)],
)  # fmt: skip
def test_a_number_that_is_not_there(
    hub: Hub, node: Node, form: str, number: str, status: int
) -> None:
    """Not found, or no number; nothing is noted as read."""
    before = hub.home.journal().head().size
    with asking(hub, node) as client:
        assert client.get(f"/v1/snapshots/{number}/{form}").status_code == status

    assert hub.home.journal().head().size == before


def test_where_nothing_was_published_there_is_no_latest(tmp_path: Path) -> None:
    """A hub on its first day."""
    home = make_hub(tmp_path / "new")
    with home.casebook() as casebook:
        node = join(casebook, "isp-a")
        with asking(Hub(home, casebook), node) as client:
            assert client.get("/v1/snapshots/latest").status_code == 404
            assert client.get("/v1/snapshots").json() == {"heads": [], "newest": 0}


def test_every_read_of_the_list_is_noted_before(hub: Hub, node: Node) -> None:
    """Also of one that the member has already."""
    with asking(hub, node) as client:
        tag = client.get("/v1/snapshots/1/listings.json").headers["etag"]
        again = client.get("/v1/snapshots/1/listings.json", headers={"If-None-Match": tag})
        client.get("/v1/snapshots/1/listings.csv")
        client.get("/v1/snapshots/1/envelope")

    told = [each for each in hub.home.journal().entries() if "given" in each]
    assert again.status_code == 304
    assert [(each["member"], each["given"], each["number"]) for each in told] == [
        ("isp-a", "listings.json", 1),
        ("isp-a", "listings.json", 1),
        ("isp-a", "listings.csv", 1),
        ("isp-a", "envelope", 1),
    ]


def test_what_cannot_be_noted_is_not_given(hub: Hub, node: Node) -> None:
    """A journal that is gone, a full disk: 503, and not a byte of the list."""
    with asking(hub, node) as client:
        client.get("/v1/snapshots/1/listings.json")
        shutil.rmtree(hub.home.folder / "journal")
        answers = [
            client.get(f"/v1/snapshots/1/{form}")
            for form in ("listings.json", "listings.csv", "envelope")
        ]

    assert [each.status_code for each in answers] == [503, 503, 503]
    assert all(list(each.json()) == ["error"] for each in answers)
    assert str(hub.home.folder) not in "".join(each.text for each in answers)


def test_all_members_get_the_same_bytes(hub: Hub, node: Node) -> None:
    """Of everything but the envelope."""
    other = join(hub.casebook, "isp-b")
    lists = ("listings.json", "listings.csv", "head")
    paths = ["/v1/hub", "/v1/snapshots", "/v1/snapshots/latest"]
    paths += [f"/v1/snapshots/1/{form}" for form in lists]
    for path in paths:
        said = []
        for each in (node, other):
            with asking(hub, each) as client:
                answer = client.get(path)
            said.append((answer.content, list(answer.headers.multi_items())))
        assert said[0] == said[1], path


def test_an_envelope_names_the_member_it_was_made_for(hub: Hub, node: Node) -> None:
    """Signed, over this list, with a mark that leads back; always the same bytes."""
    other = join(hub.casebook, "isp-b")
    found = []
    for each in (node, other, node):
        with asking(hub, each) as client:
            found.append(client.get("/v1/snapshots/1/envelope").text)
    envelope = check_envelope(found[0], envelope_signer(hub.home).verifier)

    assert (envelope.member, envelope.number) == ("isp-a", 1)
    assert envelope.digest == hub.casebook.hub.snapshots.get(1).digest
    assert trace(envelope.mark, identity_key(hub.home), ("isp-b", "isp-a"), [1]) == ("isp-a", 1)
    assert found[0] == found[2] != found[1]

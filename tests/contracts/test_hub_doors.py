"""Every route of the hub against everybody who may come: what each gets, and that none is open."""

import base64
import functools
import itertools
import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import pytest

from hinomi.hub.taxii import MEDIA_TYPE, NO_WRITING
from hinomi.hub.taxiiquery import OF_OBJECTS, parse_query
from hinomi.model.member import MemberKind, MemberState, Outlet, Use
from hinomi.model.statement import Deed
from hinomi.services.hub.editions import Editions
from hinomi.store.casebook import CaseBook
from hinomi.store.database import open_shared_database
from hinomi.web.hub.app import create_app
from hinomi.web.hub.elsewhere import METHODS, NOT_SO, Elsewhere
from hinomi.web.hub.running import Hub
from openhub import (
    Node,
    SetClock,
    add_credential,
    asking,
    configure,
    findings,
    join,
    make_hub,
    node_of,
    put_snapshot,
    routes_of,
    sightings,
)
from postgres import Server

DAY: Final = "2026-01-01"
"""The epoch that members speak of on 2026-01-02."""


@dataclass(frozen=True, slots=True)
class Door:
    """What lets in at a route, and what it says to whoever is in."""

    outlet: Outlet | None  # None: any admitted node with leave for something.
    welcome: int = 200
    says: str = ""  # Where it is an error: what is not done here is told to those who are in.


TAXII: Final = Door(Outlet.TAXII)
READ_ONLY: Final = Door(Outlet.TAXII, 403, NO_WRITING)
NOTHING: Final = Door(
    Outlet.TAXII, 404, "nothing is here; /taxii2/ says what there is, with slashes at ends"
)
NOWHERE: Final = Door(None, 404, "there is nothing at this address")
NO_ROUNDS: Final = Door(
    Outlet.SUBMIT, 404, "this hub makes no private corroboration (hub.private_threshold is 0)"
)
COLLECTION: Final = "/taxii2/list/collections/{collection}/"

EVERY_METHOD: Final = (*METHODS, "TRACE", "PROPFIND", "FOO")
"""All that a route may take, and some that none takes: HEAD is GET."""

DOORS: Final[dict[tuple[str, str], Door]] = {
    ("GET", "/v1/hub"): Door(None),
    ("GET", "/openapi.json"): Door(None),
    ("GET", "/v1/snapshots"): Door(Outlet.SNAPSHOT),
    ("GET", "/v1/snapshots/latest"): Door(Outlet.SNAPSHOT),
    ("GET", "/v1/snapshots/{number}/head"): Door(Outlet.SNAPSHOT),
    ("GET", "/v1/snapshots/{number}/listings.json"): Door(Outlet.SNAPSHOT),
    ("GET", "/v1/snapshots/{number}/listings.csv"): Door(Outlet.SNAPSHOT),
    ("GET", "/v1/snapshots/{number}/listings.txt"): Door(Outlet.PLAIN),
    ("GET", "/v1/snapshots/{number}/zone.rpz"): Door(Outlet.RPZ),
    ("GET", "/v1/snapshots/{number}/envelope"): Door(Outlet.SNAPSHOT),
    ("GET", "/v1/figures"): Door(Outlet.FIGURES),
    ("GET", "/misp/manifest.json"): Door(Outlet.MISP),
    ("GET", "/misp/hashes.csv"): Door(Outlet.MISP),
    ("GET", "/misp/{event}.json"): Door(Outlet.MISP),
    ("GET", "/taxii2/"): TAXII,
    ("GET", "/taxii2/list/"): TAXII,
    ("GET", "/taxii2/list/status/{status}/"): Door(
        Outlet.TAXII, 404, "nothing is added here, so that there is no status of it"
    ),
    ("GET", "/taxii2/list/collections/"): TAXII,
    ("GET", COLLECTION): TAXII,
    ("GET", COLLECTION + "manifest/"): TAXII,
    ("GET", COLLECTION + "objects/"): TAXII,
    ("GET", COLLECTION + "objects/{name}/"): TAXII,
    ("GET", COLLECTION + "objects/{name}/versions/"): TAXII,
    ("POST", COLLECTION + "objects/"): READ_ONLY,
    ("DELETE", COLLECTION + "objects/{name}/"): READ_ONLY,
    **{(method, "/taxii2/{rest:path}"): NOTHING for method in EVERY_METHOD},
    **{(method, "/{rest:path}"): NOWHERE for method in EVERY_METHOD},
    ("PUT", "/v1/snapshots/{number}/acknowledgement"): Door(Outlet.SNAPSHOT),
    ("PUT", "/v1/epochs/{epoch}/submission"): Door(Outlet.SUBMIT),
    ("PUT", "/v1/epochs/{epoch}/sightings"): Door(Outlet.FEEDBACK),
    ("GET", "/v1/round"): NO_ROUNDS,
    ("PUT", "/v1/rounds/{epoch}/tables"): NO_ROUNDS,
    ("GET", "/v1/rounds/{epoch}/answer"): NO_ROUNDS,
}

ROUTES: Final = sorted(DOORS)

IN: Final = 200
"""What `ask` gives for the answer that a route has for those who are in."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"], name="hub")
def a_hub(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hub]:
    """Give a hub whose members may ask as often as tests like, with the list of yesterday."""
    folder = tmp_path_factory.mktemp("doors") / "hub"
    clock = SetClock()
    home = make_hub(folder, clock)
    home = replace(
        home,
        config=configure(folder, requests_per_minute=1_000_000),
        # Also the zone, which the register that ships keeps shut.
        register=home.register.with_value("hub.outlets", " ".join(Outlet), decided_by="a test"),
    )
    with ExitStack() as stack:
        if request.param == "sqlite":
            casebook = stack.enter_context(home.casebook())
        else:
            server: Server = request.getfixturevalue("postgres_server")
            conninfo = stack.enter_context(server.database("doors"))
            casebook = stack.enter_context(CaseBook(open_shared_database(conninfo)))
        put_snapshot(home, casebook)
        clock.now_ms += 86_400_000
        yield Hub(home, casebook)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request to one route, as it should be."""

    path: str
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


def request_to(route: tuple[str, str], hub: Hub, node: Node) -> Asked:
    """Make the request to *route* that *node* would make."""
    pattern = route[1]
    epoch = hub.casebook.hub.snapshots.newest().epoch  # type: ignore[union-attr]
    path = re.sub(r"{([a-z:]+)}", lambda found: filled(hub)[found[1]], pattern)
    if pattern.endswith("tables"):
        note = node.note(Deed.TABLES, epoch, b"tables")["Hinomi-Note"]
        headers = (("Content-Type", "application/octet-stream"), ("Hinomi-Note", note))
        return Asked(path, b"tables", headers)
    if not path.startswith("/v1/epochs") and not pattern.endswith("acknowledgement"):
        return Asked(path, headers=(("Content-Type", MEDIA_TYPE),))
    if pattern.endswith("acknowledgement"):
        digest = hub.casebook.hub.snapshots.get(1).digest
        note = node.sign_digest(Deed.ACKNOWLEDGEMENT, epoch, digest)
        return Asked(path, note.encode(), (("Content-Type", "text/plain"),))
    deed, body = (
        (Deed.SUBMISSION, findings(epoch))
        if pattern.endswith("submission")
        else (Deed.SIGHTINGS, sightings(epoch))
    )
    note = node.note(deed, epoch, body)["Hinomi-Note"]
    return Asked(path, body, (("Content-Type", "application/json"), ("Hinomi-Note", note)))


@functools.cache
def filled(hub: Hub) -> dict[str, str]:
    """Give what stands in the paths of *hub*, by the names that its routes have for it."""
    editions = Editions(lambda: hub.home, hub.casebook)
    held = editions.newest().taxii.objects(parse_query([], OF_OBJECTS))
    return {
        "number": "1",
        "epoch": DAY,
        "event": min(editions.newest().misp.events),
        "collection": editions.taxii_resources().collection_id,
        "name": json.loads(held.body)["objects"][0]["id"],
        "status": "none",
        "rest:path": "nothing",
    }


def ask(hub: Hub, route: tuple[str, str], shown: Node | None, headers: dict[str, str]) -> int:
    """Ask with the certificate of *shown* and the given headers; give the status, or `IN`."""
    asked, door = request_to(route, hub, shown or node_of("isp-a")), DOORS[route]
    with asking(hub, shown) as client:
        answer = client.request(
            route[0],
            asked.path,
            content=asked.body,
            headers={**dict(asked.headers), "Authorization": "", **headers},
        )
    if answer.status_code < 400:
        return IN if door.welcome == IN else answer.status_code
    told = answer.json() if answer.content else {}  # HEAD is told the status alone.
    if route[1].startswith("/taxii2/"):
        assert answer.headers["content-type"] == MEDIA_TYPE
        assert told.get("http_status", str(answer.status_code)) == str(answer.status_code)
    else:
        assert list(told) == ["error"]
    said = (answer.status_code, told.get("description", door.says))
    return IN if said == (door.welcome, door.says) else answer.status_code


def test_the_table_names_every_route(hub: Hub) -> None:
    """A new route comes with its row here, and so with all that follows."""
    app = create_app(hub)

    assert sorted(routes_of(app)) == [each for each in ROUTES if "{rest:path}" not in each[1]]
    assert {method for method, _ in routes_of(app)} <= set(METHODS)
    assert [isinstance(each, Elsewhere) for each in app.routes].index(True) == len(app.routes) - 1


@pytest.mark.parametrize("path", sorted({path for _, path in DOORS if "{rest" not in path}))
def test_a_method_that_is_not_taken_has_a_door_too(hub: Hub, path: str) -> None:
    """Strangers hear 401 and the suspended 403; who is in hears which ones are, in one order."""
    mine = ensure(hub, "isp-a")
    suspended = ensure(hub, "isp-suspended", state=MemberState.SUSPENDED)
    taken = {method for method, each in DOORS if each == path}
    asked = request_to((min(taken), path), hub, mine)
    for method in {*EVERY_METHOD, "HEAD"} - taken - ({"HEAD"} if "GET" in taken else set()):
        answers = []
        for node, token in ((None, ""), (mine, "x"), (suspended, suspended.token)):
            with asking(hub, node) as client:
                headers = {"Authorization": f"Bearer {token}"}
                answers.append(client.request(method, asked.path, headers=headers))
        assert [each.status_code for each in answers] == [401, 401, 403], method
        with asking(hub, mine) as client:
            answers.append(client.request(method, asked.path))
        named = sorted(taken | ({"HEAD"} if "GET" in taken else set()))
        assert (answers[-1].status_code, answers[-1].headers["allow"]) == (405, ", ".join(named))
        for each in answers if method != "HEAD" else ():
            if path.startswith("/taxii2/"):
                assert each.headers["content-type"] == MEDIA_TYPE
                assert each.json()["http_status"] == str(each.status_code)
            else:
                assert list(each.json()) == ["error"]
        said = answers[-1].text
        assert method == "HEAD" or NOT_SO in said


def test_no_route_gives_what_members_said(hub: Hub) -> None:
    """Batches and acknowledgements go in and never out: there is no route to read one."""
    doors = {each for each, door in DOORS.items() if door not in (READ_ONLY, NOTHING, NOWHERE)}
    inwards = {path for method, path in doors if method == "PUT"}

    assert {path for method, path in doors if method == "GET"} & inwards == set()
    assert {method for method, _ in doors} == {"GET", "PUT"}


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_nobody_comes_in_without_certificate_and_token(hub: Hub, route: tuple[str, str]) -> None:
    """Neither alone, nor another member's token, nor an unknown certificate: 401, all alike."""
    mine, other = ensure(hub, "isp-a"), ensure(hub, "isp-b")
    unknown = replace(mine, fingerprint="f" * 64)
    shown: list[tuple[Node | None, dict[str, str]]] = [
        (None, {}),
        (None, mine.headers),
        (mine, {}),
        (mine, other.headers),
        (unknown, mine.headers),
        (mine, {"Authorization": "Bearer "}),
        (mine, {"Authorization": "Digest x"}),
        (mine, {"Authorization": "Basic ???"}),
        (mine, {"Authorization": f"Bearer {mine.token}x"}),
    ]

    assert [ask(hub, route, node, headers) for node, headers in shown] == [401] * len(shown)


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_each_door_opens_by_its_own_outlet_alone(hub: Hub, route: tuple[str, str]) -> None:
    """Every subset of three outlets, and each outlet alone: who lacks the one is refused."""
    needed = DOORS[route].outlet
    three = (Outlet.SUBMIT, Outlet.FEEDBACK, Outlet.SNAPSHOT)
    subsets = {
        frozenset(each) for size in range(4) for each in itertools.combinations(three, size)
    } | {frozenset({each}) for each in Outlet}

    for outlets in sorted(subsets, key=sorted):
        node = ensure(hub, "isp-o" + digest_of(outlets), outlets=tuple(sorted(outlets)))
        may = bool(outlets) if needed is None else needed in outlets
        assert ask(hub, route, node, node.headers) == (IN if may else 403), outlets


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
@pytest.mark.parametrize("state", [each for each in MemberState if each != MemberState.ADMITTED])
def test_who_is_not_admitted_gets_nothing(
    hub: Hub, route: tuple[str, str], state: MemberState
) -> None:
    """Applied, suspended, left: refused at every route."""
    node = ensure(hub, f"isp-{state.value}", state=state)

    assert ask(hub, route, node, node.headers) == 403


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_other_kinds_stay_out(hub: Hub, route: tuple[str, str]) -> None:
    """What the register does not admit is refused, whatever outlets its certificate names."""
    admitted = {MemberKind.DETECTING_ISP, MemberKind.RECEIVING_ISP}
    for kind in set(MemberKind) - admitted:
        node = ensure(hub, f"kind-{kind.value}"[:32], kind=kind)
        assert ask(hub, route, node, node.headers) == 403, kind


@pytest.mark.parametrize("route", [each for each in ROUTES if each[0] == "GET"], ids=" ".join)
def test_a_head_goes_through_the_door_of_its_get(hub: Hub, route: tuple[str, str]) -> None:
    """It is no route of its own: the same status and headers for each, and never a body."""
    mine = ensure(hub, "isp-a")
    shut = ensure(hub, "isp-o" + digest_of(frozenset()), outlets=())
    asked = request_to(route, hub, mine)
    for node, token in ((mine, mine.token), (mine, "x"), (shut, shut.token)):
        headers = {**dict(asked.headers), "Authorization": f"Bearer {token}"}
        with asking(hub, node) as client:
            got = client.get(asked.path, headers=headers)
            head = client.request("HEAD", asked.path, headers=headers)
        assert (head.status_code, head.content) == (got.status_code, b"")
        assert head.headers.raw == got.headers.raw


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_what_is_over_lets_nobody_in(hub: Hub, route: tuple[str, str]) -> None:
    """A certificate that is revoked or past its last day."""
    revoked = ensure(hub, "isp-revoked")
    hub.casebook.hub.members.revoke(revoked.fingerprint)
    past = replace(ensure(hub, "isp-past"), fingerprint="e" * 64)
    if hub.casebook.hub.members.credential(past.fingerprint) is None:
        add_credential(hub.casebook, past, tuple(Outlet), until=date(2026, 1, 1))

    assert ask(hub, route, revoked, revoked.headers) == 403
    assert ask(hub, route, past, past.headers) == 403


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_the_list_goes_to_nobody_whose_attestations_ended(hub: Hub, route: tuple[str, str]) -> None:
    """R5: trust and information management, both, today; findings may still be sent."""
    node = ensure(hub, "isp-unattested", attestations=())
    outlet = DOORS[route].outlet
    gives = outlet is not None and outlet.gives_listings

    assert ask(hub, route, node, node.headers) == (403 if gives else IN)


def test_the_tokens_of_basic_and_bearer_are_the_same(hub: Hub) -> None:
    """Clients of TAXII know user names and passwords alone: the password is the token."""
    node = ensure(hub, "isp-a")
    basic = base64.b64encode(f"whoever:{node.token}".encode()).decode()

    assert ask(hub, ("GET", "/v1/hub"), node, {"Authorization": f"Basic {basic}"}) == IN
    assert ask(hub, ("GET", "/v1/hub"), node, {"Authorization": f"bearer {node.token}"}) == IN


def test_a_refusal_tells_nothing_of_others(hub: Hub) -> None:
    """The same words for an unknown certificate and for a token that is another member's."""
    mine, other = ensure(hub, "isp-a"), ensure(hub, "isp-b")
    unknown = replace(mine, fingerprint="d" * 64)
    said = set()
    for shown, token in ((mine, other.token), (mine, "nonsense"), (unknown, other.token)):
        with asking(hub, shown) as client:
            answer = client.get("/v1/hub", headers={"Authorization": f"Bearer {token}"})
        said.add((answer.status_code, answer.content, tuple(answer.headers.items())))

    assert len(said) == 1
    assert "isp-b" not in str(said)


def test_one_member_cannot_speak_for_another(hub: Hub) -> None:
    """A batch that another member signed, or that was signed for another, is refused."""
    mine, other = ensure(hub, "isp-a"), ensure(hub, "isp-b")
    epoch = hub.casebook.hub.snapshots.newest().epoch  # type: ignore[union-attr]
    body = findings(epoch, 7)
    for signed in (
        other.note(Deed.SUBMISSION, epoch, body),
        replace(mine, member="isp-b").note(Deed.SUBMISSION, epoch, body),
        replace(other, member="isp-a").note(Deed.SUBMISSION, epoch, body),
        mine.note(Deed.SIGHTINGS, epoch, body),
        mine.note(Deed.SUBMISSION, epoch - 1, body),
    ):
        with asking(hub, mine) as client:
            answer = client.put(
                f"/v1/epochs/{DAY}/submission",
                body,
                "application/json",
                headers={**signed, **mine.headers},
            )
        assert answer.status_code == 403


def ensure(
    hub: Hub, name: str, *, outlets: tuple[Outlet, ...] = tuple(Outlet), **changed: Any
) -> Node:
    """Give the node of a member, which is let in at the first asking."""
    known = {each.name for each in hub.casebook.hub.members.all()}
    if name not in known:
        uses = (Use.DETECT, Use.BLOCK_CONSENTED)
        return join(hub.casebook, name, outlets=outlets, **{"uses": uses, **changed})
    return node_of(name)


def digest_of(outlets: frozenset[Outlet]) -> str:
    """Give a short name for a set of outlets."""
    return "".join(str(sorted(Outlet).index(each)) for each in sorted(outlets))

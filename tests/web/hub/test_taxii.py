"""The TAXII server over HTTP: paths, methods, media types, doors and errors."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from editioned import DEDICATED, EPOCH, ServedHub, served_hub, server
from hinomi.model.member import MemberKind, MemberState, Outlet
from hinomi.web.hub.app import create_app
from hinomi.web.hub.limits import Pace
from hinomi.web.hub.running import Hub

MEDIA = "application/taxii+json;version=2.1"
ROOT = "/taxii2/list/"
NOBODY = "indicator--00000000-0000-4000-8000-000000000000"


@pytest.fixture(name="served", scope="module")
def a_hub_with_lists(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedHub]:
    """Give a hub that published three lists: two servers, one of them gone again."""
    with served_hub(tmp_path_factory.mktemp("taxii") / "hub") as served:
        stays, goes = server("192.0.2.1"), server("2001:db8::7", 53, 17)
        served.publish({stays: DEDICATED}, EPOCH)
        served.publish({stays: DEDICATED, goes: DEDICATED}, EPOCH + 1)
        served.publish({stays: DEDICATED}, EPOCH + 2)
        yield served


@pytest.fixture(name="asking", scope="module")
def its_node(served: ServedHub) -> TestClient:
    """Give a client with the node's certificate and token."""
    return served.asking()


@pytest.fixture(name="collection", scope="module")
def its_collection(asking: TestClient) -> str:
    """Give the path of the collection."""
    (found,) = asking.get(f"{ROOT}collections/").json()["collections"]
    return f"{ROOT}collections/{found['id']}/"


def goods(collection: str, asking: TestClient) -> list[str]:
    """Give every path that answers a GET."""
    name = asking.get(f"{collection}objects/").json()["objects"][0]["id"]
    return [
        "/taxii2/",
        ROOT,
        f"{ROOT}collections/",
        collection,
        f"{collection}manifest/",
        f"{collection}objects/",
        f"{collection}objects/{name}/",
        f"{collection}objects/{name}/versions/",
    ]


def test_every_resource_answers_with_the_media_type(asking: TestClient, collection: str) -> None:
    """Exactly as registered, with and without the version in what is asked for."""
    for path in goods(collection, asking):
        for accept in (MEDIA, "application/taxii+json", "*/*"):
            found = asking.get(path, headers={"Accept": accept})
            assert (found.status_code, found.headers["content-type"]) == (200, MEDIA), path


def test_what_is_no_taxii_2_1_is_not_given(asking: TestClient, collection: str) -> None:
    """Another version or type: 406."""
    for path in goods(collection, asking):
        for accept in ("application/taxii+json;version=2.0", "application/json"):
            found = asking.get(path, headers={"Accept": accept})
            assert found.status_code == 406, path
            assert found.json()["http_status"] == "406"


def test_a_path_without_its_slash_is_not_found(asking: TestClient, collection: str) -> None:
    """Paths end with a slash (TAXII 2.1, 3.1); nobody is sent elsewhere."""
    for path in goods(collection, asking)[1:]:
        found = asking.get(path.rstrip("/"), follow_redirects=False)
        assert (found.status_code, found.headers["content-type"]) == (404, MEDIA), path


@pytest.mark.parametrize(
    "path",
    [
        "/taxii2/other/",
        "/taxii2/other/collections/",
        f"{ROOT}collections/none/",
        f"{ROOT}collections/none/objects/",
        f"{ROOT}collections/none/manifest/",
        f"{ROOT}collections/none/objects/{NOBODY}/",
        f"{ROOT}collections/none/objects/{NOBODY}/versions/",
        f"{ROOT}status/00000000-0000-4000-8000-000000000000/",
        f"{ROOT}collections/none/else/",
    ],
)
def test_what_is_not_there_is_not_found(asking: TestClient, path: str) -> None:
    """An error resource of TAXII says so."""
    found = asking.get(path)

    assert (found.status_code, found.headers["content-type"]) == (404, MEDIA)
    assert set(found.json()) == {"title", "description", "http_status"}


def test_an_unknown_object_is_not_found(asking: TestClient, collection: str) -> None:
    """Neither it nor its versions."""
    for path in (f"{collection}objects/{NOBODY}/", f"{collection}objects/{NOBODY}/versions/"):
        assert asking.get(path).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=x",
        "added_after=yesterday",
        "next=word",
        "match[type]=indicator&match[type]=malware",
        "match[version]=newest",
        "match[version]=all,last",
        "match[confidence]=80",
        "limit=1&limit=2",
    ],
)
def test_a_query_that_is_none_is_refused(asking: TestClient, collection: str, query: str) -> None:
    """400, with one line that says what is wrong."""
    for resource in ("objects/", "manifest/"):
        found = asking.get(f"{collection}{resource}?{query}")
        assert (found.status_code, found.headers["content-type"]) == (400, MEDIA), query
        assert found.json()["description"]


def test_dates_stand_in_the_headers(asking: TestClient, collection: str) -> None:
    """Of the first and last object that is given, to the microsecond (TAXII 2.1, 2 and 3.2)."""
    for path in goods(collection, asking)[4:]:
        found = asking.get(path)
        assert found.headers["x-taxii-date-added-first"].endswith("T00:00:00.000000Z"), path
        assert found.headers["x-taxii-date-added-last"].endswith("T00:00:00.000000Z"), path
    for resource in ("objects/", "manifest/"):
        empty = asking.get(f"{collection}{resource}?match[type]=malware")
        assert empty.json() == {}
        assert empty.headers["x-taxii-date-added-last"] == "2026-11-25T00:00:00.000000Z"


def test_pages_lead_to_each_other(asking: TestClient, collection: str) -> None:
    """By the cursor alone, and with the filters repeated."""
    first = asking.get(f"{collection}objects/", params={"limit": 2}).json()
    alone = asking.get(f"{collection}objects/", params={"next": first["next"]}).json()
    again = asking.get(f"{collection}objects/", params={"next": first["next"], "limit": 2}).json()

    assert alone == again
    names = [each["id"] for each in first["objects"] + alone["objects"]]
    assert len(set(names)) == len(names) == 4


def test_nothing_is_added_here(asking: TestClient, collection: str) -> None:
    """403 with the reason, after media type and length were looked at."""
    good = {"Content-Type": MEDIA}
    found = asking.post(f"{collection}objects/", content=b"{}", headers=good)
    assert (found.status_code, found.headers["content-type"]) == (403, MEDIA)
    assert "signed" in found.json()["description"]
    other = asking.post(f"{collection}objects/", content=b"{}")
    assert other.status_code == 415
    big = asking.post(f"{collection}objects/", content=b"x" * ((8 << 20) + 1), headers=good)
    assert big.status_code == 413
    none = asking.post(f"{ROOT}collections/none/objects/", content=b"{}", headers=good)
    assert none.status_code == 404


def test_nothing_is_deleted_here(asking: TestClient, collection: str) -> None:
    """403, whether or not there is such an object."""
    for name in (NOBODY, asking.get(f"{collection}objects/").json()["objects"][0]["id"]):
        found = asking.delete(f"{collection}objects/{name}/")
        assert (found.status_code, found.headers["content-type"]) == (403, MEDIA)


def test_other_methods_are_told_which_there_are(asking: TestClient, collection: str) -> None:
    """405 with Allow."""
    found = asking.put(f"{collection}objects/")
    assert (found.status_code, found.headers["allow"]) == (405, "GET, HEAD, POST")
    assert asking.delete("/taxii2/").headers["allow"] == "GET, HEAD"
    assert asking.head(collection).status_code == 200


def test_strangers_learn_only_how_to_say_who_they_are(
    served: ServedHub, asking: TestClient, collection: str
) -> None:
    """401 on every path and method, also of what is not there; Basic is named."""
    for path in [*goods(collection, asking), "/taxii2/other/", f"{ROOT}x"]:
        for stranger in (served.asking(peer=""), served.asking(token="another")):  # noqa: S106
            for method in ("GET", "POST", "DELETE", "PROPFIND"):
                found = stranger.request(method, path)
                assert (found.status_code, found.headers["content-type"]) == (401, MEDIA), path
                assert "Basic realm=" in found.headers["www-authenticate"]
                assert "192.0.2.1" not in found.text


def test_basic_is_a_way_in(served: ServedHub) -> None:
    """The token is the password, inside the client's certificate (TAXII 2.1, 1.6.9)."""
    found = served.asking(token="").get("/taxii2/", auth=("anybody", served.token))

    assert found.status_code == 200


def test_the_server_has_its_own_door(tmp_path: Path) -> None:
    """A node without leave for TAXII gets nothing, and is told why."""
    others = [each for each in Outlet if each is not Outlet.TAXII]
    with served_hub(tmp_path / "hub", others) as served:
        served.publish({server(): DEDICATED}, EPOCH)
        for path in ("/taxii2/", ROOT, f"{ROOT}collections/", "/taxii2/other/"):
            found = served.asking().get(path)
            assert (found.status_code, found.headers["content-type"]) == (403, MEDIA), path
            assert "taxii" in found.json()["description"]


def test_a_suspended_member_gets_nothing_at_the_next_request(tmp_path: Path) -> None:
    """Nothing that was made before is given on."""
    with served_hub(tmp_path / "hub") as served:
        served.publish({server(): DEDICATED}, EPOCH)
        asking = served.asking()
        assert asking.get("/taxii2/").status_code == 200
        members = served.hub.casebook.hub.members
        member = members.get("isp-a")
        members.put(
            type(member)(
                name=member.name,
                organisation=member.organisation,
                kind=MemberKind.RECEIVING_ISP,
                state=MemberState.SUSPENDED,
                attestations=member.attestations,
            )
        )

        assert asking.get("/taxii2/").status_code == 403


def test_no_header_tells_a_time(asking: TestClient, collection: str) -> None:
    """The only dates are those of epochs."""
    for path in goods(collection, asking):
        found = asking.get(path)
        assert not {"date", "last-modified", "expires", "age", "etag"} & set(found.headers)


def test_the_same_question_has_the_same_answer(asking: TestClient, collection: str) -> None:
    """Body and headers, cursors among them."""
    for path in [*goods(collection, asking), f"{collection}objects/?limit=1"]:
        one, other = asking.get(path), asking.get(path)
        assert (one.content, one.headers) == (other.content, other.headers)


def test_whoever_comes_too_often_is_told_so_as_taxii_does(tmp_path: Path) -> None:
    """429 with the time to wait, before any route is reached."""
    with served_hub(tmp_path / "hub") as served:
        served.hub.pace = Pace(1, lambda: 0.0)
        found = [served.asking().get("/taxii2/") for _ in range(3)][-1]

        assert (found.status_code, found.headers["content-type"]) == (429, MEDIA)
        assert found.headers["retry-after"]
        assert found.json()["http_status"] == "429"


def test_every_read_is_in_the_journal(
    served: ServedHub, asking: TestClient, collection: str
) -> None:
    """What leaves the collection is noted before; what only describes it is not."""

    def noted() -> list[dict[str, object]]:
        entries = served.hub.home.journal().entries()
        return [dict(each) for each in entries if each.get("given") == "taxii"]

    before = len(noted())
    for path in goods(collection, asking)[:4]:
        asking.get(path)
    described = len(noted())
    for path in goods(collection, asking)[4:]:
        asking.get(path)

    assert described - before == 1  # To learn the paths, which took one look.
    assert len(noted()) - described == 5
    assert {(each["member"], each["number"]) for each in noted()} == {("isp-a", 3)}


def test_a_page_of_a_list_that_is_not_made_here_yet_comes_later(tmp_path: Path) -> None:
    """Another process of the hub gave its first page: 503, and not that the client begins anew."""
    many = {server(f"192.0.2.{number}"): DEDICATED for number in range(1, 9)}
    with served_hub(tmp_path / "hub") as served:
        served.publish(many, EPOCH)
        served.hub.prepare(1)
        served.publish({}, EPOCH + 1)
        with served.hub.home.casebook() as casebook:
            other = replace(served, app=create_app(Hub(served.hub.home, casebook)))
            (found,) = other.asking().get(f"{ROOT}collections/").json()["collections"]
            objects = f"{ROOT}collections/{found['id']}/objects/"
            word = other.asking().get(f"{objects}?limit=2").json()["next"]

        asking = served.asking()
        early = asking.get(objects, params={"next": word})
        served.hub.prepare(2)
        assert (early.status_code, early.headers["content-type"]) == (503, MEDIA)
        assert asking.get(objects, params={"next": word}).status_code == 200

"""The MISP feed over HTTP."""

import json
from pathlib import Path

from editioned import DEDICATED, EPOCH, served_hub, server
from hinomi.model.member import Outlet
from hinomi.web.hub.bodies import JSON, Body


def test_the_feed_is_a_directory(tmp_path: Path) -> None:
    """The manifest names the events; each is a file, and the hashes are lines."""
    with served_hub(tmp_path / "hub") as served:
        served.publish({server(): DEDICATED}, EPOCH)
        asking = served.asking()

        manifest = asking.get("/misp/manifest.json")
        (name,) = manifest.json()
        event = asking.get(f"/misp/{name}.json")
        hashes = asking.get("/misp/hashes.csv")
        assert event.json()["Event"]["uuid"] == name
        assert {each.partition(",")[2] for each in hashes.text.splitlines()} == {name}
        assert manifest.headers["content-type"] == event.headers["content-type"]
        assert hashes.headers["content-type"].startswith("text/csv")


def test_an_event_that_is_none_is_not_found(tmp_path: Path) -> None:
    """Whatever its name is."""
    with served_hub(tmp_path / "hub") as served:
        for name in ("none", "..", "%2e%2e%2fmanifest", "manifest.json"):
            found = served.asking().get(f"/misp/{name}.json")
            assert found.status_code == 404, name


def test_a_file_of_the_feed_is_given_as_it_was_prepared(tmp_path: Path) -> None:
    """Also an event: neither rendered nor compressed at a request, and told by its entity tag."""
    with served_hub(tmp_path / "hub") as served:
        served.publish({server(): DEDICATED}, EPOCH)
        served.hub.prepare(1)
        asking = served.asking()
        (name,) = asking.get("/misp/manifest.json").json()
        prepared = Body.of(b"whatever was prepared", JSON)
        keys = [key for key in served.hub.bodies.pinned if key[0] != "misp/manifest.json"]
        served.hub.bodies.pin(dict.fromkeys(keys, prepared))

        for path in ("/misp/hashes.csv", f"/misp/{name}.json"):
            found = asking.get(path)
            held = {"If-None-Match": found.headers["etag"]}
            again = asking.get(path, headers=held)
            assert found.content == prepared.plain
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == found.headers["etag"]


def test_the_feed_has_its_own_door(tmp_path: Path) -> None:
    """A node without leave for it gets no file of it, nor does a stranger."""
    others = [each for each in Outlet if each is not Outlet.MISP]
    with served_hub(tmp_path / "hub", others) as served:
        served.publish({server(): DEDICATED}, EPOCH)
        for path in ("manifest.json", "hashes.csv", "none.json"):
            refused = served.asking().get(f"/misp/{path}")
            assert refused.status_code == 403
            assert refused.json() == {"error": "this node may not use misp"}
            assert served.asking(peer="").get(f"/misp/{path}").status_code == 401
            assert "192.0.2.1" not in refused.text


def test_no_header_tells_a_time(tmp_path: Path) -> None:
    """Neither when an answer was made nor when its content changed."""
    with served_hub(tmp_path / "hub") as served:
        served.publish({server(): DEDICATED}, EPOCH)
        found = served.asking().get("/misp/manifest.json")

        assert not {"date", "last-modified", "expires", "age"} & set(found.headers)
        again = served.asking().get("/misp/manifest.json", headers={"If-None-Match": "*"})
        assert (again.status_code, again.content) == (304, b"")
        assert json.loads(found.content)


def test_every_file_that_leaves_is_in_the_journal(tmp_path: Path) -> None:
    """Manifest, hashes and events, each with the number of the snapshot."""
    with served_hub(tmp_path / "hub") as served:
        served.publish({server(): DEDICATED}, EPOCH)
        asking = served.asking()
        (name,) = asking.get("/misp/manifest.json").json()
        asking.get("/misp/hashes.csv")
        asking.get(f"/misp/{name}.json")

        given = [
            (each.get("given"), each.get("number"))
            for each in served.hub.home.journal().entries()
            if each.get("given")
        ]
        assert given == [
            ("misp/manifest.json", 1),
            ("misp/hashes.csv", 1),
            ("misp/event.json", 1),
        ]

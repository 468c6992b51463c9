"""Plain text and response policy zone over HTTP."""

from pathlib import Path

import pytest

from editioned import DEDICATED, EPOCH, served_hub, server
from hinomi.model.member import Outlet

FORMS = [("listings.txt", Outlet.PLAIN), ("zone.rpz", Outlet.RPZ)]


def test_the_forms_of_a_snapshot_are_given(tmp_path: Path) -> None:
    """Each with its media type."""
    with served_hub(tmp_path / "hub") as served:
        served.publish({server(): DEDICATED}, EPOCH)
        asking = served.asking()

        plain = asking.get("/v1/snapshots/1/listings.txt")
        zone = asking.get("/v1/snapshots/1/zone.rpz")
        assert (plain.status_code, plain.text) == (200, "192.0.2.1 tcp 443\n")
        assert plain.headers["content-type"].startswith("text/plain")
        assert "32.1.2.0.192.rpz-ip CNAME ." in zone.text
        assert zone.headers["content-type"].startswith("text/dns")


@pytest.mark.parametrize(("form", "outlet"), FORMS)
def test_each_form_has_its_own_door(tmp_path: Path, form: str, outlet: Outlet) -> None:
    """A node that may use every other outlet is refused; nobody without certificate comes in."""
    others = [each for each in Outlet if each is not outlet]
    with served_hub(tmp_path / "hub", others) as served:
        served.publish({server(): DEDICATED}, EPOCH)
        path = f"/v1/snapshots/1/{form}"

        assert served.asking().get(path).status_code == 403
        assert served.asking(peer="").get(path).status_code == 401
        assert served.asking(token="another").get(path).status_code == 401  # noqa: S106 - Of a test.


@pytest.mark.parametrize(("form", "_outlet"), FORMS)
def test_what_is_not_there_is_not_found(tmp_path: Path, form: str, _outlet: Outlet) -> None:
    """A number without a snapshot, in one line."""
    with served_hub(tmp_path / "hub") as served:
        found = served.asking().get(f"/v1/snapshots/3/{form}")

        assert (found.status_code, found.json()) == (
            404,
            {"error": "no list is here of a snapshot with the number 3"},
        )


def test_every_form_that_leaves_is_in_the_journal(tmp_path: Path) -> None:
    """Also where the node has it already."""
    with served_hub(tmp_path / "hub") as served:
        served.publish({server(): DEDICATED}, EPOCH)
        for form, _ in FORMS:
            found = served.asking().get(f"/v1/snapshots/1/{form}")
            tag = {"If-None-Match": found.headers["etag"]}
            again = served.asking().get(f"/v1/snapshots/1/{form}", headers=tag)
            assert again.status_code == 304

        entries = served.hub.home.journal().entries()
        given = [each.get("given") for each in entries if each.get("given")]
        assert given == ["listings.txt", "listings.txt", "zone.rpz", "zone.rpz"]


@pytest.mark.parametrize("form", ["listings.json", "listings.csv", *dict(FORMS)])
def test_a_list_that_is_too_old_is_not_given(tmp_path: Path, form: str) -> None:
    """In no form, whether it was deleted or is still in memory; so that nobody can tell."""
    with served_hub(tmp_path / "hub") as served:
        kept_days = served.hub.home.register.integer("retention.hub_lists_days")
        served.publish({server(): DEDICATED}, EPOCH)
        asking = served.asking()
        assert asking.get(f"/v1/snapshots/1/{form}").status_code == 200
        served.publish({}, EPOCH + kept_days + 1)

        found = asking.get(f"/v1/snapshots/1/{form}")
        assert (found.status_code, "192.0.2.1" in found.text) == (404, False)
        assert asking.get(f"/v1/snapshots/2/{form}").status_code == 200

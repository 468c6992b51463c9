"""Joining a hub: keys drawn at home, a request out, a welcome in, all of it or nothing."""

import json
import os
import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from enrolled import Entrance
from hinomi.errors import (
    ConfigError,
    Conflict,
    MalformedDocument,
    NotFound,
    NotPermitted,
    Unavailable,
    UsageError,
)
from hinomi.hub.authority import Authority
from hinomi.services.hub import members
from hinomi.services.membership.joining import (
    AUTHORITY,
    CERTIFICATE,
    MEMBERSHIP,
    NODE_KEY,
    STATEMENTS_KEY,
    TOKEN,
    enrol,
    join,
    node_key,
    read_membership,
    read_token,
    statements_signer,
)
from hinomi.services.retention import unknown_files
from hinomi.share.certificates import draw_key, is_of, parse_certificate, render_certificate
from hinomi.share.enrolment import read_request, read_welcome

LEFT_BEHIND = (CERTIFICATE, AUTHORITY, TOKEN, MEMBERSHIP)


@pytest.fixture(name="entrance")
def an_entrance(tmp_path: Path) -> Entrance:
    """Give a hub."""
    return Entrance.build(tmp_path / "place")


def test_keys_are_drawn_at_home_and_used_again(entrance: Entrance) -> None:
    """A second request is of the same keys, unless new ones are wanted."""
    node = entrance.node("isp-a")
    out = entrance.folder / "request.json"
    first = enrol(node, "isp-a", out)
    secrets = [(node.folder / name).read_bytes() for name in (NODE_KEY, STATEMENTS_KEY)]
    request = read_request(out)
    assert (first.drawn, first.member) == (True, "isp-a")
    assert request.signing_key == statements_signer(node).verifier.render()
    assert secrets[0] not in out.read_bytes()

    assert not enrol(node, "isp-a", out).drawn
    assert [(node.folder / name).read_bytes() for name in (NODE_KEY, STATEMENTS_KEY)] == secrets
    assert enrol(node, "isp-a", out, new_keys=True).drawn
    changed = [(node.folder / name).read_bytes() for name in (NODE_KEY, STATEMENTS_KEY)]
    assert all(now != before for now, before in zip(changed, secrets, strict=True))


def test_files_of_a_membership_are_their_owners_alone(entrance: Entrance) -> None:
    """0600 in folders 0700; and each holds what it should."""
    member = entrance.joins("isp-a")
    node = member.node
    welcome = read_welcome(entrance.folder / "isp-a-welcome.json")

    for name in (NODE_KEY, STATEMENTS_KEY, *LEFT_BEHIND):
        path = node.folder / name
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, name
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700, name
    assert read_token(node) == welcome.token
    assert (node.folder / AUTHORITY).read_text() == welcome.authority
    assert (node.folder / CERTIFICATE).read_text() == welcome.certificate
    told = json.loads((node.folder / MEMBERSHIP).read_bytes())
    assert told["hub"]["url"] == "https://127.0.0.1:8443"
    assert welcome.token not in str(told)
    assert read_membership(node) == member.joined.membership
    assert member.joined.until == entrance.day + timedelta(days=397)
    assert unknown_files(node) == []


def test_the_journal_has_both_acts_and_no_secret(entrance: Entrance) -> None:
    """By the member's name and the hub's."""
    member = entrance.joins("isp-a")
    bodies = [each.parse() for each in member.node.journal().bodies(0)]
    told = [each for each in bodies if each.get("operation") == "listings join"]

    assert [each["act"] for each in told] == ["enrol", "join"]
    assert told[1]["hub"] == "hub.example/list"
    assert member.token not in str(bodies)


@pytest.mark.parametrize("act", ["enrol", "join"])
def test_a_laboratory_joins_nothing(entrance: Entrance, act: str) -> None:
    """It took in what no provider may (R3); the refusal is in its journal, and no key is drawn."""
    entrance.joins("isp-a")
    laboratory = entrance.node("lab", sampling=1)
    acts = {
        "enrol": lambda: enrol(laboratory, "lab", entrance.folder / "lab.json").member,
        "join": lambda: join(laboratory, entrance.folder / "isp-a-welcome.json").fingerprint,
    }
    with pytest.raises(NotPermitted, match="a laboratory joins no hub"):
        acts[act]()

    assert not (laboratory.folder / "keys/membership").exists()
    assert not (entrance.folder / "lab.json").exists()
    *_, last = laboratory.journal().bodies(0)
    assert "refused" in last.parse()


def test_a_hub_joins_no_hub(entrance: Entrance) -> None:
    """Its home has no findings of its own."""
    with pytest.raises(NotPermitted, match="this home is a hub"):
        enrol(entrance.house.home(), "hub-b", entrance.folder / "x.json")


@pytest.mark.parametrize("name", ["", "ISP", "isp/a", "isp a", "x" * 33, "-isp"])
def test_a_name_that_cannot_stand_in_a_certificate_is_refused(
    entrance: Entrance, name: str
) -> None:
    """Before a key is drawn."""
    node = entrance.node("node")
    with pytest.raises(UsageError, match="a member's name"):
        enrol(node, name, entrance.folder / "x.json")
    assert not (node.folder / NODE_KEY).exists()


def test_keys_are_of_one_name(entrance: Entrance) -> None:
    """A node that is somebody already does not become somebody else unseen."""
    node = entrance.node("isp-a")
    entrance.request(node, "isp-a")

    with pytest.raises(Conflict, match="keys here are those of isp-a"):
        entrance.request(node, "isp-b")
    entrance.request(node, "isp-b", new_keys=True)
    assert statements_signer(node).name == "isp-b/statements"


def test_a_request_needs_a_place(entrance: Entrance) -> None:
    """Told before keys are drawn."""
    node = entrance.node("isp-a")
    with pytest.raises(Unavailable, match="No such file"):
        enrol(node, "isp-a", entrance.folder / "none" / "request.json")
    assert not (node.folder / NODE_KEY).exists()


def test_joining_takes_keys_first(entrance: Entrance) -> None:
    """And a file."""
    entrance.joins("isp-a")
    node = entrance.node("isp-b")
    with pytest.raises(NotFound, match="begin with `hinomi listings enrol`"):
        join(node, entrance.folder / "isp-a-welcome.json")
    with pytest.raises(NotFound, match="No such file"):
        join(node, entrance.folder / "none.json")
    with pytest.raises(NotFound, match="belongs to no hub"):
        read_membership(node)


def rewritten(entrance: Entrance, **fields: object) -> Path:
    """Give isp-a's welcome with other fields."""
    told: dict[str, Any] = json.loads((entrance.folder / "isp-a-welcome.json").read_bytes())
    path = entrance.folder / "rewritten.json"
    path.write_text(json.dumps(told | fields), "utf-8")
    return path


def test_a_welcome_that_was_not_made_for_this_node_is_refused(entrance: Entrance) -> None:
    """Another member's, another key's, another authority's; nothing changes by it."""
    one, other = entrance.joins("isp-a"), entrance.joins("isp-b")
    before = {name: (one.node.folder / name).read_bytes() for name in LEFT_BEHIND}
    foreign = Authority.create("hub.example", entrance.day)
    key = node_key(one.node).public_key()
    strange = render_certificate(foreign.issue_node(key, "isp-a", entrance.day, 9))
    mine = read_welcome(entrance.folder / "isp-a-welcome.json")
    wrong = render_certificate(foreign.certificate)

    def refused(path: Path, said: str) -> None:
        with pytest.raises(MalformedDocument, match=said):
            join(one.node, path)

    refused(entrance.folder / "isp-b-welcome.json", "is for isp-b, which this node is not")
    theirs = parse_certificate((other.node.folder / CERTIFICATE).read_text(), "x")
    refused(rewritten(entrance, certificate=render_certificate(theirs)), "is of another key")
    refused(rewritten(entrance, certificate=strange), "is not signed by its authority")
    refused(rewritten(entrance, authority=wrong), "is not signed by its authority")
    refused(rewritten(entrance, authority=mine.certificate), "may sign no certificate")
    refused(rewritten(entrance, certificate="nothing"), "holds no certificate")
    refused(rewritten(entrance, authority=mine.authority * 2), "2 certificates where one")
    named = foreign.issue_node(key, "isp-z", entrance.day, 9)
    refused(
        rewritten(entrance, authority=wrong, certificate=render_certificate(named)),
        "does not name isp-a",
    )
    refused(rewritten(entrance, client_authority=wrong), "is not signed by its authority")
    assert {name: (one.node.folder / name).read_bytes() for name in LEFT_BEHIND} == before


def test_a_welcome_whose_certificate_ended_is_refused(entrance: Entrance) -> None:
    """It was left lying for too long."""
    member = entrance.joins("isp-a")
    entrance.house.epoch += 398

    with pytest.raises(MalformedDocument, match="the certificate ended on 2027-12-25"):
        join(member.node, entrance.folder / "isp-a-welcome.json")


def test_a_welcome_for_keys_that_were_drawn_anew_is_refused(entrance: Entrance) -> None:
    """It answers a request of before."""
    member = entrance.joins("isp-a")
    entrance.request(member.node, "isp-a", new_keys=True)

    with pytest.raises(MalformedDocument, match="before keys were drawn anew"):
        join(member.node, entrance.folder / "isp-a-welcome.json")


def test_another_hub_takes_saying_so(entrance: Entrance) -> None:
    """Also the same name with another key; the same hub renews without a word."""
    member = entrance.joins("isp-a")
    second = Entrance.build(entrance.folder / "second")
    second.enters("isp-a", entrance.folder / "isp-a-request.json")
    members.admit(second.house.home(), "isp-a", "x")
    welcome = second.certifies("isp-a", entrance.folder / "isp-a-request.json", "w.json").welcome

    join(member.node, entrance.folder / "isp-a-welcome.json")
    with pytest.raises(Conflict, match=r"belongs to hub\.example/list"):
        join(member.node, welcome)
    assert read_membership(member.node) == member.joined.membership
    joined = join(member.node, welcome, replaces=True)
    assert read_membership(member.node).hub.list_key == joined.membership.hub.list_key
    assert joined.membership != member.joined.membership


def test_a_disk_that_refuses_leaves_everything_as_it_was(
    entrance: Entrance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No file of the new membership stands beside those of the old one."""
    member = entrance.joins("isp-a")
    node = member.node
    request = entrance.request(node, "isp-a")
    welcome = entrance.certifies("isp-a", request, "w2.json").welcome
    before = {name: (node.folder / name).read_bytes() for name in LEFT_BEHIND}
    opened = os.open

    def full(path: Any, flags: int, mode: int = 0o777, **more: Any) -> int:
        if str(path).endswith(".membership.json.tmp"):
            raise OSError(28, "No space left on device")
        return opened(path, flags, mode, **more)

    monkeypatch.setattr(os, "open", full)
    with pytest.raises(Unavailable, match="No space left"):
        join(node, welcome)
    monkeypatch.undo()

    assert {name: (node.folder / name).read_bytes() for name in LEFT_BEHIND} == before
    kept = {*LEFT_BEHIND, NODE_KEY, STATEMENTS_KEY}
    found = {*(node.folder / "keys/membership").iterdir(), *(node.folder / "hub").iterdir()}
    assert {each.relative_to(node.folder).as_posix() for each in found} == kept


def test_what_is_damaged_is_told(entrance: Entrance) -> None:
    """With the file, and what to do."""
    node = entrance.joins("isp-a").node
    (node.folder / MEMBERSHIP).write_bytes(b"{}")
    with pytest.raises(ConfigError, match="take the hub's welcome again"):
        read_membership(node)
    (node.folder / TOKEN).unlink()
    with pytest.raises(ConfigError, match="take the hub's welcome again"):
        read_token(node)
    (node.folder / NODE_KEY).write_bytes(b"")
    with pytest.raises(ConfigError, match="restore it from backup"):
        node_key(node)
    (node.folder / NODE_KEY).unlink()
    with pytest.raises(ConfigError, match="restore it from backup"):
        enrol(node, "isp-a", entrance.folder / "request.json")
    (node.folder / STATEMENTS_KEY).write_bytes(b"x")
    with pytest.raises(ConfigError, match="restore it from backup"):
        statements_signer(node)


def test_a_membership_of_another_version_is_told(entrance: Entrance) -> None:
    """It is not guessed at."""
    node = entrance.joins("isp-a").node
    path = node.folder / MEMBERSHIP
    path.write_text(path.read_text().replace("hinomi-membership-1", "hinomi-membership-2"))

    with pytest.raises(ConfigError, match="another version"):
        read_membership(node)


def test_the_node_signs_and_shows_what_the_hub_knows(entrance: Entrance) -> None:
    """Its statements' key is the member's, and its certificate is of its own key."""
    member = entrance.joins("isp-a")
    certificate = parse_certificate((member.node.folder / CERTIFICATE).read_text(), "x")
    with entrance.house.home().casebook() as casebook:
        known = casebook.hub.members.get("isp-a")

    assert known.signing_key == statements_signer(member.node).verifier.render()
    assert is_of(certificate, node_key(member.node).public_key())
    assert not is_of(certificate, draw_key().public_key())


def test_a_welcome_that_was_changed_on_its_way_has_another_number(entrance: Entrance) -> None:
    """Who was told the number takes no other welcome; nothing is written by it."""
    node = entrance.node("isp-a")
    request = entrance.request(node, "isp-a")
    entrance.enters("isp-a", request)
    members.admit(entrance.house.home(), "isp-a", "x")
    given = entrance.certifies("isp-a", request, "isp-a-welcome.json")
    hub = json.loads(given.welcome.read_bytes())["hub"] | {"url": "https://elsewhere.example"}
    changed = rewritten(entrance, hub=hub)

    with pytest.raises(MalformedDocument, match="another number than the hub's people read out"):
        join(node, changed, number=given.number)
    with pytest.raises(UsageError, match="24 hex digits"):
        join(node, given.welcome, number=given.number[:-1])
    assert not (node.folder / MEMBERSHIP).exists()
    spoken = f" {given.number[:4].upper()} {given.number[4:]}"
    joined = join(node, given.welcome, number=spoken)
    assert (joined.number, joined.membership.hub.url) == (given.number, "https://127.0.0.1:8443")
    assert len(joined.authority) == 64

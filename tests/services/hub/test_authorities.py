"""The hub's certificates at rest: made anew, and the operator's own authorities beside them."""

import os
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from enrolled import Entrance
from hinomi.config import render_config
from hinomi.errors import ConfigError, Conflict, MalformedDocument, NotFound, UsageError
from hinomi.hub.authority import Authority
from hinomi.services.hub.authorities import (
    CLIENT_AUTHORITIES,
    authority,
    authority_certificate,
    certify_hub,
    chosen,
    client_authorities,
    distrust,
    operators_authorities,
    read_text,
    require_own_certificate,
    server_certificate,
    trust,
)
from hinomi.services.hub.founding import AUTHORITY, SERVER, SERVER_KEY
from hinomi.share.certificates import (
    draw_key,
    fingerprint,
    is_issued_by,
    is_of,
    parse_certificate,
    parse_key,
    render_certificate,
)


@pytest.fixture(name="entrance")
def an_entrance(tmp_path: Path) -> Entrance:
    """Give a hub."""
    return Entrance.build(tmp_path / "place")


def written(entrance: Entrance, name: str) -> Path:
    """Give the file of an authority that is not the hub's."""
    path = entrance.folder / f"{name}.pem"
    path.write_text(render_certificate(Authority.create(name, entrance.day).certificate))
    return path


def test_the_hubs_certificate_follows_its_address(entrance: Entrance) -> None:
    """With a new key, for the new host, from today; signed by the same authority."""
    home = entrance.house.home()
    before = server_certificate(home)
    text = render_config(home.config).replace("127.0.0.1:8443", "hub.example:443", 1)
    text = text.replace('url = "https://127.0.0.1:8443"', 'url = "https://hub.example:443"')
    (home.folder / "config.toml").write_text(text, "utf-8")
    entrance.house.epoch += 30

    made = certify_hub(entrance.house.home())
    assert made.hosts[0] == "hub.example"
    assert made.until == before.until + timedelta(days=30)
    assert made == server_certificate(home) != before
    certificate = parse_certificate((home.folder / SERVER).read_text(), "x")
    key = parse_key((home.folder / SERVER_KEY).read_bytes(), "x")
    assert is_of(certificate, key.public_key())
    assert is_issued_by(certificate, authority_certificate(home))
    assert stat.S_IMODE((home.folder / SERVER_KEY).stat().st_mode) == 0o600


def test_an_authority_of_the_operators_own_is_entered_and_taken_out(entrance: Entrance) -> None:
    """Beside the hub's own, which stays first."""
    home = entrance.house.home()
    own = authority_certificate(home)
    one, other = (trust(home, written(entrance, name)) for name in ("One", "Other"))

    assert client_authorities(home) == (own, one, other)
    assert operators_authorities(home) == (one, other)
    assert distrust(home, fingerprint(one)[:10]) == one
    assert client_authorities(home) == (own, other)
    distrust(home, fingerprint(other).upper())
    assert operators_authorities(home) == ()
    with pytest.raises(NotFound, match="none has this fingerprint"):
        distrust(home, fingerprint(own))


def test_only_an_authority_is_entered_and_once(entrance: Entrance) -> None:
    """Not a node's certificate, not one whose time is over, not the hub's own."""
    home = entrance.house.home()
    path = written(entrance, "One")
    trust(home, path)
    with pytest.raises(Conflict, match="entered already"):
        trust(home, path)
    with pytest.raises(Conflict, match="entered already"):
        trust(home, home.folder / AUTHORITY)
    leaf = authority(home).issue_node(draw_key().public_key(), "a", entrance.day, 1)
    path.write_text(render_certificate(leaf))
    with pytest.raises(MalformedDocument, match="not an authority's"):
        trust(home, path)
    with pytest.raises(NotFound):
        trust(home, entrance.folder / "none.pem")
    late = Authority.create("Late", entrance.day - timedelta(days=4000))
    path.write_text(render_certificate(late.certificate))
    with pytest.raises(MalformedDocument, match="ended on"):
        trust(home, path)


def test_a_damaged_file_is_told(entrance: Entrance) -> None:
    """With what to do."""
    home = entrance.house.home()
    (home.folder / CLIENT_AUTHORITIES).write_text("nothing")
    with pytest.raises(ConfigError, match="restore it from backup"):
        client_authorities(home)
    (home.folder / CLIENT_AUTHORITIES).write_text("")
    assert operators_authorities(home) == ()
    (home.folder / SERVER).write_bytes(os.urandom(50))
    with pytest.raises(ConfigError, match="restore it from backup"):
        server_certificate(home)
    (home.folder / SERVER).unlink()
    with pytest.raises(ConfigError, match="restore it from backup"):
        server_certificate(home)


def test_a_fingerprint_is_chosen_by_its_beginning() -> None:
    """If no other begins so; colons and capitals do not count."""
    known = {"ab" * 32: 1, "ab" * 31 + "cd": 2, "cd" * 32: 3}

    assert chosen(known, "CD:CD:CD:CD", "show") == 3
    with pytest.raises(UsageError, match="several begin so"):
        chosen(known, "ab" * 31, "show")
    with pytest.raises(UsageError, match="eight hex digits"):
        chosen(known, "cd:cd:cd", "show")
    with pytest.raises(NotFound, match="`show` shows them"):
        chosen(known, "ee" * 8, "show")


def test_a_file_that_is_not_there_is_not_read(tmp_path: Path) -> None:
    """In one line."""
    with pytest.raises(NotFound, match="Is a directory"):
        read_text(tmp_path)


def test_what_members_nodes_would_not_take_is_found_out(entrance: Entrance) -> None:
    """They know the hub by its own authority alone, also where clients' may be others."""
    home = entrance.house.home()
    require_own_certificate(home)
    trust(home, written(entrance, "somebody"))
    foreign, key = Authority.create(authority(home).hub, entrance.day), draw_key()
    issued = foreign.issue_server(key.public_key(), "127.0.0.1", entrance.day, 30)
    (home.folder / SERVER).write_text(render_certificate(issued))
    with pytest.raises(ConfigError, match="`hinomi hub certify`"):
        require_own_certificate(home)

    certify_hub(home)
    require_own_certificate(home)

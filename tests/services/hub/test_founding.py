"""A new hub: its keys, its certificates, and addresses that cannot be meant."""

import stat
from pathlib import Path

import pytest

from hinomi.errors import ConfigError, Conflict, UsageError
from hinomi.services.hub.authorities import authority, server_certificate
from hinomi.services.hub.founding import (
    AUTHORITY_KEY,
    ENVELOPE_KEY,
    IDENTITY_KEY,
    LIST_KEY,
    SERVER_KEY,
    create_hub,
    envelope_signer,
    host_of,
    hub_name,
    identity_key,
    list_signer,
)
from hubs import HUB, HubHouse

SECRETS = (LIST_KEY, ENVELOPE_KEY, IDENTITY_KEY, AUTHORITY_KEY, SERVER_KEY)


def test_a_new_hub_has_keys_of_its_own(tmp_path: Path) -> None:
    """For its list, its envelopes and ids; two hubs share none."""
    one, other = (HubHouse.found(tmp_path / name).home() for name in ("one", "other"))

    assert (list_signer(one).name, envelope_signer(one).name) == (f"{HUB}/list", f"{HUB}/envelope")
    assert hub_name(one) == HUB
    assert authority(one).hub == HUB
    assert server_certificate(one).hosts == ("localhost", "127.0.0.1", "::1")
    for name in SECRETS:
        assert (one.folder / name).read_bytes() != (other.folder / name).read_bytes()
    assert len(identity_key(one)) == 32


def test_nobody_else_reads_a_hubs_keys(tmp_path: Path) -> None:
    """Files 0600 in folders 0700."""
    folder = HubHouse.found(tmp_path / "hub").folder

    for name in SECRETS:
        path = folder / name
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        for each in (path.parent, path.parent.parent, folder):
            assert stat.S_IMODE(each.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("url", "listen"),
    [
        ("https://127.0.0.1:18443", "127.0.0.1:18443"),
        ("https://hub.example:9443", "127.0.0.1:9443"),
        ("https://hub.example", "127.0.0.1:8443"),
        ("", "127.0.0.1:8443"),
    ],
)
def test_a_hub_listens_at_the_port_that_members_are_told(
    tmp_path: Path, url: str, listen: str
) -> None:
    """On loopback, until its configuration says otherwise."""
    house = HubHouse(tmp_path / "hub")
    create_hub(house.folder, HUB, url, house.clock)

    assert house.home().config.hub.listen == listen


def test_the_hubs_certificate_is_for_the_host_that_members_reach(tmp_path: Path) -> None:
    """Beside this machine itself."""
    house = HubHouse(tmp_path / "hub")
    create_hub(house.folder, HUB, "https://hub.example:8443", house.clock)

    assert server_certificate(house.home()).hosts[0] == "hub.example"


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("", ""),
        ("https://hub.example", "hub.example"),
        ("https://hub.example:8443/", "hub.example"),
        ("https://192.0.2.1:443", "192.0.2.1"),
        ("https://[2001:db8::1]:443", "2001:db8::1"),
    ],
)
def test_the_host_of_an_address_is_found(url: str, host: str) -> None:
    """With a port or without, also of IPv6."""
    assert host_of(url) == host


@pytest.mark.parametrize(
    "url",
    [
        "http://hub.example",
        "hub.example",
        "https://",
        "https://hub.example:0",
        "https://hub.example:99999",
        "https://user:word@hub.example",
        "https://hub.example/path",
        "https://hub.example/?x=1",
        "https://[::1",
        "https://[::zz]",
        "https://火の見.example",
        "https://hub.example x",
    ],
)
def test_an_address_that_cannot_be_meant_is_refused(url: str, tmp_path: Path) -> None:
    """In one line, before anything is made."""
    with pytest.raises(UsageError, match="address is such as"):
        create_hub(tmp_path / "hub", HUB, url)

    assert not (tmp_path / "hub").exists()


@pytest.mark.parametrize("name", ["", "Hub", "hub example", "-hub", "hub+1", "x" * 63])
def test_a_name_that_cannot_stand_in_a_signature_is_refused(name: str, tmp_path: Path) -> None:
    """Lower-case letters, digits, dots and hyphens."""
    with pytest.raises(UsageError, match="hub's name"):
        create_hub(tmp_path / "hub", name)


def test_a_hub_is_made_once(tmp_path: Path) -> None:
    """A second time says that it is there."""
    house = HubHouse.found(tmp_path / "hub")

    with pytest.raises(Conflict, match="a home exists"):
        create_hub(house.folder, HUB)


@pytest.mark.parametrize("name", [LIST_KEY, ENVELOPE_KEY, IDENTITY_KEY, AUTHORITY_KEY])
def test_a_key_that_is_gone_or_damaged_is_told(tmp_path: Path, name: str) -> None:
    """With the file, and what to do."""
    home = HubHouse.found(tmp_path / "hub").home()
    read = {LIST_KEY: list_signer, ENVELOPE_KEY: envelope_signer, IDENTITY_KEY: identity_key}
    (home.folder / name).write_bytes(b"damaged")
    with pytest.raises(ConfigError, match="restore it from backup"):
        read.get(name, authority)(home)
    (home.folder / name).unlink()
    with pytest.raises(ConfigError, match="restore it from backup"):
        read.get(name, authority)(home)

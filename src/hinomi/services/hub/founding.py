"""Making a hub's home: register, people, journal, and the keys that its list is signed with."""

import ipaddress
import os
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from hinomi.clock import Clock, date_of, wall_clock
from hinomi.config import Config, HubConfig, NodeConfig, NodeKind
from hinomi.errors import ConfigError, Conflict, UsageError
from hinomi.govern.note import SEED_BYTES, Signer
from hinomi.govern.parameters import default_register
from hinomi.hub.authority import Authority
from hinomi.services.casebooks import CASEBOOK
from hinomi.services.home import CONFIG, Home, begin_home
from hinomi.services.journals import read_signer, write_signer
from hinomi.services.mandates import os_user
from hinomi.share.certificates import draw_key, render_certificate, render_key
from hinomi.store.casebook import open_casebook
from hinomi.store.durable import (
    built_folder,
    on_disk,
    sync_folder,
    write_durably,
    write_secret,
)

KEYS: Final = "keys/hub"
LIST_KEY: Final = f"{KEYS}/list.key"
"""Signs snapshots and receipts."""
ENVELOPE_KEY: Final = f"{KEYS}/envelope.key"
"""Signs what names the member that a copy was made for."""
IDENTITY_KEY: Final = f"{KEYS}/identity.key"
"""Makes ids of listings that are stable and tell nothing (design, section 5)."""
AUTHORITY_KEY: Final = f"{KEYS}/authority.key"
"""Signs certificates: of members' nodes, and the hub's own."""
AUTHORITY: Final = f"{KEYS}/authority.pem"
SERVER_KEY: Final = f"{KEYS}/server.key"
"""What the hub shows to members' nodes that it is the hub."""
SERVER: Final = f"{KEYS}/server.pem"

_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9.-]{0,60}[a-z0-9])?")
_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])?|[0-9A-Fa-f:]{2,45}")
_NO_URL: Final = "a hub's address is such as https://hub.example:8443, with nothing behind it"
_KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Founded:
    """What `create_hub` made."""

    folder: Path
    name: str
    verifier: str  # Public key of the list.
    register_version: str


def create_hub(
    folder: Path, name: str, url: str = "", clock: Clock = wall_clock, *, made_up: bool = False
) -> Founded:
    """
    Make a hub's home at *folder*, whole or not at all.

    Args:
        folder: Where it shall lie; it does not exist yet, or is an empty folder.
        name: What the hub is called, such as ``hub.example``: it stands in every signature.
        url: Where members will reach it; it listens at the same port, on loopback until its
            configuration says otherwise.
        clock: What time it is.
        made_up: Whether it is for a made-up world, whose servers have addresses of nobody.

    Raises:
        Conflict: If *folder* already holds something.
        UsageError: If *name* or *url* cannot be one.
        Unavailable: If the disk refuses.
    """
    if (folder / CONFIG).exists():
        raise Conflict(f"a home exists at {folder}; choose another folder with --home")
    if not _NAME.fullmatch(name):
        raise UsageError(
            "a hub's name is lower-case letters, digits, dots and hyphens: hub.example"
        )
    host, port, day = host_of(url), port_of(url), date_of(clock())
    hub = HubConfig(url=url) if port is None else HubConfig(url=url, listen=f"127.0.0.1:{port}")
    config = Config(node=NodeConfig(kind=NodeKind.HUB), hub=hub)
    register = default_register()
    if made_up:
        register = register.with_value("guards.made_up_hosts", 1, decided_by=os_user())
    signer = Signer(f"{name}/list", os.urandom(SEED_BYTES))
    with built_folder(folder) as building, on_disk(folder):
        (building / "keys").mkdir(mode=0o700)
        (building / KEYS).mkdir(mode=0o700)
        _write_certificates(building, name, host, day, register.integer("hub.certificate_days"))
        write_signer(building / LIST_KEY, signer)
        write_signer(building / ENVELOPE_KEY, Signer(f"{name}/envelope", os.urandom(SEED_BYTES)))
        write_secret(building / IDENTITY_KEY, os.urandom(_KEY_BYTES))
        open_casebook(building / CASEBOOK).close()
        begin_home(building, config, register, {"hub": signer.name}, clock)
        for path in (building / KEYS, building / "keys", building):
            sync_folder(path)
    return Founded(
        folder=folder,
        name=signer.name,
        verifier=signer.verifier.render(),
        register_version=register.version,
    )


def host_of(url: str) -> str:
    """
    Give the name or address that stands in *url*; empty for an empty one.

    Raises:
        UsageError: If it is no address that members could reach a hub at.
    """
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        if ":" in host:
            host = str(ipaddress.IPv6Address(host))
    except ValueError:
        raise UsageError(_NO_URL) from None
    more = (parts.username, parts.query, parts.fragment, parts.path.removeprefix("/"))
    if parts.scheme != "https" or port == 0 or any(more) or not _HOST.fullmatch(host):
        raise UsageError(_NO_URL)
    return host


def port_of(url: str) -> int | None:
    """Give the port that stands in *url*, which `host_of` found right; None: none does."""
    return urlsplit(url).port


def hub_name(home: Home) -> str:
    """
    Give what the hub was called when it was made.

    Raises:
        ConfigError: If its keys are missing or damaged.
    """
    return list_signer(home).name.removesuffix("/list")


def list_signer(home: Home) -> Signer:
    """
    Read the key that snapshots are signed with.

    Raises:
        ConfigError: If it is missing or damaged.
    """
    return read_signer(home.folder / LIST_KEY)


def envelope_signer(home: Home) -> Signer:
    """
    Read the key that envelopes are signed with.

    Raises:
        ConfigError: If it is missing or damaged.
    """
    return read_signer(home.folder / ENVELOPE_KEY)


def identity_key(home: Home) -> bytes:
    """
    Read the key that ids of listings are made with, 32 bytes.

    Raises:
        ConfigError: If it is missing or damaged.
    """
    path = home.folder / IDENTITY_KEY
    try:
        key = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"key {path}: {error.strerror}; restore it from backup") from error
    if len(key) != _KEY_BYTES:
        raise ConfigError(f"key {path} is damaged; restore it from backup")
    return key


def _write_certificates(folder: Path, name: str, host: str, day: date, days: int) -> None:
    authority, server_key = Authority.create(name, day), draw_key()
    server = authority.issue_server(server_key.public_key(), host, day, days)
    write_secret(folder / AUTHORITY_KEY, render_key(authority.key))
    write_durably(folder / AUTHORITY, render_certificate(authority.certificate).encode("ascii"))
    write_secret(folder / SERVER_KEY, render_key(server_key))
    write_durably(folder / SERVER, render_certificate(server).encode("ascii"))

"""No project file tells of a machine, a registry, or an address that may be someone's."""

import ipaddress
import re
from pathlib import Path
from typing import Final

import pytest

from tree import ROOT, markdown_files, name_of, python_files, text_files

HOSTS_THAT_MAY_BE_NAMED: Final = {
    "datatracker.ietf.org",
    "doi.org",
    "docs.oasis-open.org",
    "keepachangelog.com",
    "www.apache.org",
    "www.iana.org",
    "www.rfc-editor.org",
    "www.w3.org",
}
"""Where a URL in the project may point: standards and papers. Nothing fetches from them."""

ADDRESSES_WITH_A_REASON: Final[dict[tuple[str, str], str]] = {}
"""(file, address) of the few addresses outside the ranges below, each with the reason."""

MACHINE_PATH: Final = re.compile(r"(?<![\w.<>{}\]/-])/(?:work|root|home|Users|opt|tmp|mnt)/\w")
REGISTRY_HOST: Final = re.compile(
    r"\b(?:pypi|pythonhosted|npmjs|debian|ubuntu)\.(?:org|com|net|io)\b"
)
URL_HOST: Final = re.compile(r"\b(?:https?|ftp)://(?:[^/@\s]*@)?(\[[^\]]*\]|[^/:\s\"'`)>{}\\]*)")
V4: Final = re.compile(
    r"(?<![\w.-])(?<!section )(?<!appendix )(?<!RFC \d{4} )(?<!RFC \d{4}, )"
    r"\d{1,3}(?:\.\d{1,3}){3}(?![\w-]|\.\d|/[0-8]\b)"
)
V6: Final = re.compile(
    r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,8}[0-9A-Fa-f]{0,4}(?![\w:]|/\d\b|/1[0-6]\b)"
)
# Blocks of /8 (IPv4) and /16 (IPv6) or more are nobody's: registries hand them out in parts.

HARMLESS_V4: Final = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
"""Documentation (RFC 5737), benchmarking (RFC 2544), private, shared, reserved, multicast."""

GLOBAL_V6: Final = ipaddress.ip_network("2000::/3")
"""All that IANA hands out; whatever lies outside is nobody's."""

HARMLESS_V6: Final = tuple(ipaddress.ip_network(text) for text in ("2001:db8::/32", "3fff::/20"))
"""Documentation (RFC 3849, RFC 9637)."""


def test_no_file_names_a_path_of_one_machine() -> None:
    """Nothing in the project points into the folders of the machine it was written on."""
    assert _found(MACHINE_PATH, text_files()) == []


def test_no_file_names_a_package_registry() -> None:
    """Where packages come from is for the machine to say: no file names a registry's host."""
    assert _found(REGISTRY_HOST, text_files()) == []


def test_urls_point_to_standards_and_to_examples_only() -> None:
    """Every URL's host is a standards body in the list, or a name kept for examples."""
    wrong = [
        f"{name_of(path)}:{number} {host}"
        for path in text_files()
        for number, line in _lines(path)
        for host in URL_HOST.findall(line)
        if not _may_be_named(host.lower())
    ]

    assert wrong == []


def test_addresses_are_nobodys() -> None:
    """Addresses in code, tests and docs come from documentation or reserved ranges."""
    wrong = [
        f"{name_of(path)}:{number} {address}"
        for path in (*python_files(ROOT), *markdown_files(), *_data_files())
        for number, line in _lines(path)
        for address in addresses_of_someone(line)
        if (name_of(path), address) not in ADDRESSES_WITH_A_REASON
    ]

    assert wrong == []


def test_every_address_with_a_reason_is_still_there() -> None:
    """An exemption names a file that still holds its address."""
    for name, address in ADDRESSES_WITH_A_REASON:
        assert address in (ROOT / name).read_text("utf-8"), name


@pytest.mark.parametrize(
    "line",
    [
        "a 192.0.2.1 b",
        "x[::2]",
        "12:30:59",
        "2001:db8::1",
        "version 1.2.3",
        "fe80::1",
        "02:00:5e:10:00:01",
        "64.0.0.0/7",
        "2000::/3",
    ],
)
def test_harmless_lines_pass(line: str) -> None:
    """Documentation ranges, slices, times, versions and hardware addresses are not reported."""
    assert addresses_of_someone(line) == []


@pytest.mark.parametrize("parts", [("9", "9", "9", "9"), ("193", "0", "14", "129")])
def test_an_address_that_may_be_someones_is_found(parts: tuple[str, ...]) -> None:
    """A global IPv4 address is reported, also with a port or a prefix length behind it."""
    address = ".".join(parts)

    assert addresses_of_someone(f"{address}:80") == [address]
    assert addresses_of_someone(f"({address}/24)") == [address]


def test_a_global_ipv6_address_is_found() -> None:
    """A global IPv6 address is reported in its short and its long form."""
    short, long = f"{2600}::1", f"{2600}:0:0:0:0:0:0:1"

    assert addresses_of_someone(f"to {short} and {long}") == [short, long]


def addresses_of_someone(line: str) -> list[str]:
    """List the addresses in *line* that lie in no documentation or reserved range."""
    found = []
    for text in V4.findall(line):
        try:
            v4 = ipaddress.IPv4Address(text)
        except ValueError:
            continue
        if not any(v4 in network for network in HARMLESS_V4):
            found.append(text)
    for text in V6.findall(line):
        try:
            v6 = ipaddress.IPv6Address(text)
        except ValueError:
            continue
        if v6 in GLOBAL_V6 and not any(v6 in network for network in HARMLESS_V6):
            found.append(text)
    return found


def _data_files() -> tuple[Path, ...]:
    kinds = {".csv", ".json", ".log", ".toml", ".txt", ".html", ".j2", ".yaml", ".yml"}
    return tuple(path for path in text_files() if path.suffix in kinds)


def _may_be_named(host: str) -> bool:
    labels = host.split(".")
    is_example = labels[-1] in {"example", "invalid", "test", "localhost"} or (
        labels[-2:-1] == ["example"]
    )
    # An address as a host is for the test on addresses; no host is a scheme by itself.
    is_address = host[:1].isdigit() or host.startswith("[")
    return not host or is_address or is_example or host in HOSTS_THAT_MAY_BE_NAMED


def _found(pattern: re.Pattern[str], paths: tuple[Path, ...]) -> list[str]:
    return [
        f"{name_of(path)}:{number} {match.group()}"
        for path in paths
        for number, line in _lines(path)
        for match in pattern.finditer(line)
    ]


def _lines(path: Path) -> list[tuple[int, str]]:
    return list(enumerate(path.read_text("utf-8", errors="replace").splitlines(), start=1))

"""A benign list's kind is told from its own name, then from the operator's."""

import pytest

from guarded import marked_sinkhole, match
from hinomi.model.listed import ListKind
from hinomi.verify.listkinds import BenignKind, kind_of, kind_of_name


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("List of known Akamai IP ranges", BenignKind.CDN),
        ("List of known Amazon AWS IP address ranges", BenignKind.CLOUD),
        ("List of known Cloudflare IP ranges", BenignKind.CDN),
        ("List of known Tenable Cloud Sensors IPv4", BenignKind.SCANNER),
        ("List of known IPv4 public DNS resolvers", BenignKind.RESOLVER),
        ("List of known SMTP sending IP ranges", BenignKind.MAIL),
        ("List of known iCloud Private Relay egress IP address ranges", BenignKind.RELAY),
        ("List of known sinkholes", BenignKind.SINKHOLE),
        ("cisco-umbrella-blockpage-ipv4", BenignKind.SINKHOLE),
        ("List of known OVH Cluster IPs", BenignKind.HOSTING),
        ("CRL and OCSP IP addresses", BenignKind.AUTHORITY),
        ("List of known Office 365 IP address ranges", BenignKind.VENDOR),
        ("List of RFC 1918 CIDR blocks", BenignKind.SPECIAL),
        ("Parking domains", BenignKind.PARKING),
        ("our_ntp_servers", BenignKind.TIME),
        ("stun", BenignKind.STUN),
        ("tor exits", BenignKind.RELAY),
        ("friends of the house", BenignKind.OTHER),
        ("", BenignKind.OTHER),
    ],
)
def test_a_name_tells_the_kind(name: str, kind: BenignKind) -> None:
    """The names of real warning lists, and short ones that operators choose."""
    assert kind_of_name(name) is kind


def test_the_lists_own_name_is_asked_first() -> None:
    """An operator's file name does not overrule what the list says of itself."""
    assert kind_of(match("List of known sinkholes", source="akamai")) is BenignKind.SINKHOLE
    assert kind_of(match("", source="akamai")) is BenignKind.CDN
    assert kind_of(match("customer 7", source="akamai")) is BenignKind.CDN


def test_the_kind_of_the_list_speaks_before_any_name() -> None:
    """What was added as sinkholes or scanners is that, whatever it is called."""
    assert kind_of(match("akamai", kind=ListKind.SINKHOLES)) is BenignKind.SINKHOLE
    assert kind_of(match("akamai", kind=ListKind.SCANNERS)) is BenignKind.SCANNER


def test_lists_of_ccs_hold_only_what_they_mark_as_sinkholes() -> None:
    """A known C&C called after a content network is held by nothing."""
    assert kind_of(match("cloudflare", kind=ListKind.KNOWN_CC)) is None
    assert kind_of(match("cloudflare", kind=ListKind.SUSPECTS)) is None
    assert kind_of(marked_sinkhole()) is BenignKind.SINKHOLE

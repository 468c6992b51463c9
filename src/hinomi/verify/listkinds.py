"""
What a benign list is a list of: told from its own name and from the operator's name for it.

The names are those of the MISP warning lists. A list that says none of these words is one of
something benign that is not known further: it holds, and a reviewer may lift that.
"""

import re
from enum import StrEnum
from typing import Final

from hinomi.model.listed import ListKind, Role
from hinomi.verify.prefixes import ListMatch


class BenignKind(StrEnum):
    """What the addresses of a list are."""

    SPECIAL = "special"  # No hosts: private, multicast.
    SINKHOLE = "sinkhole"
    SCANNER = "scanner"
    CRAWLER = "crawler"
    RESOLVER = "resolver"
    TIME = "time"
    STUN = "stun"
    MAIL = "mail"
    RELAY = "relay"  # VPN, Tor, proxies.
    CDN = "cdn"
    HOSTING = "hosting"  # Shared web hosting.
    PARKING = "parking"
    AUTHORITY = "authority"  # Revocation lists of certificate authorities.
    CLOUD = "cloud"
    VENDOR = "vendor"  # Run by one company for all its users: accounts, updates, messages.
    OTHER = "other"


WORDS: Final = tuple(
    (kind, re.compile(words, re.IGNORECASE))
    for kind, words in (
        (BenignKind.SPECIAL, r"\brfc ?(1918|3849|5735|6598)\b|multicast|link ?local|bogon"),
        (BenignKind.SINKHOLE, r"sinkhole|block ?page"),
        (BenignKind.CRAWLER, r"crawler|googlebot|gptbot"),
        (
            BenignKind.SCANNER,
            r"\bscan|check-host\.net|cloud sensors|tenable|xpanse|connection-attempt",
        ),
        (BenignKind.RESOLVER, r"\bpublic[ -]dns|\bresolvers?\b"),
        (BenignKind.TIME, r"\bntp\b|time ?servers?\b"),
        (BenignKind.STUN, r"\bstun\b"),
        (BenignKind.MAIL, r"\bsmtp|\bgmail|\be?-?mail\b"),
        (BenignKind.RELAY, r"\bvpn|\btor\b|\bprox(y|ies)\b|\brelay|zscaler"),
        (BenignKind.CDN, r"\bcdn\b|akamai|cloudflare|cloudfront|fastly|stackpath|bunny"),
        (BenignKind.HOSTING, r"\bovh[ -]cluster|\bshared[ -]?host|\bweb[ -]?host"),
        (BenignKind.PARKING, r"\bpark(ing|ed)\b"),
        (BenignKind.AUTHORITY, r"\bcrl\b|\bocsp\b"),
        # GitHub's own list holds the clouds in which its customers' programs run.
        (
            BenignKind.CLOUD,
            r"\bcloud\b|\bamazon\b|\baws\b|\bazure\b|\bgcp\b|\boracle\b|\bdata ?cent|github",
        ),
        (
            BenignKind.VENDOR,
            (
                r"\bapple\b|\boffice ?365|\bmicrosoft\b|\bwindows\b|\btelegram\b|\bwikimedia\b"
                r"|\bgoogle\b|\bupdates?\b"
            ),
        ),
    )
)
"""The first whose words are found speaks. A list's own name is asked before its source."""


def kind_of(match: ListMatch) -> BenignKind | None:
    """
    Tell what the entry says of the address; None: nothing that holds a release.

    An entry of a list of known C&Cs speaks here only where the list marks it as a sinkhole.
    """
    if match.kind is ListKind.SINKHOLES or match.role is Role.SINKHOLE:
        return BenignKind.SINKHOLE
    if match.kind is ListKind.SCANNERS:
        return BenignKind.SCANNER
    return kind_of_name(match.label, match.source) if match.kind is ListKind.BENIGN else None


def kind_of_name(*names: str) -> BenignKind:
    """Tell the kind of a benign list from *names*: the first that says anything speaks."""
    for name in names:
        spoken = name.replace("_", " ")
        for kind, words in WORDS:
            if words.search(spoken):
                return kind
    return BenignKind.OTHER

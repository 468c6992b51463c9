"""Listings as plain text, for tools that read lines: ``ADDRESS PROTOCOL PORT``."""

from collections.abc import Iterable

from hinomi.model.address import render_address
from hinomi.model.listing import Listing
from hinomi.model.protocol import render_protocol


def render_plain(listings: Iterable[Listing]) -> bytes:
    """Render *listings*, one a line, in the order in which they come."""
    lines = (
        f"{render_address(each.address)} {render_protocol(each.proto)} {each.port}\n"
        for each in listings
    )
    return "".join(lines).encode("ascii")

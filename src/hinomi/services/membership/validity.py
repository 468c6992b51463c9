"""How long the hub still lets this node in: until the last day of its certificate."""

from datetime import UTC, datetime, timedelta
from typing import Final

from hinomi.errors import ConfigError
from hinomi.services.home import Home
from hinomi.services.membership.joining import MEMBERSHIP, read_membership
from hinomi.share.certificates import last_day, parse_certificate

WARNS: Final = timedelta(days=30)
"""So long before its end it is warned of: a request and a welcome are carried by people."""

ANEW: Final = "`hinomi listings enrol` and `hinomi listings join` get a new one"


def require_valid(home: Home) -> None:
    """
    Return if this node's certificate has not ended.

    Raises:
        NotFound: If this home has joined no hub.
        ConfigError: If it has ended, by this node's clock.
        MalformedDocument: If it is damaged.
    """
    day, left = _ends(home)
    if left < timedelta(0):
        raise ConfigError(
            f"this node's certificate ended on {day}: the hub lets it in no more; {ANEW} (if the "
            "day is not over, set this node's clock)"
        )


def warn_of_end(home: Home) -> str | None:
    """Say that this node's certificate ends soon; None: not soon, or it has ended already."""
    day, left = _ends(home)
    if not timedelta(0) <= left <= WARNS:
        return None
    return f"this node's certificate ends on {day} (days left: {left.days}); {ANEW}"


def _ends(home: Home) -> tuple[str, timedelta]:
    """Give the last day of the certificate, and how much of its time is left."""
    certificate = parse_certificate(read_membership(home).certificate, MEMBERSHIP)
    now = datetime.fromtimestamp(home.clock() / 1000, UTC)
    return last_day(certificate).isoformat(), certificate.not_valid_after_utc - now

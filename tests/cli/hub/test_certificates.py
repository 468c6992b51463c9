"""``hinomi hub member certify`` and ``revoke``: what a certificate looks like when it is shown."""

from datetime import date, timedelta

import pytest

from hinomi.cli.hub.certificates import credential_document
from hinomi.model.member import Credential, Outlet

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("days", "revoked", "valid"), [(0, False, True), (-1, False, False), (9, True, False)]
)
def test_a_certificate_says_whether_it_still_lets_in(
    days: int,
    revoked: bool,  # noqa: FBT001 - a parameter of the test.
    valid: bool,  # noqa: FBT001 - the same.
) -> None:
    """To the end of its last day, unless it is revoked; the digest of its token is not shown."""
    told = credential_document(
        Credential(
            fingerprint="a" * 64,
            member="isp-a",
            token_digest="b" * 64,
            outlets=(Outlet.TAXII,),
            until=TODAY + timedelta(days=days),
            is_revoked=revoked,
        ),
        TODAY,
    )

    assert (told["revoked"], told["valid"], told["outlets"]) == (revoked, valid, ["taxii"])
    assert "b" * 64 not in str(told)

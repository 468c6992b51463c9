"""Services and candidates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.model.address import from_int, parse_address
from hinomi.model.service import Candidate, Reason, Service, parse_service_address
from hinomi.model.window import Window

_SERVICE = Service(parse_address("198.51.100.1"), 6, 443)
_REASON = Reason(code="enriched", text="Many.", text_ja="多い。", weight=1.0)


def _candidate(probability: float = 0.5, reasons: tuple[Reason, ...] = (_REASON,)) -> Candidate:
    return Candidate(
        service=_SERVICE,
        window=Window(),
        probability=probability,
        known=False,
        tier=None,
        clients=3,
        suspects=2,
        reasons=reasons,
    )


def test_a_service_shows_address_protocol_and_port() -> None:
    """IPv4 dotted, the protocol by name."""
    assert str(_SERVICE) == "198.51.100.1 tcp/443"
    assert str(Service(parse_address("2001:db8::1"), 17, 53)) == "2001:db8::1 udp/53"


@given(st.integers(0, 2**128 - 1), st.booleans())
def test_what_is_shown_of_a_service_is_understood(number: int, own: bool) -> None:  # noqa: FBT001 - drawn.
    """An address, or own: and 32 hex digits, comes back as it was."""
    service = Service(from_int(number), 6, 1, own=own)

    assert parse_service_address(service.render_address()) == (service.address, own)
    assert service.render_address().startswith("own:") == own


@pytest.mark.parametrize(
    "text",
    [
        "",
        "own:",
        "own:12",
        "own:" + "g" * 32,
        "own:" + "0" * 33,
        "own:" + "00 " * 10 + "00",
        "host",
    ],
)
def test_what_is_no_service_address_is_refused(text: str) -> None:
    """Exactly 32 hex digits follow the mark."""
    with pytest.raises(ValueError, match=r"address|hex"):
        parse_service_address(text)


@pytest.mark.parametrize("probability", [-0.01, 1.01, float("nan")])
def test_a_probability_lies_between_0_and_1(probability: float) -> None:
    """Nothing else can be calibrated."""
    assert _candidate(1.0).probability == 1.0
    with pytest.raises(ValueError, match="outside"):
        _candidate(probability)


def test_a_candidate_has_a_reason() -> None:
    """Without one nobody could review it."""
    with pytest.raises(ValueError, match="reason"):
        _candidate(reasons=())

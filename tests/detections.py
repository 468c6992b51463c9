"""Builders of what a run of detection found, with defaults where a test does not care."""

from builders import HOUR_MS, NOON_MS
from hinomi.model.address import parse_address
from hinomi.model.service import Candidate, Reason, Service
from hinomi.model.window import Window
from hinomi.services.detecting import Detection

LIMITS: dict[str, object] = {
    "sampling_interval": 10_000,
    "days": 2.0,
    "smallest_botnet": {"60 s keep-alive": 11, "hourly beacon": 1234},
    "beacon": "not meaningful at this sampling interval",
    "flags": "missing in 37% of the TCP records",
}


def reason(weight: float = 4.0, **changed: str) -> Reason:
    """Describe one reason; the words are made up."""
    told = {"code": "enriched", "text": "Many suspects.", "text_ja": "疑いが多い。"} | changed
    return Reason(**told, weight=weight, values={"suspects": 3, "expected": 0.25})


def candidate(address: str = "192.0.2.1", *reasons: Reason, **changed: object) -> Candidate:
    """Describe one candidate, tcp/443."""
    told: dict[str, object] = {
        "service": Service(parse_address(address), 6, 443),
        "window": Window(),
        "probability": 0.75,
        "known": False,
        "tier": None,
        "clients": 20,
        "suspects": 3,
        "reasons": reasons or (reason(),),
    }
    return Candidate(**(told | changed))  # type: ignore[arg-type]


def detection(*candidates: Candidate, **changed: object) -> Detection:
    """Describe what a run found; each candidate was active in two hours after noon."""
    told: dict[str, object] = {
        "window": Window(NOON_MS, NOON_MS + 48 * HOUR_MS),
        "limits": LIMITS,
        "candidates": candidates,
        "register_version": "0123abcd",
        "timeline": {each.service: {NOON_MS: 1, NOON_MS + HOUR_MS: 4} for each in candidates},
        "suspects": {"known": 5, "scan": 0},
    }
    return Detection(**(told | changed))  # type: ignore[arg-type]

"""
Mandates: the purpose and legal basis that every access to flow data must name.

Each command of hinomi has one fixed purpose and basis (R1); ``services`` build the
mandate, no option does.
"""

from dataclasses import dataclass
from enum import StrEnum

from hinomi.clock import render_time
from hinomi.errors import NotPermitted


class Purpose(StrEnum):
    """What the law lets an internet provider use flow information for, as far as built."""

    DETECT_CC = "detect-cc"  # Find C&C servers (fourth report of the study group, 2021).
    OPERATE = "operate"  # Keep the store itself in order: compaction, removal, counting.
    EXPLAIN = "explain"  # Tell subscribers what is done with flow information (R8).


class LegalBasis(StrEnum):
    """Why an access does not breach the secrecy of communications."""

    CONSENT = "consent"  # 同意
    LEGITIMATE_BUSINESS = "legitimate-business-act"  # 正当業務行為: purpose, necessity, means.
    EMERGENCY = "emergency"  # 緊急避難
    LAW = "law"  # 法令行為


class Power(StrEnum):
    """What a mandate lets its bearer do."""

    STORE = "store"
    ANALYSE = "analyse"
    MAINTAIN = "maintain"  # Compact and remove partitions; reads nothing out.
    REIDENTIFY = "re-identify"
    PUBLISH = "publish"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """
    Purpose, legal basis, who, until when, and the powers that follow.

    It is a value: whoever receives one calls `require` before acting on it.
    """

    purpose: Purpose
    basis: LegalBasis
    who: str  # The person or account on whose behalf the act happens.
    until_ms: int  # End of validity, ms since the Unix epoch, exclusive.
    powers: frozenset[Power]

    def __post_init__(self) -> None:
        if not self.who.strip():
            raise ValueError("a mandate names who holds it")
        if not self.powers:
            raise ValueError("a mandate without powers permits nothing")
        if self.purpose is Purpose.OPERATE and Power.ANALYSE in self.powers:
            raise ValueError("keeping the store in order is no reason to analyse it")
        if self.purpose is Purpose.EXPLAIN and self.powers != {Power.PUBLISH}:
            raise ValueError("explaining what is done is a reason to publish, and for nothing else")

    def require(self, power: Power, now_ms: int) -> None:
        """
        Return if *power* is granted at *now_ms*.

        Raises:
            NotPermitted: If it is not, or the mandate has ended.
        """
        if now_ms >= self.until_ms:
            raise NotPermitted(f"the mandate for {self.purpose} ended {render_time(self.until_ms)}")
        if power not in self.powers:
            raise NotPermitted(f"a mandate for {self.purpose} does not permit to {power}")

    def render(self) -> dict[str, str]:
        """Render what the journal keeps of a mandate."""
        return {"purpose": str(self.purpose), "basis": str(self.basis), "who": self.who}

"""
Mandates: the purpose and legal basis that every access to flow data must name.

Each command of hinomi has one fixed purpose and basis (R1); ``services`` build the
mandate, no option does. A mandate permits what it was given powers for, as long as the
matrix permits that for its purpose, its basis and the data in question (`govern.matrix`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from hinomi.clock import Clock, date_of, render_time
from hinomi.errors import NotPermitted
from hinomi.govern.matrix import (
    Cell,
    Data,
    LegalBasis,
    Matrix,
    Power,
    Purpose,
    shipped_matrix,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """
    Purpose, legal basis, who, until when, and the powers that follow.

    It is a value: whoever receives one asks a `Guard` before acting on it.
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

    def require(self, power: Power, now_ms: int) -> None:
        """
        Return if *power* was given and has not ended at *now_ms*; the matrix is not asked.

        Raises:
            NotPermitted: If it was not, or the mandate has ended.
        """
        if now_ms >= self.until_ms:
            raise NotPermitted(f"the mandate for {self.purpose} ended {render_time(self.until_ms)}")
        if power not in self.powers:
            raise NotPermitted(f"a mandate for {self.purpose} does not permit to {power}")

    def render(self) -> dict[str, str]:
        """Render what the journal keeps of a mandate."""
        return {"purpose": str(self.purpose), "basis": str(self.basis), "who": self.who}


Refusal = dict[str, object]
"""What the journal keeps of an access that was refused."""


class Guard:
    """Stands at a door: lets a mandate through or refuses it, and has refusals written down."""

    def __init__(
        self,
        clock: Clock,
        matrix: Callable[[], Matrix] = shipped_matrix,
        tell: Callable[[Refusal], object] | None = None,
    ) -> None:
        """
        Stand by.

        Args:
            clock: What time it is.
            matrix: Tells what is lawful here at each asking, since a ruling may be withdrawn.
            tell: Writes one refusal to the journal; None where there is no journal.
        """
        self._clock = clock
        self._matrix = matrix
        self._tell = tell

    def admit(self, mandate: Mandate, power: Power, data: Data = Data.FLOW_RECORDS) -> None:
        """
        Return if *mandate* grants *power* over *data* now, and the matrix permits it.

        Raises:
            NotPermitted: If not; the refusal is in the journal before.
        """
        try:
            self._require(mandate, power, data, self._clock())
        except NotPermitted as error:
            if self._tell is not None:
                self._tell({
                    "operation": REFUSED,
                    "mandate": mandate.render(),
                    "asked": {"power": str(power), "data": str(data)},
                    "reason": str(error),
                })  # fmt: skip
            raise

    def _require(self, mandate: Mandate, power: Power, data: Data, now_ms: int) -> None:
        mandate.require(power, now_ms)
        day = date_of(now_ms)
        found = self._matrix().ask(Cell(mandate.purpose, data, power, mandate.basis), day)
        if not found.is_permitted:
            raise NotPermitted(f"{found.cell}: {found.answer}: {found.en}")


REFUSED: Final = "refused"
"""The operation under which refusals stand in the journal."""

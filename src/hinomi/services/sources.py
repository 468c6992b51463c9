"""What each source of evidence is worth, and which sources are one."""

from dataclasses import dataclass

from hinomi.model.evidence import Evidence, Method
from hinomi.model.listed import ListKind
from hinomi.services.home import Home
from hinomi.services.mandates import Operation, record
from hinomi.services.weighing import Assessor
from hinomi.verify.reliability import Reliability


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One source."""

    name: str
    method: Method
    reliability: Reliability
    statements: int
    family: str | None  # Sources of one family count as one; None: it stands alone.
    family_reason: str | None

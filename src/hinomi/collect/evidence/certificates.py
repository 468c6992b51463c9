"""
Certificates seen by others as CSV: ``address,port,self_signed,not_before,first_seen[,holder]``.

A self-signed one is a trait that C&C servers share with very many devices: weak support, with
the age of the certificate when it was first seen. One that a CA signed says nothing by itself.

*holder* is any code of who holds the certificate, such as a digest of its subject: it is only
compared and never kept (R16). Rows of one address and port stand together, in order of
*first_seen*; where a CA-signed certificate of another holder follows, the service has moved to
somebody else on that day. Certificates are cheap, so this is half sure at most.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from hinomi.collect.evidence.fields import make_service, parse_day, parse_host
from hinomi.collect.evidence.intake import Intake, Skip
from hinomi.collect.evidence.rows import Row, has_columns, read_rows
from hinomi.collect.lists.intake import BadLine
from hinomi.model.evidence import Claim, Evidence, Method
from hinomi.model.service import Service

SAYS_NOTHING: Final = "a certificate that says nothing by itself"

_REQUIRED: Final = ("address", "port", "self_signed", "not_before", "first_seen")
_COLUMNS: Final = {name: name for name in (*_REQUIRED, "holder")}
_TRUTHS: Final = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


@dataclass(frozen=True, slots=True)
class _Seen:
    service: Service
    holder: str
    first_day: int


def recognises(start: str) -> bool:
    """Tell the format by its header."""
    return has_columns(start, _COLUMNS, _REQUIRED)


def read(intake: Intake) -> Iterator[Evidence]:
    """Yield what the certificates tell, in the order of the file."""
    return intake.each(read_rows(intake, _COLUMNS, _REQUIRED), _Rows(intake).statements)


class _Rows:
    """What is remembered between rows: the last certificate with a holder."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._before: _Seen | None = None

    def statements(self, row: Row) -> Iterator[Evidence]:
        """Read one row."""
        limits = self._intake.told.limits
        service = make_service(parse_host(row["address"]), "tcp", row["port"])
        self_signed = _TRUTHS.get(row["self_signed"].strip().lower())
        first_day, from_day = parse_day(row["first_seen"], -1), parse_day(row["not_before"], -1)
        if service.port < 0 or self_signed is None or min(first_day, from_day) < 0:
            raise BadLine("port, self_signed (1 or 0), not_before and first_seen must be stated")
        has_moved = self._is_another(_Seen(service, row["holder"].strip(), first_day))
        if self_signed:
            yield self._intake.evidence(
                service,
                Claim.SUPPORT,
                Method.CERTIFICATE,
                first_day,
                reference="self-signed",
                strength=limits.trait_strength,
                age_days=first_day - from_day,
            )
        elif has_moved:
            yield self._intake.evidence(
                service,
                Claim.MOVED,
                Method.CERTIFICATE,
                first_day,
                reference="another-holder",
                strength=limits.changed_strength,
            )
        else:
            raise Skip(SAYS_NOTHING)

    def _is_another(self, seen: _Seen) -> bool:
        """Tell whether this certificate follows one of somebody else at the same place."""
        before = self._before
        if not seen.holder:
            return False
        if before is not None and before.service == seen.service:
            if before.first_day > seen.first_day:
                raise BadLine("rows of one address and port are not in order of first_seen")
            self._before = seen
            return before.holder != seen.holder
        self._before = seen
        return False

"""What the operator says of exporters: counting points, interfaces, sampling intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from typing import Any, Final

from hinomi.clock import date_of
from hinomi.collect.accounting import ExporterStatus, read_status
from hinomi.collect.admission import SAMPLING_TOO_DENSE
from hinomi.collect.observing import Description
from hinomi.collect.statement import Said, interface_shares
from hinomi.errors import NotFound
from hinomi.govern.parameters import (
    INTERVAL_UNIT,
    Parameter,
    Register,
    override_name,
    read_register,
)
from hinomi.model.exporter import HOUR_MS, CountedDirection, ExporterHour, InterfaceRole
from hinomi.model.window import Window
from hinomi.services.home import COLLECT, Home
from hinomi.services.mandates import Operation, record, who_acts
from hinomi.services.register import REGISTER, put_in_force
from hinomi.store.casebook import UNNAMED, CaseBook

_DAY_MS: Final = 24 * HOUR_MS
_REVIEW_AFTER: Final = timedelta(days=365)


def sampling_override(register: Register, name: str) -> int | None:
    """Give the sampling interval that the operator states for the exporter called *name*."""
    parameter = override_name(name)
    return register.integer(parameter) if parameter in register.parameters else None


def describe_exporters(register: Register, casebook: CaseBook) -> dict[str | None, Description]:
    """
    Gather what the operator says of exporters, for files that name them.

    Returns:
        By name, None for records that name no exporter; nobody of whom nothing is said.
    """
    roles: dict[int, dict[int, InterfaceRole]] = {}
    for (exporter, ifindex), role in casebook.interfaces().items():
        roles.setdefault(exporter, {})[ifindex] = role
    counts = casebook.counts()
    numbers = {name: number for number, name in casebook.exporters().items()}
    found: dict[str | None, Description] = {}
    for name in numbers.keys() | _overridden(register):
        number = numbers.get(name, 0)  # 0: nobody's, of whom only the register speaks.
        description = Description(
            roles=roles.get(number, {}),
            counts=counts.get(number, CountedDirection.ALL),
            interval=sampling_override(register, name) or 0,
        )
        if description != Description():
            found[None if name == UNNAMED else name] = description
    return found


def said_of_exporters(home: Home) -> dict[str, Said]:
    """Gather what the operator says of exporters, by name, to show it beside their status."""
    with home.casebook() as casebook:
        described = describe_exporters(home.register, casebook)
    return {
        UNNAMED if name is None else name: Said(
            interval=each.interval,
            reason=(_override(home.register, name or UNNAMED) or {}).get("reason", ""),
            roles=each.roles,
        )
        for name, each in described.items()
    }


def list_exporters(home: Home) -> list[dict[str, Any]]:
    """
    Describe every exporter of the home, with what arrived in the last 24 hours.

    Interfaces are those that the operator described, and those that the collector met since
    it started, with their share of the records.

    Raises:
        MalformedDocument: If the collector's status is not what this version writes.
    """
    now_ms, status = home.clock(), read_status(home.folder / COLLECT)
    with home.casebook() as casebook:
        names, counts = casebook.exporters(), casebook.counts()
        interfaces = casebook.interfaces()
        hours = casebook.exporter_hours(Window(now_ms - _DAY_MS, now_ms + 1))
    return [
        {
            "name": name,
            "number": number,
            "counts": counts[number].value,
            "sampling": _override(home.register, name),
            "interfaces": _interfaces(
                {ifindex: role for (each, ifindex), role in interfaces.items() if each == number},
                status.exporters.get(name, ExporterStatus()).interfaces,
            ),
            "last_day": _day([hour for hour in hours if hour.exporter == number]),
        }
        for number, name in names.items()
    ]


def put_interface(home: Home, name: str, ifindex: int, role: InterfaceRole) -> None:
    """
    Say where an interface of an exporter looks.

    Raises:
        NotFound: If there is no such exporter, and *name* is no address of one to come.
    """
    with home.casebook() as casebook:
        known, number = _exporter(casebook, name)
        _journal(home, "interface", known, {"ifindex": ifindex, "role": role.word})
        casebook.put_interface(number, ifindex, role)


def put_counts(home: Home, name: str, counts: CountedDirection) -> None:
    """
    Say which observations of an exporter are counted.

    Raises:
        NotFound: If there is no such exporter, and *name* is no address of one to come.
    """
    with home.casebook() as casebook:
        known, number = _exporter(casebook, name)
        _journal(home, "counts", known, {"counts": counts.value})
        casebook.put_counts(number, counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overridden:
    """What came of stating an exporter's sampling interval."""

    version: str  # Of the register from now on.
    stated: int  # Densest interval that the exporter states, if denser; 0: none is known.
    lets_pass: bool  # Records that the home refused for their stated rate are stored now.


def override_sampling(home: Home, name: str, interval: int, reason: str) -> Overridden:
    """
    State the sampling interval of an exporter in the register, above whatever it says itself.

    Args:
        home: Whose register.
        name: Of the exporter.
        interval: N of 1-in-N, 1..2^31-1.
        reason: Why it is so; stands in the register as its considerations.

    An exporter that itself states a denser rate is told of, to the caller and in the journal:
    where the home refused its records, the entry in the register is what they are stored on
    from now on.

    Raises:
        NotFound: If there is no such exporter, and *name* is no address of one to come.
        MalformedDocument: If the collector's status is not what this version writes.
        Unavailable: If the disk refuses; the register stays as it was.
    """
    with home.casebook() as casebook:
        known, _ = _exporter(casebook, name)
    today = date_of(home.clock())
    parameter = Parameter(
        value=interval,
        unit=INTERVAL_UNIT,
        considerations=reason,
        decided_by=who_acts(),
        review=today + _REVIEW_AFTER,
    )
    before = read_register(home.folder / REGISTER)
    register = before.with_parameter(override_name(known), parameter)
    facts: dict[str, object] = {"interval": interval, "reason": reason}
    status = read_status(home.folder / COLLECT).exporters.get(known, ExporterStatus())
    # sFlow states its rate in every sample: that it was too dense stands in the counts alone.
    refused = status.counts.get(SAMPLING_TOO_DENSE, 0)
    densest = min((each.interval for each in status.samplers if each.interval), default=0)
    stated = densest if densest < interval else 0
    if stated:
        facts["stated"] = stated
    if refused:
        facts["refused_dense"] = refused
    least = register.integer("collect.sampling_interval_min")
    is_refusing = not home.is_laboratory and (0 < stated < least or refused > 0)
    return Overridden(
        version=_change(home, before, register, known, facts),
        stated=stated,
        lets_pass=is_refusing and interval >= least,
    )


def unset_sampling(home: Home, name: str, reason: str | None = None) -> str:
    """
    Let an exporter state its sampling interval itself again.

    Returns:
        The version of the register from now on.

    Raises:
        NotFound: If nothing is stated for it.
        Unavailable: If the disk refuses; the register stays as it was.
    """
    known = _plain_name(name)
    register = read_register(home.folder / REGISTER)
    parameter = override_name(known)
    if parameter not in register.parameters:
        raise NotFound(f"no sampling interval is stated for {known}: nothing to unset")
    facts: dict[str, object] = {"interval": None, "reason": reason}
    return _change(home, register, register.without(parameter), known, facts)


def _change(
    home: Home, before: Register, after: Register, name: str, facts: dict[str, object]
) -> str:
    mandate = home.mandate(Operation.DESCRIBE)
    about = {"operation": Operation.DESCRIBE.word, "mandate": mandate.render()}
    put_in_force(
        home.folder,
        home.clock,
        before,
        after,
        {**about, "act": "sampling", "exporter": name, **facts},
    )
    return after.version


def _journal(home: Home, act: str, name: str, facts: dict[str, object]) -> None:
    """Write down what is about to be said of an exporter."""
    mandate = home.mandate(Operation.DESCRIBE)
    about = {"act": act, "exporter": name, "register_before": home.register.version}
    record(home.journal(), Operation.DESCRIBE, mandate, about | facts)


def _exporter(casebook: CaseBook, name: str) -> tuple[str, int]:
    """
    Give name and number of an exporter.

    An address is a name that the collector will meet: what is said of it may come before
    its first datagram. Any other name must be known, or it is a slip of the pen.
    """
    known = _plain_name(name)
    try:
        return known, casebook.find_exporter(known)
    except NotFound:
        if not _is_address(known):
            raise
        return known, casebook.exporter_number(known)


def _plain_name(name: str) -> str:
    """Write an address as the collector does; any other name stays."""
    try:
        address = ip_address(name)
    except ValueError:
        return name
    return str(getattr(address, "ipv4_mapped", None) or address)


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _overridden(register: Register) -> set[str]:
    """Name the exporters whose sampling interval the register states."""
    before, after = override_name("\0").split("\0")
    return {
        name.removeprefix(before).removesuffix(after)
        for name in register.parameters
        if name.startswith(before) and name.endswith(after)
    }


def _override(register: Register, name: str) -> dict[str, Any] | None:
    parameter = register.parameters.get(override_name(name))
    if parameter is None:
        return None
    return {
        "interval": parameter.value,
        "reason": parameter.considerations,
        "decided_by": parameter.decided_by,
        "review": parameter.review.isoformat(),
    }


def _interfaces(
    roles: Mapping[int, InterfaceRole], records: Mapping[int, int]
) -> list[dict[str, Any]]:
    """Describe the interfaces that were described, and those that records name."""
    seen = interface_shares(records, roles)
    return [
        {
            "ifindex": ifindex,
            "role": roles.get(ifindex, InterfaceRole.UNKNOWN).word,
            "share": round(seen[ifindex][1], 4) if ifindex in seen else None,
        }
        for ifindex in sorted({*roles, *seen})
    ]


def _day(hours: Sequence[ExporterHour]) -> dict[str, Any]:
    units = sorted({hour.unit for hour in hours if hour.received or hour.lost})
    return {
        "datagrams": sum(hour.datagrams for hour in hours),
        "records": sum(hour.records for hour in hours),
        "sequence": {
            unit.value: {
                "received": sum(hour.received for hour in hours if hour.unit == unit),
                "lost": max(0, sum(hour.lost for hour in hours if hour.unit == unit)),
            }
            for unit in units
        },
    }

"""
The parameter register: every value that shapes detection or privacy, with its reasons (R9).

The register is one TOML file in the home. Results cite its version hash; the defaults
that ship with hinomi stand in ``register.toml`` beside this file.
"""

import hashlib
import math
import re
import shlex
import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Final, Self

import msgspec
import tomli_w

from hinomi.errors import ConfigError, UsageError

Value = int | float | str | bool

INTERVAL_UNIT: Final = "packets; 1 in N"
INTERVAL_MOST: Final = 2**31 - 1

_ADOPT: Final = "run `hinomi parameters adopt`"
_RESTORE: Final = "`hinomi parameters restore` puts it back"

_SPAN: Final = re.compile(r"(\d+)\.\.(\d+)(; 0 is off)?")
_SWITCHES: Final = ("1 or 0", "1 gives", "1 yes")
"""How units begin that know two values."""

_OVERRIDE: Final = re.compile(r"exporter\.(.+)\.sampling_interval")
"""The one family of parameters that a home may add: what ships cannot know its exporters."""


_AT_LEAST: Final = {
    "retention.flow_records_days": ("detect.window_days",),
    "retention.own_list_entries_days": ("detect.window_days",),
    "retention.reports_days": ("detect.window_days",),
    "retention.list_history_days": ("context.history_days", "detect.window_days"),
    "retention.context_tables_days": ("context.history_days", "detect.window_days"),
    "retention.journal_bodies_days": ("retention.flow_records_days",),
    "retention.operations_days": (),
    "retention.collector_state_days": (),
    "retention.leftovers_days": (),
    "retention.hub_statements_days": ("hub.statement_epochs", "share.epoch_days"),
    "retention.hub_lists_days": ("share.lease_days",),
}
"""How long each class of data is kept at least: as long as the sum of these, never under a day."""


class Parameter(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True
):
    """
    One registered value and why it is what it is.

    A field that says nothing is left out of file and version hash, so that registers of before
    a field existed keep their version.
    """

    value: Value
    unit: str
    considerations: str
    decided_by: str
    review: date  # When to think about it again.
    evidence: str = ""  # What was measured, and where it stands; or that nothing was.
    alternatives: str = ""  # Other values that were thought of, and why they were rejected.
    approved_by: str = ""  # Empty where nobody else could.

    def is_due(self, today: date) -> bool:
        """Tell whether its review date has passed."""
        return self.review < today


class Register(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All registered parameters, by their dotted name ``stage.what_unit``."""

    parameters: dict[str, Parameter]

    @property
    def version(self) -> str:
        """The SHA-256 of the register's canonical form, hex; every result cites it."""
        canonical = msgspec.json.encode(self.parameters, order="sorted")
        return hashlib.sha256(canonical).hexdigest()

    def integer(self, name: str) -> int:
        """Give the whole number registered under *name*."""
        value = self._value(name)
        if isinstance(value, bool) or not isinstance(value, int):
            raise ConfigError(f"register: {name} is no whole number")
        return value

    def number(self, name: str) -> float:
        """Give the number registered under *name*."""
        value = self._value(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ConfigError(f"register: {name} is no number")
        return float(value)

    def text(self, name: str) -> str:
        """Give the text registered under *name*."""
        value = self._value(name)
        if not isinstance(value, str):
            raise ConfigError(f"register: {name} is no text")
        return value

    def with_value(self, name: str, value: Value, *, decided_by: str) -> Self:
        """Give a register in which *name* has another value; the reasons stay."""
        self._value(name)
        changed = msgspec.structs.replace(self.parameters[name], value=value, decided_by=decided_by)
        return msgspec.structs.replace(self, parameters={**self.parameters, name: changed})

    def with_parameter(self, name: str, parameter: Parameter) -> Self:
        """Give a register in which *parameter* stands under *name*, new or in place of another."""
        return msgspec.structs.replace(self, parameters={**self.parameters, name: parameter})

    def due(self, today: date) -> list[str]:
        """Name the parameters whose review date has passed."""
        return sorted(name for name, each in self.parameters.items() if each.is_due(today))

    def without(self, name: str) -> Self:
        """Give a register that lacks *name*."""
        rest = {each: value for each, value in self.parameters.items() if each != name}
        return msgspec.structs.replace(self, parameters=rest)

    def _value(self, name: str) -> Value:
        try:
            return self.parameters[name].value
        except KeyError:
            raise ConfigError(f"register: {name} is missing; {_ADOPT}") from None


def override_name(exporter: str) -> str:
    """Name the parameter that states the sampling interval of one exporter."""
    return f"exporter.{exporter}.sampling_interval"


@cache  # Every opening of a home asks twice, and nothing that ships changes meanwhile.
def default_register() -> Register:
    """Give the register that ships with hinomi."""
    text = resources.files("hinomi.govern").joinpath("register.toml").read_text(encoding="utf-8")
    return parse_register(tomllib.loads(text), "the shipped register")


def read_register(path: Path, *, may_lack: bool = False) -> Register:
    """
    Read the register of a home.

    Args:
        path: Where it lies.
        may_lack: It may lack parameters that this version ships, and have some it knows not:
            for those who mend that.

    Raises:
        ConfigError: If it is missing, no TOML, has an unknown or missing field or
            parameter, or a value that cannot be meant.
    """
    try:
        document = _read_toml(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"register {path}: {error.strerror}; {_RESTORE}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"register {path}: {error}; {_RESTORE}") from error
    register = parse_register(document, f"register {path}")
    require_sound(register, f"register {path}", may_lack=may_lack)
    return register


@lru_cache(maxsize=16)  # A home is opened again and again, and rarely with another register.
def _read_toml(text: str) -> Mapping[str, object]:
    return tomllib.loads(text)


def parse_register(document: Mapping[str, object], name: str) -> Register:
    """Check a register that was read as TOML; *name* says in messages which it is."""
    try:
        return msgspec.convert(document, Register)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{name}: {error}") from error


def render_register(register: Register) -> str:
    """Render the register as TOML."""
    return tomli_w.dumps(msgspec.to_builtins(register, builtin_types=(date,)))


def require_sound(register: Register, name: str, *, may_lack: bool = False) -> None:
    """
    Refuse values that cannot be meant: another kind than the shipped one, or out of range.

    A share or probability lies in 0..1; what ships as a whole number stays one; what ships
    without a minus sign has none.

    Raises:
        ConfigError: If there is one; *name* says in the message whose register it is.
    """
    shipped = default_register().parameters
    for missing in sorted(shipped.keys() - register.parameters.keys()):
        if not may_lack:
            raise ConfigError(f"{name}: {missing} is missing; {_ADOPT}")
    for each, parameter in register.parameters.items():
        if each in shipped:
            fault = _fault(parameter.value, shipped[each])
        elif _OVERRIDE.fullmatch(each):
            fault = _override_fault(parameter)
        else:
            fault = None if may_lack else f"is no parameter of this version; {_ADOPT}"
        if fault is not None:
            raise ConfigError(f"{name}: {each} {fault}")
    if not may_lack:
        require_long_enough(register, name)


def require_long_enough(register: Register, name: str) -> None:
    """
    Refuse to delete what detection, or whoever checks it, still reads.

    Raises:
        ConfigError: If a retention is shorter; *name* says in the message whose it is.
    """
    there = register.parameters.keys()
    for each, others in _AT_LEAST.items():
        if not there >= {each, *others}:
            continue  # It is read to be mended.
        days = register.integer(each)
        least = max(1, sum(register.integer(other) for other in others))
        if days < least:
            why = " + ".join(others) or "a day"
            raise ConfigError(
                f"{name}: {each} is {days}, less than the {least} days of {why}: "
                "what is still read would be deleted; set one of them otherwise"
            )


def strange(register: Register) -> tuple[list[str], list[str]]:
    """Name the parameters that ship and that *register* lacks, and those it has and none ship."""
    shipped = default_register().parameters
    lacking = sorted(shipped.keys() - register.parameters.keys())
    unknown = register.parameters.keys() - shipped.keys()
    return lacking, sorted(each for each in unknown if not _OVERRIDE.fullmatch(each))


def adopted(register: Register) -> Register:
    """
    Bring *register* up to what this version ships.

    New parameters come in with their defaults, those that nothing reads any more go, and where
    the shipped value stands the shipped reasons are taken; what somebody decided stays.
    """
    shipped = default_register().parameters
    _, unknown = strange(register)
    kept = {name: each for name, each in register.parameters.items() if name not in unknown}
    retold = {
        name: each
        for name, each in shipped.items()
        if name not in kept
        or (kept[name].value == each.value and kept[name].decided_by == each.decided_by)
    }
    return Register({**kept, **retold})


def contradictions(said: Mapping[str, Value], register: Register) -> list[str]:
    """
    Compare values that the configuration repeats with the register.

    Args:
        said: Values by name, as ``[parameters]`` of ``config.toml`` says them.
        register: What is in force.

    Returns:
        One line for each that differs, naming both values; none where all agree.
    """
    found = []
    for name, value in said.items():
        if name not in register.parameters:
            found.append(f"{name} is no registered parameter; `hinomi parameters list` names all")
        elif not _is_same(value, ruling := register.parameters[name].value):
            found.append(
                f"{name} is {show_value(value)} here and {show_value(ruling)} in the register; to "
                f"change it: hinomi parameters propose {name} {shlex.quote(show_value(value))} "
                "--considerations TEXT"
            )
    return found


def difference(before: Register, after: Register) -> dict[str, list[Value | None]]:
    """Give the value before and after of each parameter whose entry changed; None: no entry."""
    return {
        name: [_value_of(before, name), _value_of(after, name)]
        for name in sorted(before.parameters.keys() | after.parameters.keys())
        if before.parameters.get(name) != after.parameters.get(name)
    }


def parse_value(name: str, text: str, like: Value) -> Value:
    """
    Read a value that a person wrote.

    Args:
        name: Of the parameter, for messages.
        text: What was written.
        like: A value of the kind that is wanted.

    Raises:
        UsageError: If it is of another kind.
    """
    if isinstance(like, str):
        return text
    if isinstance(like, bool):
        if text not in {"true", "false"}:
            raise UsageError(f"{name} is true or false, not {text!r}")
        return text == "true"
    try:
        return int(text) if isinstance(like, int) else float(text)
    except ValueError:
        kind = "whole number" if isinstance(like, int) else "number"
        raise UsageError(f"{name} is a {kind}, not {text!r}") from None


def show_value(value: Value | None) -> str:
    """Write a value as a person would; a dash where there is none."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else repr(value)


def _value_of(register: Register, name: str) -> Value | None:
    return register.parameters[name].value if name in register.parameters else None


def _is_same(one: Value, other: Value) -> bool:
    """Compare as a person does: 5 is 5.0, and true is not 1."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _override_fault(parameter: Parameter) -> str | None:
    value = parameter.value
    if isinstance(value, bool) or not isinstance(value, int):
        return "is no whole number"
    if not 1 <= value <= INTERVAL_MOST:
        return f"is outside 1..{INTERVAL_MOST}"
    if parameter.unit != INTERVAL_UNIT:
        return f"has another unit than {INTERVAL_UNIT!r}"
    if not parameter.considerations.strip():
        return "has no considerations: an override needs its reason"
    return None


def _fault(value: Value, shipped: Parameter) -> str | None:
    if isinstance(shipped.value, str | bool):
        return None if type(value) is type(shipped.value) else "is of another kind than shipped"
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return "is no number"
    if isinstance(shipped.value, int) and not isinstance(value, int):
        return "is no whole number"
    return _range_fault(value, shipped)


def _range_fault(value: float, shipped: Parameter) -> str | None:
    """Tell what is wrong with a number, as its unit says."""
    signed, usual = shipped.unit.startswith("signed"), float(shipped.value)
    if not signed and (value < 0) != (usual < 0) and value != 0:
        return "has the wrong sign"
    if shipped.unit.startswith(("share", "probability")) and value > 1:
        return "is above 1, and is a share"
    span = _SPAN.search(shipped.unit)
    if span and not (int(span[1]) <= value <= int(span[2]) or (value == 0 and span[3])):
        return f"is outside {span[1]}..{span[2]}"
    if shipped.unit.startswith(_SWITCHES) and value not in {0, 1}:
        return "is neither 1 nor 0"
    return "is not above 0" if shipped.unit.endswith("above 0") and value <= 0 else None

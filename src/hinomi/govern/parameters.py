"""
The parameter register: every value that shapes detection or privacy, with its reasons (R9).

The register is one TOML file in the home. Results cite its version hash; the defaults
that ship with hinomi stand in ``register.toml`` beside this file.
"""

import hashlib
import math
import re
import tomllib
from collections.abc import Mapping
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Final, Self

import msgspec
import tomli_w

from hinomi.errors import ConfigError

Value = int | float | str | bool

INTERVAL_UNIT: Final = "packets; 1 in N"
INTERVAL_MOST: Final = 2**31 - 1

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
}
"""How long each class of data is kept at least: as long as the sum of these, never under a day."""


class Parameter(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One registered value and why it is what it is."""

    value: Value
    unit: str
    considerations: str
    decided_by: str
    review: date  # When to think about it again.


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

    def without(self, name: str) -> Self:
        """Give a register that lacks *name*."""
        rest = {each: value for each, value in self.parameters.items() if each != name}
        return msgspec.structs.replace(self, parameters=rest)

    def _value(self, name: str) -> Value:
        try:
            return self.parameters[name].value
        except KeyError:
            raise ConfigError(
                f"register: {name} is missing; take its entry from the defaults"
            ) from None


def override_name(exporter: str) -> str:
    """Name the parameter that states the sampling interval of one exporter."""
    return f"exporter.{exporter}.sampling_interval"


def default_register() -> Register:
    """Give the register that ships with hinomi."""
    text = resources.files("hinomi.govern").joinpath("register.toml").read_text(encoding="utf-8")
    return parse_register(tomllib.loads(text), "the shipped register")


def read_register(path: Path) -> Register:
    """
    Read the register of a home.

    Raises:
        ConfigError: If it is missing, no TOML, has an unknown or missing field or
            parameter, or a value that cannot be meant.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"register {path}: {error.strerror}; `hinomi init` writes one") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"register {path}: {error}") from error
    register = parse_register(document, f"register {path}")
    _require_sound(register, f"register {path}")
    return register


def parse_register(document: Mapping[str, object], name: str) -> Register:
    """Check a register that was read as TOML; *name* says in messages which it is."""
    try:
        return msgspec.convert(document, Register)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{name}: {error}") from error


def render_register(register: Register) -> str:
    """Render the register as TOML."""
    return tomli_w.dumps(msgspec.to_builtins(register, builtin_types=(date,)))


def _require_sound(register: Register, name: str) -> None:
    """
    Refuse values that cannot be meant: another kind than the shipped one, or out of range.

    A share or probability lies in 0..1; what ships as a whole number stays one; what ships
    without a minus sign has none.
    """
    shipped = default_register().parameters
    for missing in shipped.keys() - register.parameters.keys():
        raise ConfigError(f"{name}: {missing} is missing; take its entry from the defaults")
    for each, parameter in register.parameters.items():
        if each in shipped:
            fault = _fault(parameter.value, shipped[each])
        elif _OVERRIDE.fullmatch(each):
            fault = _override_fault(parameter)
        else:
            fault = "is no parameter of this version"
        if fault is not None:
            raise ConfigError(f"{name}: {each} {fault}")
    _require_long_enough(register, name)


def _require_long_enough(register: Register, name: str) -> None:
    """Refuse to delete what detection, or whoever checks it, still reads."""
    for each, others in _AT_LEAST.items():
        days = register.integer(each)
        least = max(1, sum(register.integer(other) for other in others))
        if days < least:
            why = " + ".join(others) or "a day"
            raise ConfigError(
                f"{name}: {each} is {days}, less than the {least} days of {why}: "
                "what is still read would be deleted; set one of them otherwise"
            )


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
    if (value < 0) != (shipped.value < 0) and value != 0:
        return "has the wrong sign"
    if shipped.unit.startswith(("share", "probability")) and value > 1:
        return "is above 1, and is a share"
    return None

"""
The parameter register: every value that shapes detection or privacy, with its reasons (R9).

The register is one TOML file in the home. Results cite its version hash; the defaults
that ship with hinomi stand in ``register.toml`` beside this file.
"""

import hashlib
import math
import tomllib
from collections.abc import Mapping
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Self

import msgspec
import tomli_w

from hinomi.errors import ConfigError

Value = int | float | str | bool


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

    def with_value(self, name: str, value: Value, *, decided_by: str) -> Self:
        """Give a register in which *name* has another value; the reasons stay."""
        self._value(name)
        changed = msgspec.structs.replace(self.parameters[name], value=value, decided_by=decided_by)
        return msgspec.structs.replace(self, parameters={**self.parameters, name: changed})

    def _value(self, name: str) -> Value:
        try:
            return self.parameters[name].value
        except KeyError:
            raise ConfigError(
                f"register: {name} is missing; take its entry from the defaults"
            ) from None


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
    for unknown in register.parameters.keys() - shipped.keys():
        raise ConfigError(f"{name}: {unknown} is no parameter of this version")
    for each, parameter in register.parameters.items():
        fault = _fault(parameter.value, shipped[each])
        if fault is not None:
            raise ConfigError(f"{name}: {each} {fault}")


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

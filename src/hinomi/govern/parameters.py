"""
The parameter register: every value that shapes detection or privacy, with its reasons (R9).

The register is one TOML file in the home. Results cite its version hash; the defaults
that ship with hinomi stand in ``register.toml`` beside this file.
"""

import hashlib
import tomllib
from collections.abc import Mapping
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Self

import msgspec
import tomli_w

from hinomi.errors import ConfigError

Value = int | float | str | bool | list[int]


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

    def integers(self, name: str) -> tuple[int, ...]:
        """Give the list of whole numbers registered under *name*."""
        value = self._value(name)
        if not isinstance(value, list):
            raise ConfigError(f"register: {name} is no list of whole numbers")
        return tuple(value)

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
        ConfigError: If it is missing, no TOML, or has an unknown or missing field.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"register {path}: {error.strerror}; `hinomi init` writes one") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"register {path}: {error}") from error
    return parse_register(document, f"register {path}")


def parse_register(document: Mapping[str, object], name: str) -> Register:
    """Check a register that was read as TOML; *name* says in messages which it is."""
    try:
        return msgspec.convert(document, Register)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{name}: {error}") from error


def render_register(register: Register) -> str:
    """Render the register as TOML."""
    return tomli_w.dumps(msgspec.to_builtins(register, builtin_types=(date,)))

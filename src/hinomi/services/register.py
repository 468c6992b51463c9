"""
The register of a home in force: read with every check, changed through the journal alone.

An operational home runs on nothing but what was last put in force; a laboratory may be edited by
hand and is told so. Whoever governs (proposes, restores, audits) reads what is in force even where
the file says something else.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hinomi.clock import Clock
from hinomi.config import Config, NodeKind
from hinomi.errors import ConfigError, Conflict, HinomiError
from hinomi.govern.parameters import (
    Register,
    contradictions,
    difference,
    parse_register,
    read_register,
    render_register,
    strange,
)
from hinomi.services.journals import open_journal
from hinomi.services.mandates import who_acts
from hinomi.services.sanctioned import REGISTER as NAME
from hinomi.services.sanctioned import (
    SANCTIONED,
    Sanctioned,
    changing,
    last_recorded,
    put_sanctioned,
    read_sanctioned,
    require_recorded,
)
from hinomi.store.durable import replace_durably

REGISTER: Final = "register.toml"
_SHOWN_MOST: Final = 3


@dataclass(frozen=True, slots=True)
class EffectiveRegister:
    """The register that rules, and what a person must know of it."""

    register: Register
    warnings: tuple[str, ...]


def read_in_force(
    folder: Path, config: Config, clock: Clock, *, governing: bool
) -> EffectiveRegister:
    """
    Read the register of the home at *folder*.

    Args:
        folder: Of the home.
        config: Of the home.
        clock: What time it is, for the journal of a home that is taken up.
        governing: For those who mend: what would stop others is a warning, and in an
            operational home that was edited by hand the register is what was last in force.

    Raises:
        ConfigError: If it is wrong, contradicts the configuration, or was edited past the
            journal in an operational home.
    """
    path = folder / REGISTER
    try:
        file = read_register(path, may_lack=governing)
    except ConfigError as error:
        last = sanctioned_register(folder) if governing else None
        if last is None:
            raise
        return EffectiveRegister(last, (str(error),))
    warnings = _disorder(file)
    for line in contradictions(config.parameters, file):
        _tell(f"{folder / 'config.toml'}, [parameters]: {line}", warnings, governing)
    is_laboratory = config.node.kind is NodeKind.LABORATORY
    try:
        kept = read_sanctioned(folder, NAME) or _take_up(folder, file, clock)
        edited = _edited(path, file, kept)
        if edited is None:
            require_recorded(open_journal(folder, clock), NAME, kept, file.version)
    except HinomiError as error:
        if not (governing or (is_laboratory and isinstance(error, ConfigError))):
            raise
        return EffectiveRegister(file, (*warnings, str(error)))
    if edited is None:
        return EffectiveRegister(file, tuple(warnings))
    said = (
        f"{path} was edited past the register ({edited}); put back what is in force with "
        "`hinomi parameters restore`, and change it with `hinomi parameters propose NAME VALUE`"
    )
    _tell(said, warnings, governing or is_laboratory)
    return EffectiveRegister(file if is_laboratory else _parsed(kept, folder), tuple(warnings))


def put_in_force(
    folder: Path,
    clock: Clock,
    before: Register,
    after: Register,
    entry: Mapping[str, object],
) -> int:
    """
    Put *after* in the place of *before*: journalled first, whole or not at all.

    Args:
        folder: Of the home.
        clock: What time it is.
        before: The register that the change was decided on.
        after: The register from now on.
        entry: What the journal shall say of it, beside versions and values.

    Returns:
        The entry of the journal.

    Raises:
        Conflict: If another register than *before* is in force by now.
        Unavailable: If the disk or the journal refuses; *before* stays in force.
    """
    path = folder / REGISTER
    with changing(folder):
        kept = read_sanctioned(folder, NAME)
        file = read_register(path, may_lack=True)
        ruling = file if kept is None else _parsed(kept, folder)
        if before.version not in {file.version, ruling.version}:
            raise Conflict("the register was changed meanwhile; look again, then repeat")
        by_hand = list(difference(ruling, file))
        told = {
            **entry,
            "register_before": ruling.version,
            NAME: after.version,
            "changed": difference(ruling, after),
            **({"edited_by_hand": by_hand} if by_hand else {}),
        }
        content = render_register(after).encode("utf-8")
        index = put_sanctioned(folder, open_journal(folder, clock), NAME, content, told)
        replace_durably(path, content)
    return index


def restore_register(folder: Path, clock: Clock, entry: Mapping[str, object]) -> list[str]:
    """
    Put the file back that was last put in force.

    Returns:
        The names of the parameters that the file said something else of.

    Raises:
        ConfigError: If there is nothing to put back.
    """
    with changing(folder):
        kept = read_sanctioned(folder, NAME)
        if kept is None:
            raise ConfigError(f"{folder / SANCTIONED}/{NAME}.toml is missing; nothing to restore")
        ruling = _parsed(kept, folder)
        try:
            dropped = list(difference(ruling, read_register(folder / REGISTER, may_lack=True)))
        except ConfigError:
            dropped = ["what could not be read"]
        told = {**entry, "register": ruling.version, "dropped": dropped}
        open_journal(folder, clock).append(told)
        replace_durably(folder / REGISTER, kept.content)
    return dropped


def sanctioned_register(folder: Path) -> Register | None:
    """Read what was last put in force; None in a home of an earlier version."""
    kept = read_sanctioned(folder, NAME)
    return None if kept is None else _parsed(kept, folder)


def _disorder(register: Register) -> list[str]:
    """Say what `adopt` would mend; nothing where it was refused already."""
    lacking, unknown = strange(register)
    if not lacking and not unknown:
        return []
    names = _some([*lacking, *unknown])
    return [f"the register is of another version ({names}): run `hinomi parameters adopt`"]


def _edited(path: Path, file: Register, kept: Sanctioned) -> str | None:
    """Name what the file says otherwise than what is in force; None where it says the same."""
    if path.read_bytes() == kept.content:
        return None
    ruling = _parsed(kept, path.parent)
    if ruling.version == file.version:
        return None
    return _some(list(difference(ruling, file)))


def _take_up(folder: Path, file: Register, clock: Clock) -> Sanctioned:
    """Put the register of an earlier version's home in force as it stands, once."""
    journal = open_journal(folder, clock)
    with changing(folder):
        if (kept := read_sanctioned(folder, NAME)) is not None:
            return kept  # Another process was faster.
        if last_recorded(journal, NAME) is not None:
            raise ConfigError(f"{folder / SANCTIONED}/{NAME}.toml is gone; restore it from backup")
        cited = [entry["register"] for entry in journal.entries() if _changed_then(entry)]
        told = {
            "operation": "parameters",
            "act": "taken up",
            "who": who_acts(),
            "register_before": cited[-1] if cited else None,
            NAME: file.version,
        }
        content = render_register(file).encode("utf-8")
        index = put_sanctioned(folder, journal, NAME, content, told)
    return Sanctioned(index, content)


def _changed_then(entry: Mapping[str, object]) -> bool:
    """Tell whether an entry of an earlier version put a register in force."""
    is_change = entry.get("operation") == "init" or entry.get("act") in {"sampling", "use"}
    return is_change and isinstance(entry.get("register"), str)


def _parsed(kept: Sanctioned, folder: Path) -> Register:
    name = f"{folder / SANCTIONED}/{NAME}.toml"
    try:
        document = tomllib.loads(kept.content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{name}: {error}; restore it from backup") from error
    return parse_register(document, name)


def _tell(line: str, warnings: list[str], is_warning: bool) -> None:  # noqa: FBT001 - one line.
    if not is_warning:
        raise ConfigError(line)
    warnings.append(line)


def _some(names: list[str]) -> str:
    more = len(names) - _SHOWN_MOST
    return ", ".join(names[:_SHOWN_MOST]) + (f" and {more} more" if more > 0 else "")

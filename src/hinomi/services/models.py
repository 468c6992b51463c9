"""
Models on disk: the one that ships with hinomi, and those a provider made of its own.

Which of them is in use is for the parameter register to say: `default`, or the name of an
own model with the beginning of its digest, so that results can be traced to the very trees.
"""

import hashlib
import importlib.resources
import re
import shutil
from dataclasses import dataclass
from datetime import timedelta
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

import msgspec

from hinomi.detect.model import Model, digest, parse_model
from hinomi.errors import ConfigError, Conflict, NotFound, UsageError
from hinomi.services.home import MODELS, Home
from hinomi.services.mandates import Operation, record
from hinomi.services.parameters import Proposed, Reasons, propose
from hinomi.services.people import today
from hinomi.store.durable import on_disk, replace_durably

CARD: Final = "card.json"
FIRST: Final = "first.txt"
SECOND: Final = "second.txt"
DEFAULT: Final = "default"

IN_USE: Final = "model.in_use"
"""The parameter that names the model in use."""

DIGEST_LETTERS: Final = 16
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_REFERENCE: Final = re.compile(rf"({_NAME.pattern})@([0-9a-f]{{{DIGEST_LETTERS},64}})")

_REVIEW_AFTER: Final = timedelta(days=180)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptModel:
    """A model with the name it is kept under and the digest of what was read."""

    name: str
    digest: str  # SHA-256 over its three files, hex.
    model: Model

    @property
    def reference(self) -> str:
        """What the register names it by."""
        return DEFAULT if self.name == DEFAULT else f"{self.name}@{self.digest[:DIGEST_LETTERS]}"


def default_model() -> Model:
    """Read the model that ships with hinomi."""
    return shipped_model().model


def shipped_model() -> KeptModel:
    """Read the model that ships with hinomi, with its digest."""
    return _read(importlib.resources.files("hinomi.models") / DEFAULT, DEFAULT)


def read_model(folder: Path) -> Model:
    """
    Read a model from *folder*.

    Raises:
        ConfigError: If what lies there is no model.
        Unavailable: If it cannot be read.
    """
    with on_disk(folder):
        return _read(folder, folder.name).model


def kept_model(home: Home, name: str) -> KeptModel:
    """
    Read a model of *home*, or the one that ships.

    Raises:
        NotFound: If the home has none of this name.
        ConfigError: If what lies there is no model.
        Unavailable: If it cannot be read.
    """
    if name == DEFAULT:
        return shipped_model()
    require_name(name)
    folder = home.folder / MODELS / name
    if not (folder / CARD).is_file():
        raise NotFound(f"no model {name} in this home; `hinomi models show` names all")
    with on_disk(folder):
        return _read(folder, name)


def kept_models(home: Home) -> list[KeptModel]:
    """
    Read all models of *home*, the one that ships first.

    Raises:
        ConfigError: If one is no model.
        Unavailable: If one cannot be read.
    """
    folders = sorted((home.folder / MODELS).glob(f"*/{CARD}"))
    return [shipped_model(), *(kept_model(home, path.parent.name) for path in folders)]


def model_asked(home: Home, kept: KeptModel | None, *, with_model: bool) -> Model | None:
    """
    Give the model to judge with: *kept* if that is told, else the one in use, or none.

    Raises:
        As `model_in_use`.
    """
    return (kept or model_in_use(home)).model if with_model else None


def model_in_use(home: Home) -> KeptModel:
    """
    Read the model that the register names.

    Raises:
        ConfigError: If the register names none, or the model it names is gone or is not the
            one that was decided on.
        Unavailable: If it cannot be read.
    """
    reference = home.register.text(IN_USE)
    if reference == DEFAULT:
        return shipped_model()
    named = _REFERENCE.fullmatch(reference)
    if named is None:
        raise ConfigError(
            f"register: {IN_USE} is neither {DEFAULT} nor NAME@DIGEST; "
            "set it by `hinomi models use`"
        )
    name, decided = named.groups()
    if name == DEFAULT:
        raise ConfigError(f"register: {IN_USE}: the shipped model stands as {DEFAULT} alone")
    try:
        kept = kept_model(home, name)
    except NotFound as error:
        raise ConfigError(
            f"register: {IN_USE} names a model {name} that this home lacks; bring it back, "
            "or decide on another with `hinomi models use`"
        ) from error
    if not kept.digest.startswith(decided):
        raise ConfigError(
            f"model {name} has digest {kept.digest[:DIGEST_LETTERS]}, the register was decided "
            f"for {decided[:DIGEST_LETTERS]}: bring that one back, or decide anew with "
            "`hinomi models use`"
        )
    return kept


def use_model(home: Home, name: str, reason: str) -> Proposed:
    """
    Propose to put the model *name* in use, in the register and with its reason.

    Args:
        home: Whose register.
        name: Of a model of the home, or `default`.
        reason: Why it is so; stands in the register as its considerations.

    Returns:
        What became of it: it waits for another person, or is in force where there is none.

    Raises:
        NotFound: If the home has none of this name.
        UsageError: If *reason* is blank, or it is in use for this reason already.
        ConfigError: If what lies there is no model.
        NotPermitted: If the acting person may not propose it.
        Unavailable: If the disk refuses; the register stays as it was.
    """
    if not reason.strip():
        raise UsageError("a model in use needs its --reason: every result rests on it")
    kept = kept_model(home, name)
    facts = {
        "act": "choose",
        "model": kept.reference,
        "digest": kept.digest,
        "model_before": home.register.text(IN_USE),
        "reason": reason.strip(),
        "register": home.register.version,
    }
    record(home.journal(), Operation.MODELS, home.mandate(Operation.MODELS), facts)
    reasons = Reasons(considerations=reason, review=today(home) + _REVIEW_AFTER)
    return propose(home, IN_USE, kept.reference, reasons)


def remove_model(home: Home, name: str) -> None:
    """
    Delete the model *name* of *home*.

    Raises:
        UsageError: If *name* is that of no own model.
        NotFound: If the home has none of this name.
        Conflict: If it is in use.
        Unavailable: If the disk refuses.
    """
    require_name(name)
    folder = home.folder / MODELS / name
    if not folder.is_dir():
        raise NotFound(f"no model {name} in this home; `hinomi models show` names all")
    if home.register.text(IN_USE).startswith(f"{name}@"):
        raise Conflict(f"model {name} is in use; put another in use first (`hinomi models use`)")
    facts = {"act": "remove", "model": name, "register": home.register.version}
    record(home.journal(), Operation.MODELS, home.mandate(Operation.MODELS), facts)
    with on_disk(folder):
        shutil.rmtree(folder)


def write_model(model: Model, folder: Path) -> None:
    """
    Write a model into *folder*, which is made if missing.

    Raises:
        Unavailable: If the disk refuses.
    """
    with on_disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
    whole = msgspec.structs.replace(model.card, digest=digest(model.first, model.second))
    card = msgspec.json.format(msgspec.json.encode(whole), indent=1)
    replace_durably(folder / FIRST, model.first.encode())
    replace_durably(folder / SECOND, model.second.encode())
    replace_durably(folder / CARD, card + b"\n")


def require_name(name: str) -> None:
    """
    Check that a model may be called so.

    Raises:
        UsageError: If it may not.
    """
    if name == DEFAULT or not _NAME.fullmatch(name):
        raise UsageError(
            f"a model's name has 1 to 32 of a-z, 0-9 and -, and is not {DEFAULT}: "
            "such as spring-2027"
        )


def _read(folder: Traversable | Path, name: str) -> KeptModel:
    card, first, second = ((folder / each).read_bytes() for each in (CARD, FIRST, SECOND))
    seal = hashlib.sha256()
    for part in (card, first, second):
        seal.update(len(part).to_bytes(8, "big"))
        seal.update(part)
    try:
        trees = first.decode("utf-8"), second.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"model {name}: its trees are no text; bring its files back") from error
    return KeptModel(name=name, digest=seal.hexdigest(), model=parse_model(card, *trees))

"""Models on disk: the one that ships with hinomi, and those a provider made of its own."""

import importlib.resources
from pathlib import Path
from typing import Final

import msgspec

from hinomi.detect.model import Card, Model, parse_model
from hinomi.store.durable import on_disk, replace_durably

CARD: Final = "card.json"
FIRST: Final = "first.txt"
SECOND: Final = "second.txt"
DEFAULT: Final = "default"


def default_model() -> Model:
    """Read the model that ships with hinomi."""
    folder = importlib.resources.files("hinomi.models") / DEFAULT
    card, first, second = ((folder / name) for name in (CARD, FIRST, SECOND))
    return parse_model(
        card.read_bytes(), first.read_text(encoding="utf-8"), second.read_text(encoding="utf-8")
    )


def read_model(folder: Path) -> Model:
    """
    Read a model from *folder*.

    Raises:
        ConfigError: If what lies there is no model.
        Unavailable: If it cannot be read.
    """
    with on_disk(folder):
        card = (folder / CARD).read_bytes()
        first = (folder / FIRST).read_text(encoding="utf-8")
        second = (folder / SECOND).read_text(encoding="utf-8")
    return parse_model(card, first, second)


def write_model(model: Model, folder: Path) -> None:
    """
    Write a model into *folder*, which is made if missing.

    Raises:
        Unavailable: If the disk refuses.
    """
    with on_disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
    card = msgspec.json.format(msgspec.json.encode(model.card), indent=1)
    replace_durably(folder / FIRST, model.first.encode())
    replace_durably(folder / SECOND, model.second.encode())
    replace_durably(folder / CARD, card + b"\n")


__all__ = ["Card", "default_model", "read_model", "write_model"]

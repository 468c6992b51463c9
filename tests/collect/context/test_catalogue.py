"""Every kind of context has its reader, and every reader refuses rubbish in one way."""

import random
from pathlib import Path

import pytest

from hinomi.collect.context.catalogue import READERS, parse_context
from hinomi.errors import MalformedDocument, NotFound
from hinomi.model.context import ContextKind


def test_every_kind_has_its_reader() -> None:
    """None missing, none too many."""
    assert set(READERS) == set(ContextKind)


@pytest.mark.parametrize("kind", ContextKind)
def test_rubbish_is_malformed_whatever_the_kind(tmp_path: Path, kind: ContextKind) -> None:
    """Random bytes, with and without the marks of compression and MRT, empty files, prose."""
    dice = random.Random(1)  # noqa: S311 - made-up bytes, no secret.
    starts = [b"", b"\x1f\x8b", b"BZh9", b"\0\0\0\0\0\x0d\0\x02\0\0\0\x20", b"{", b"2|"]
    for start in [*starts, b"words of prose\n", b"\n\n"]:
        path = tmp_path / "rubbish"
        path.write_bytes(start + dice.randbytes(200) if len(start) < 13 else start)
        with pytest.raises(MalformedDocument):
            parse_context(kind, path, "2025-01-01")
        path.write_bytes(start)
        with pytest.raises(MalformedDocument):
            parse_context(kind, path, "2025-01-01", keep_good=True)


@pytest.mark.parametrize("kind", ContextKind)
def test_a_missing_file_is_not_found(tmp_path: Path, kind: ContextKind) -> None:
    """Whatever reads it."""
    with pytest.raises(NotFound):
        parse_context(kind, tmp_path / "absent", "2025-01-01")

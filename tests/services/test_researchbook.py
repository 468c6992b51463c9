"""Requests as files: whole, numbered, and what was asked for."""

from pathlib import Path

import pytest

from builders import HOUR_MS, NOON_MS
from hinomi.errors import ConfigError, Conflict, MalformedDocument, NotFound
from hinomi.govern.program import parse_program
from hinomi.services.researchbook import (
    Asked,
    Request,
    all_asked,
    keep,
    keep_result,
    next_number,
    read_asked,
    read_program,
)
from researchers import BY_PORT, SIGNER


def asked(number: int = 1) -> Asked:
    """Give a request."""
    program = parse_program(BY_PORT.encode(), "test")
    request = Request(
        by="ann",
        reason="ports",
        program=program.digest,
        key=SIGNER.verifier.render(),
        since_ms=NOON_MS,
        until_ms=NOON_MS + HOUR_MS,
        asked_ms=NOON_MS,
        exact=("198.51.100.1",),
    )
    return Asked(number=number, request=request, program=program, signature="note\n", result=None)


def test_what_is_kept_is_read_back(tmp_path: Path) -> None:
    """Request, program, signature; the result once there is one, with its hash."""
    assert next_number(tmp_path) == 1
    keep(tmp_path, asked(1))
    keep(tmp_path, asked(2))

    assert next_number(tmp_path) == 3
    assert all_asked(tmp_path) == [asked(1), asked(2)]
    assert asked().digest is None
    keep_result(tmp_path, 2, b"{}\n")
    assert read_asked(tmp_path, 2).result == b"{}\n"
    assert len(read_asked(tmp_path, 2).digest or "") == 64


def test_a_number_is_given_once(tmp_path: Path) -> None:
    """Two who ask at a time do not overwrite each other."""
    keep(tmp_path, asked(1))

    with pytest.raises(Conflict):
        keep(tmp_path, asked(1))


def test_what_is_missing_or_damaged_is_told_in_one_line(tmp_path: Path) -> None:
    """A program that was swapped in the home is not what was asked for."""
    with pytest.raises(NotFound, match="no research request 7"):
        read_asked(tmp_path, 7)
    keep(tmp_path, asked(1))
    folder = tmp_path / "research" / "0001"

    (folder / "program.py").write_text(BY_PORT.replace("50", "51"), "utf-8")
    with pytest.raises(ConfigError, match="not what was asked for"):
        read_asked(tmp_path, 1)
    (folder / "request.toml").write_text("by = 1", "utf-8")
    with pytest.raises(ConfigError, match="damaged"):
        read_asked(tmp_path, 1)


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    """Nobody else on the machine reads what was asked, or what came of it."""
    keep(tmp_path, asked(1))
    keep_result(tmp_path, 1, b"{}\n")

    for path in (tmp_path / "research").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path.name


def test_a_program_is_a_file(tmp_path: Path) -> None:
    """A folder or nothing is not found; no Python is malformed."""
    with pytest.raises(NotFound):
        read_program(tmp_path)
    (tmp_path / "p.py").write_text("not (python", "utf-8")
    with pytest.raises(MalformedDocument):
        read_program(tmp_path / "p.py")

"""Files come as streams, whatever compression; what is cut or damaged is one clear line."""

import bz2
import gzip
from pathlib import Path

import numpy as np
import pytest

from hinomi.clock import parse_time
from hinomi.collect.context.intake import Intake
from hinomi.collect.lists.intake import BadLine
from hinomi.errors import MalformedDocument, NotFound
from hinomi.model.context import ContextKind

TEXT = b"\xef\xbb\xbffirst\n\n  second \r\nthird"
DAY = "2025-01-01"


@pytest.mark.parametrize("packed", [TEXT, gzip.compress(TEXT, mtime=0), bz2.compress(TEXT)])
def test_lines_are_the_same_in_any_compression(tmp_path: Path, packed: bytes) -> None:
    """Blank lines are passed over and counted in the numbers."""
    path = tmp_path / "file"
    path.write_bytes(packed)

    assert list(Intake(path, DAY).lines()) == [(1, "first"), (3, "second"), (4, "third")]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
@pytest.mark.parametrize("harm", ["cut", "damaged"])
def test_a_broken_stream_is_told(tmp_path: Path, pack: object, harm: str) -> None:
    """A compressed file that ends early or was changed inside is malformed."""
    packed = bytearray(pack(np.random.default_rng(1).bytes(5000)))  # type: ignore[operator]
    path = tmp_path / "file"
    if harm == "damaged":
        packed[40:60] = bytes(20)
    path.write_bytes(packed[:1000] if harm == "cut" else packed)

    with (
        pytest.raises(MalformedDocument, match="compressed file is"),
        Intake(path, DAY).stream() as file,
    ):
        file.read()


@pytest.mark.parametrize(
    ("raw", "message"), [(b"a\n\xff\n", "line 2: is no UTF-8"), (b"a\0b", "binary"),
                         (b"x" * (1 << 20) + b"yz", "longer than 1 MiB")]
)  # fmt: skip
def test_what_is_no_text_is_told_with_its_line(tmp_path: Path, raw: bytes, message: str) -> None:
    """Another encoding, binary data and endless lines stop the file."""
    path = tmp_path / "file"
    path.write_bytes(raw)

    with pytest.raises(MalformedDocument, match=message):
        list(Intake(path, DAY).lines())


def test_a_missing_file_or_a_folder_is_not_found(tmp_path: Path) -> None:
    """Both are told as what was named wrongly."""
    for path in (tmp_path / "absent", tmp_path):
        with pytest.raises(NotFound), Intake(path, DAY).stream() as file:
            file.read(1)


def test_a_bad_line_stops_or_is_counted(tmp_path: Path) -> None:
    """The operator decides; the message names file and line."""
    strict, lenient = Intake(tmp_path, DAY), Intake(tmp_path, DAY, keep_good=True)

    with pytest.raises(MalformedDocument, match="line 7: no good"), strict.line(7):
        raise BadLine("no good")
    with lenient.line(7):
        raise BadLine("no good")
    assert lenient.malformed == 1


def test_a_file_of_the_day_itself_is_accepted(tmp_path: Path) -> None:
    """Until the end of the table's day; from the next moment on it is refused."""
    intake = Intake(tmp_path, DAY)
    intake.require_day(parse_time("2025-01-02") - 1)

    with pytest.raises(MalformedDocument, match="after 2025-01-01"):
        intake.require_day(parse_time("2025-01-02"))


def test_a_file_without_a_row_says_what_it_held_instead(tmp_path: Path) -> None:
    """Nothing kept is a failure; the counts tell why."""
    intake = Intake(tmp_path, DAY)
    intake.ignore("asn", 3)
    intake.ignore("prefix", 0)
    intake.malformed = 2

    with pytest.raises(MalformedDocument, match=r"kind as-kinds \(but 3 asn, 2 malformed\)"):
        intake.done(ContextKind.AS_KINDS, [np.empty(0, np.int64)] * 2)


def test_the_digest_is_of_the_file_on_disk(tmp_path: Path) -> None:
    """Compressed as it lies, so that it can be compared with what was downloaded."""
    path = tmp_path / "file"
    path.write_bytes(b"")

    assert Intake(path, DAY).sha256().startswith("e3b0c442")

"""Text files come in blocks of whole lines, whatever they are wrapped in."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.collect.files.reading import Tally
from hinomi.collect.files.text import Block, encoding_fault, read_blocks, read_start
from hinomi.errors import MalformedDocument
from readers import write


@pytest.mark.parametrize("name", ["x.log", "x.log.gz"])
def test_blocks_join_to_the_file_and_know_their_lines(tmp_path: Path, name: str) -> None:
    """Nothing is lost at the seams, and each block ends with a line."""
    content = "".join(f"line {number} of a log\n" for number in range(1, 700_000))
    path = write(tmp_path / name, content)
    tally = Tally()
    blocks = list(read_blocks(path, tally))

    assert b"".join(block.text for block in blocks).decode() == content
    assert len(blocks) > 2
    for block in blocks:
        assert block.lines()[0] == f"line {block.first_line} of a log".encode()
        assert len(block.text) < 9 << 20
    assert tally.bytes_read == path.stat().st_size


def test_gzip_members_one_after_the_other_are_one_file(tmp_path: Path) -> None:
    """Logs are often appended compressed; padding at the end is ignored."""
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(b"a\nb", mtime=0) + gzip.compress(b"c\n", mtime=0) + bytes(512))

    assert [block.text for block in read_blocks(path, Tally())] == [b"a\nbc\n"]


@given(content=st.text("ab日\n", max_size=300), cut=st.integers(0))
def test_a_cut_gzip_stream_is_always_noticed(
    tmp_path_factory: pytest.TempPathFactory, content: str, cut: int
) -> None:
    """Wherever a stream ends before its end, reading says so."""
    raw = gzip.compress(content.encode())
    path = tmp_path_factory.mktemp("cut") / "x.gz"
    path.write_bytes(raw[: 2 + cut % (len(raw) - 2)])

    with pytest.raises(MalformedDocument, match="gzip stream"):
        list(read_blocks(path, Tally()))


@pytest.mark.parametrize(
    "content", [b"\x1f\x8bnot gzip", gzip.compress(b"a\n", mtime=0) + b"rubbish"]
)
def test_a_damaged_gzip_stream_is_refused(tmp_path: Path, content: bytes) -> None:
    """Neither a false beginning nor rubbish behind the end passes."""
    path = tmp_path / "x.gz"
    path.write_bytes(content)

    with pytest.raises(MalformedDocument, match="the gzip stream is damaged"):
        list(read_blocks(path, Tally()))


@pytest.mark.parametrize(
    ("content", "line"), [("a\nb\n".encode("utf-16"), 1), (b"a\nb\n\x00\x01\x02", 3)]
)
def test_binary_and_utf_16_are_refused_with_their_line(
    tmp_path: Path, content: bytes, line: int
) -> None:
    """A zero byte stands in no flow log."""
    with pytest.raises(MalformedDocument, match="is not UTF-8 text") as caught:
        list(read_blocks(write(tmp_path / "x", content), Tally()))

    assert caught.value.line == line


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    """Memory stays bounded when a file has no lines at all."""
    with pytest.raises(MalformedDocument, match="line 2: a line is longer than 1 MiB"):
        list(read_blocks(write(tmp_path / "x", b"a\n" + b"b" * (3 << 20)), Tally()))


def test_the_start_of_a_file_is_given_decompressed(tmp_path: Path) -> None:
    """So that formats can be told apart; damage gives what there is."""
    assert read_start(write(tmp_path / "x.gz", b"abcdef"), 64) == b"abcdef"
    assert read_start(write(tmp_path / "x", b"abcdef"), 3) == b"abc"
    assert read_start(write(tmp_path / "y", b"\x1f\x8brubbish"), 64) == b""
    assert read_start(write(tmp_path / "z", b""), 64) == b""


def test_lines_lose_their_ends_of_both_kinds() -> None:
    """Files from Windows have a carriage return too."""
    assert Block(b"a\r\nb\n\nc", 1).lines() == [b"a", b"b", b"", b"c"]


def test_an_encoding_fault_is_found_where_it_is() -> None:
    """The first byte that is not UTF-8."""
    assert encoding_fault("日本".encode()) is None
    assert encoding_fault(b"ab\xe9c") == 2

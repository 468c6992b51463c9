"""A second verifier of tiled logs: from the texts of C2SP and RFC 6962, and nothing of hinomi's."""

import base64
import hashlib
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def check_log(folder: Path, vkey: str) -> int:
    """Check checkpoint, every tile and every bundle of a log; give the number of its entries."""
    size, root = check_note((folder / "checkpoint").read_text("utf-8"), vkey)
    leaves: list[bytes] = []
    for number in range(-(-size // 256)):
        leaves += _bundle(folder, number, min(256, size - number * 256))
    hashes = [hashlib.sha256(b"\x00" + leaf).digest() for leaf in leaves]
    assert merkle_tree_hash(hashes) == root, "the root is another"
    level, span = 0, 1
    while size // span:
        complete = size // span
        for number in range(-(-complete // 256)):
            width = min(256, complete - number * 256)
            tile = _file(folder, str(level), number, width).read_bytes()
            for place in range(width):
                start = (number * 256 + place) * span
                wanted = merkle_tree_hash(hashes[start : start + span])
                assert tile[place * 32 : place * 32 + 32] == wanted, f"tile {level}/{number}"
            assert len(tile) == width * 32
        level, span = level + 1, span * 256
    return size


def check_note(note: str, vkey: str) -> tuple[int, bytes]:
    """Check the journal's signature under a checkpoint; give size and root."""
    name, key_id, key = vkey.split("+", 2)
    text, _, foot = note.rpartition("\n\n")
    text += "\n"
    raw = base64.b64decode(key)
    assert raw[0] == 1
    assert hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4].hex() == key_id
    (line,) = [line for line in foot.splitlines() if line.startswith(f"\u2014 {name} ")]
    signature = base64.b64decode(line.split(" ")[2])
    assert signature[:4].hex() == key_id
    Ed25519PublicKey.from_public_bytes(raw[1:]).verify(signature[4:], text.encode())
    origin, size, root, rest = text.split("\n")
    assert (origin, rest) == (name, "")
    return int(size), base64.b64decode(root)


def check_tlog_proof(proof: str, leaf: bytes, vkey: str) -> int:
    """Check a tlog-proof of a leaf; give its index."""
    head, _, note = proof.partition("\n\n")
    lines = head.split("\n")
    assert lines.pop(0) == "c2sp.org/tlog-proof@v1"
    if lines[0].startswith("extra "):
        lines.pop(0)
    index = int(lines.pop(0).removeprefix("index "))
    size, root = check_note(note, vkey)
    path = [base64.b64decode(line) for line in lines]
    hashed = hashlib.sha256(b"\x00" + leaf).digest()
    assert _up(index, size, hashed, path) == root
    return index


def merkle_tree_hash(hashes: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, over leaf hashes."""
    if not hashes:
        return hashlib.sha256().digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << ((len(hashes) - 1).bit_length() - 1)
    left, right = merkle_tree_hash(hashes[:split]), merkle_tree_hash(hashes[split:])
    return hashlib.sha256(b"\x01" + left + right).digest()


def _up(index: int, size: int, leaf: bytes, path: list[bytes]) -> bytes:
    """Give the root that an audit path leads to, by the recursion of section 2.1.1."""
    if size == 1:
        assert not path
        return leaf
    split = 1 << ((size - 1).bit_length() - 1)
    beside = path[-1]
    if index < split:
        pair = _up(index, split, leaf, path[:-1]) + beside
    else:
        pair = beside + _up(index - split, size - split, leaf, path[:-1])
    return hashlib.sha256(b"\x01" + pair).digest()


def _file(folder: Path, level: str, number: int, width: int) -> Path:
    digits = f"{number:03d}" if number < 1000 else f"x{number // 1000:03d}/{number % 1000:03d}"
    return folder / "tile" / level / (digits if width == 256 else f"{digits}.p/{width}")


def _bundle(folder: Path, number: int, width: int) -> list[bytes]:
    raw, entries = _file(folder, "entries", number, width).read_bytes(), []
    while raw:
        length = int.from_bytes(raw[:2], "big")
        entries.append(raw[2 : 2 + length])
        raw = raw[2 + length :]
    assert len(entries) == width
    return entries

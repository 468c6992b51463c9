"""Pseudonyms of lines: the draft's vectors, the way back, and the key on disk."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.errors import ConfigError
from hinomi.govern.pseudonym import KEY_BYTES, LineCipher, read_key
from hinomi.model.address import Address, from_int, parse_address, render_address

_CIPHER = LineCipher(bytes(range(KEY_BYTES)))
_halves = st.integers(-(2**63), 2**63 - 1)


def revealed(cipher: LineCipher, pseudonym: Address) -> Address:
    """Turn one pseudonym back."""
    hi, lo = cipher.reveal_all(np.array([pseudonym.hi]), np.array([pseudonym.lo]))
    return Address(int(hi[0]), int(lo[0]))


@pytest.mark.parametrize(
    ("key", "address", "pseudonym"),
    [
        (
            "0123456789abcdeffedcba9876543210",
            "0.0.0.0",  # noqa: S104 - the draft's vector, nothing is bound.
            "bde9:6789:d353:824c:d7c6:f58a:6bd2:26eb",
        ),
        (
            "1032547698badcfeefcdab8967452301",
            "255.255.255.255",
            "aed2:92f6:ea23:58c3:48fd:8b8:74e8:45d8",
        ),
        (
            "2b7e151628aed2a6abf7158809cf4f3c",
            "192.0.2.1",
            "1dbd:c1b9:fff1:7586:7d0b:67b4:e76e:4777",
        ),
        (
            "1032547698badcfeefcdab8967452301",
            "192.0.2.1",
            "7fde:a680:9546:ef2:d3c:7abb:1b38:2659",
        ),
        (
            "0123456789abcdeffedcba9876543210",
            "2001:db8:85a3::8a2e:370:7334",
            "1eef:2352:64c8:18e6:6456:1373:f615:5032",
        ),
    ],
)
def test_lines_are_encrypted_as_the_draft_says(key: str, address: str, pseudonym: str) -> None:
    """The first half of the key is ipcrypt-deterministic's; the way back gives the address."""
    cipher = LineCipher(bytes.fromhex(key) + bytes(16))

    assert render_address(cipher.tokenise_one(parse_address(address))) == pseudonym
    assert render_address(revealed(cipher, parse_address(pseudonym))) == address


@given(st.lists(st.tuples(_halves, _halves)))
def test_columns_and_single_lines_agree(lines: list[tuple[int, int]]) -> None:
    """A whole column gives what each line gives alone, in the same order."""
    hi = np.array([line[0] for line in lines], dtype=np.int64)
    lo = np.array([line[1] for line in lines], dtype=np.int64)

    halves = _CIPHER.tokenise(hi, lo)

    found = [Address(*pair) for pair in zip(*(half.tolist() for half in halves), strict=True)]
    assert found == [_CIPHER.tokenise_one(Address(*line)) for line in lines]
    assert [revealed(_CIPHER, pseudonym) for pseudonym in found] == lines


def test_the_hash_of_networks_uses_the_second_key_alone() -> None:
    """Who knows the hashes of networks learns nothing of the pseudonyms, nor the reverse."""
    hi, lo = np.zeros(2, dtype=np.int64), np.array([1, 2], dtype=np.int64)
    other_lines = LineCipher(bytes(16) + _CIPHER.key[16:])
    other_networks = LineCipher(_CIPHER.key[:16] + bytes(16))

    hashed = _CIPHER.hash_networks(hi, lo)

    assert hashed.dtype == np.int32
    assert hashed[0] != hashed[1]
    assert hashed.tolist() == other_lines.hash_networks(hi, lo).tolist()
    assert hashed.tolist() != other_networks.hash_networks(hi, lo).tolist()


def test_the_hash_of_networks_is_the_first_32_bits_of_their_block() -> None:
    """It can be recomputed by anyone who holds the key (FIPS 197, appendix C.1)."""
    cipher = LineCipher(bytes(16) + bytes(range(16)))
    block = from_int(0x00112233445566778899AABBCCDDEEFF)

    hashed = cipher.hash_networks(np.array([block.hi]), np.array([block.lo]))

    assert int(hashed[0]) % 2**32 == 0x69C4E0D8


def test_a_key_of_another_length_is_the_callers_bug() -> None:
    """One AES key is not enough."""
    with pytest.raises(ValueError, match="32 bytes"):
        LineCipher(bytes(16))


def test_a_key_is_not_shown() -> None:
    """A key in a log would undo every pseudonym."""
    assert "key" not in repr(LineCipher(b"k" * KEY_BYTES))


def test_new_keys_differ() -> None:
    """Each key period has its own."""
    assert LineCipher.create().key != LineCipher.create().key


def test_a_key_is_read_back(tmp_path: Path) -> None:
    """Its bytes are the file."""
    (tmp_path / "line.key").write_bytes(_CIPHER.key)

    assert read_key(tmp_path / "line.key") == _CIPHER


def test_a_missing_or_cut_key_is_named(tmp_path: Path) -> None:
    """A person must restore it; a new one would count every line twice."""
    path = tmp_path / "line.key"
    with pytest.raises(ConfigError, match="restore it from backup"):
        read_key(path)
    path.write_bytes(b"short")
    with pytest.raises(ConfigError, match="5 bytes where 32"):
        read_key(path)

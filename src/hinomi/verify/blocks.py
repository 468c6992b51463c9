"""
Addresses at which no server of anybody can be: the special-purpose registries and multicast.

Source:
    RFC 6890 and the IANA registries of IPv4 and IPv6 special-purpose addresses that it set up.
"""

from typing import Final, NamedTuple

from hinomi.model.address import Address, to_int

_V4: Final = 0xFFFF << 32
_V4_BITS: Final = 96


class Block(NamedTuple):
    """One block of addresses."""

    base: int  # The 128-bit form.
    bits: int  # Of the 128-bit form.
    en: str
    ja: str
    is_nobodys: bool = False  # Kept for examples and tests: made-up worlds live there.

    @property
    def prefix_bits(self) -> int:
        """Its length as it is written: an IPv4 /24 is 24."""
        return self.bits - _V4_BITS if self.base >> 32 == 0xFFFF else self.bits  # noqa: PLR2004


def _v4(base: int, bits: int, en: str, ja: str, *, is_nobodys: bool = False) -> Block:
    return Block(_V4 | base, _V4_BITS + bits, en, ja, is_nobodys)


def _v6(base: int, bits: int, en: str, ja: str, *, is_nobodys: bool = False) -> Block:
    return Block(base << 64, bits, en, ja, is_nobodys)


BLOCKS: Final = (
    _v4(0x00000000, 8, "this network", "自ネットワーク"),
    _v4(0x0A000000, 8, "private use", "プライベート"),
    _v4(0x64400000, 10, "address space shared behind carriers' NAT", "共有アドレス(CGN)"),
    _v4(0x7F000000, 8, "loopback", "ループバック"),
    _v4(0xA9FE0000, 16, "link-local", "リンクローカル"),
    _v4(0xAC100000, 12, "private use", "プライベート"),
    _v4(0xC0000000, 24, "protocol assignments", "プロトコル用"),
    _v4(0xC0000200, 24, "documentation", "文書用", is_nobodys=True),
    _v4(0xC01FC400, 24, "anycast for names that do not exist (AS112)", "AS112 エニーキャスト"),
    _v4(0xC034C100, 24, "multicast tunnels (AMT)", "AMT"),
    _v4(0xC0586300, 24, "the former anycast of 6to4 relays", "旧 6to4 リレー"),
    _v4(0xC0A80000, 16, "private use", "プライベート"),
    _v4(0xC0AF3000, 24, "anycast for names that do not exist (AS112)", "AS112 エニーキャスト"),
    _v4(0xC6120000, 15, "benchmarking", "ベンチマーク用", is_nobodys=True),
    _v4(0xC6336400, 24, "documentation", "文書用", is_nobodys=True),
    _v4(0xCB007100, 24, "documentation", "文書用", is_nobodys=True),
    _v4(0xE0000000, 4, "multicast", "マルチキャスト"),
    _v4(0xFFFFFFFF, 32, "broadcast", "ブロードキャスト"),
    _v4(0xF0000000, 4, "reserved", "予約済み", is_nobodys=True),
    Block(0, 96, "unspecified, loopback and outdated forms", "未指定・ループバック等"),
    _v6(0x0064FF9B_00000000, 96, "IPv4 translated: list the IPv4 address", "IPv4 変換用"),
    _v6(0x0064FF9B_00010000, 48, "local translation of IPv4", "ローカル IPv4 変換用"),
    _v6(0x01000000_00000000, 64, "discard-only", "破棄専用"),
    _v6(0x20010000_00000000, 23, "protocol assignments, Teredo among them", "プロトコル用"),
    _v6(0x20010DB8_00000000, 32, "documentation", "文書用", is_nobodys=True),
    _v6(0x20020000_00000000, 16, "6to4: list the IPv4 address", "6to4"),
    _v6(0x3FFF0000_00000000, 20, "documentation", "文書用", is_nobodys=True),
    _v6(0xFC000000_00000000, 7, "unique local", "ユニークローカル"),
    _v6(0xFE800000_00000000, 10, "link-local", "リンクローカル"),
    _v6(0xFF000000_00000000, 8, "multicast", "マルチキャスト"),
)
"""The first that covers an address speaks."""

_GLOBAL: Final = _v6(0x20000000_00000000, 3, "global unicast", "グローバルユニキャスト")
_UNALLOCATED: Final = Block(0, 0, "IPv6 that nobody was given", "未割り当ての IPv6")


def block_of(address: Address) -> Block | None:
    """Give the special block that *address* lies in; None: it may be a host of somebody."""
    number = to_int(address)
    for block in BLOCKS:
        if _covers(block, number):
            return block
    is_v4 = number >> 32 == 0xFFFF  # noqa: PLR2004 - RFC 4291, section 2.5.5.2.
    return None if is_v4 or _covers(_GLOBAL, number) else _UNALLOCATED


def _covers(block: Block, number: int) -> bool:
    return number >> 128 - block.bits == block.base >> 128 - block.bits

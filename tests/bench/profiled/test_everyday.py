"""Everyday uses: standing relations of many lines with some of many servers."""

import numpy as np

from hinomi.bench.addressing import REMOTE_V6, is_own
from hinomi.bench.profiled.everyday import ODD_PORT, USES, Use, go_about, use
from hinomi.bench.profiled.hours import Habit
from hinomi.bench.profiled.scene import Scene
from hinomi.bench.profiled.shapes import Usual

CHAT = Use(
    name="chat", share=0.5, servers=30, steepness=1.1, ports=(ODD_PORT,), proto=6,
    shape=Usual.WEB, rate=2.0, habit=Habit.HOME, label="chat",
)  # fmt: skip


def test_a_use_has_its_servers_and_lines(bare: Scene) -> None:
    """Those of the lines that are met at all meet at most so many servers, all of them named."""
    use(bare, CHAT)
    records = bare.sheet.records()
    up = is_own(records.src)
    lines = bare.lines.of(records.src[up], records.src_port[up].astype(np.int64))

    assert 0.2 < np.unique(lines).size / bare.lines.count < 0.5
    assert 10 < np.unique(records.dst[up]).size <= 30
    assert {entry.label for entry in bare.book.entries.values()} == {"chat"}
    assert len(bare.book.entries) == 30


def test_given_lines_and_servers_are_taken(bare: Scene) -> None:
    """Nobody else is met; IPv6 servers only by lines that have it."""
    codes = np.array([bare.lines.blocks[0] + 1, REMOTE_V6 | 9])
    use(bare, CHAT, codes=codes, lines=np.arange(200))
    records = bare.sheet.records()
    line = (records.src[records.dst == codes[1]] >> 32) & 0xFFFF

    assert set(np.unique([records.src, records.dst])) >= set(codes.tolist())
    assert line.size > 0
    assert bare.lines.has_v6[line].all()


def test_all_uses_happen(bare: Scene) -> None:
    """Resolvers of our own answer; pings have no ports; every named use is in the truth."""
    go_about(bare)
    records = bare.sheet.records()
    icmp = records.proto == 1

    assert is_own(np.array([code for code, _, _ in bare.book.entries])).sum() == 2
    assert set(records.src_port[icmp].tolist() + records.dst_port[icmp].tolist()) == {0, 2_048}
    labels = {entry.label for entry in bare.book.entries.values()}
    assert labels == {each.label for each in USES if each.label}

"""New bots fetch their program from hosts that lead nobody."""

import numpy as np

from hinomi.bench.profiled.families import Design, Family, Server
from hinomi.bench.profiled.loaders import load
from hinomi.bench.profiled.scene import Scene


def _family(*, on_devices: bool, servers: list[Server]) -> Family:
    return Family(
        name="f", design=Design.IOT_SCAN if on_devices else Design.IRC, on_devices=on_devices,
        weight=1.0, small=False, bots=np.arange(400), since=np.full(400, 3.0), servers=servers,
    )  # fmt: skip


def test_downloads_follow_infection(bare: Scene) -> None:
    """Within minutes of it, from a loader."""
    load(bare, _family(on_devices=True, servers=[Server(code=1, proto=6, port=99)]))
    records = bare.sheet.records()

    assert {entry.label for entry in bare.book.entries.values()} == {"loader"}
    assert records.ts_ms.min() / 86_400_000 >= 3.0
    assert records.ts_ms.max() / 86_400_000 < 3.02
    assert records.octets.max() == 1_500


def test_programs_of_pcs_come_with_an_installer(bare: Scene) -> None:
    """Some report by themselves, from lines that are not infected, too."""
    strangers = 0
    for _ in range(3):
        family = _family(on_devices=False, servers=[Server(code=1, proto=6, port=99)])
        family.name += "x" * (1 + strangers)
        load(bare, family)
        records = bare.sheet.records()
        up = records.dst_port == 443
        line = bare.lines.of(records.src[up], records.src_port[up].astype(np.int64))
        strangers += int((line >= 400).sum())

    assert {entry.label for entry in bare.book.entries.values()} == {"installer"}
    assert strangers > 0


def test_a_family_without_servers_has_no_loader(bare: Scene) -> None:
    """Nothing happens."""
    load(bare, _family(on_devices=True, servers=[]))

    assert bare.sheet.records().ts_ms.size == 0

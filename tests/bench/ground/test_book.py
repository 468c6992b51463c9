"""The book counts who of a C&C server's own was sampled with it."""

import numpy as np
import pytest

from hinomi.bench.ground.book import CC, Book
from hinomi.bench.ground.draws import Wholes
from hinomi.bench.profiled.scene import Scene, new_host
from hinomi.bench.profiled.shapes import Usual
from hinomi.bench.profiled.sheet import Relations

PORT = 4_444


def _call(scene: Scene, code: int, line: Wholes, port: int = PORT) -> None:
    scene.sheet.relate(scene.draws("x"), Relations(
        client=scene.lines.codes(line), server=code, port=port, proto=6, shape=Usual.WEB,
        up=30.0, down=30.0, line=line,
    ))  # fmt: skip


@pytest.mark.parametrize(
    ("tier", "callers", "detectable"),
    [(1, 4, False), (1, 5, True), (2, 2, False), (2, 3, True)],
)
def test_enough_members_must_be_sampled(
    bare: Scene, tier: int, callers: int, *, detectable: bool
) -> None:
    """Five bots for the first tier, three fronts for the second; strangers do not count."""
    code = new_host(bare.draws("y"))
    bare.book.name((code, 6, PORT), CC, "family", tier)
    bare.book.belong((code, 6, PORT), np.arange(20))
    _call(bare, code, np.arange(callers))
    _call(bare, code, np.arange(30, 40))
    _call(bare, code, np.arange(10, 20), port=PORT + 1)
    sighting = bare.book.sightings(bare.sheet.records(), bare.lines)[code, 6, PORT]

    assert sighting.seen == callers
    assert sighting.members == 20
    assert sighting.detectable is detectable


def test_lines_behind_one_address_count_each(bare: Scene) -> None:
    """The rule is about lines, not addresses."""
    shared = np.flatnonzero(bare.lines.shared)[:7]
    code = new_host(bare.draws("y"))
    bare.book.name((code, 6, PORT), CC, "family", 1)
    bare.book.belong((code, 6, PORT), shared)
    _call(bare, code, shared)

    assert bare.book.sightings(bare.sheet.records(), bare.lines)[code, 6, PORT].seen == 7


def test_a_cc_server_keeps_its_name() -> None:
    """Whatever else is said of it later; others take the last name."""
    book = Book()
    for service in ((1, 6, 80), (2, 6, 80)):
        book.name(service, "web")
        book.name(service, CC if service[0] == 1 else "cdn", "family", 1)
        book.name(service, "abuse-target")

    assert [entry.label for entry in book.entries.values()] == [CC, "abuse-target"]

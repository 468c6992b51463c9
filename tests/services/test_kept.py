"""What collectors know across restarts."""

import os
from pathlib import Path

from builders import NOON_MS
from hinomi.collect.wire.decoder import KeptState
from hinomi.collect.wire.meaning.boots import KeptBoot
from hinomi.collect.wire.meaning.samplers import SYSTEM, KeptSampler
from hinomi.collect.wire.sequences.sequence import KeptPosition
from hinomi.services.kept import gather_kept, read_kept, write_kept
from loopback import ipv4

ADDRESSES = (ipv4("192.0.2.1"), ipv4("192.0.2.2"))


def _sampler(source: int, interval: int) -> KeptSampler:
    return KeptSampler(
        source=source, version=9, domain=0, kind=SYSTEM, number=0, interval=interval,
        algorithm=0, origin="34", learnt_ms=0,
    )  # fmt: skip


def test_what_was_written_is_read_for_the_exporters_that_are_asked_for(tmp_path: Path) -> None:
    """Each worker takes the templates and rates of its own exporters."""
    kept = KeptState(addresses=ADDRESSES, samplers=(_sampler(0, 100), _sampler(1, 200)))
    write_kept(tmp_path, 0, kept)

    (found,) = read_kept(tmp_path, lambda address: address == ADDRESSES[1])

    assert found.addresses == ADDRESSES
    assert found.samplers == (_sampler(1, 200),)


def test_starts_of_exporters_survive(tmp_path: Path) -> None:
    """What uptimes count from is stated in options, now and then: it is not waited for again."""
    boots = tuple(KeptBoot(source=at, version=10, domain=0, init_ms=at + 1) for at in (0, 1))
    write_kept(tmp_path, 0, KeptState(addresses=ADDRESSES, boots=boots))

    (found,) = read_kept(tmp_path, lambda address: address == ADDRESSES[1])

    assert found.boots == boots[1:]


def test_places_in_sequences_survive(tmp_path: Path) -> None:
    """What is sent while no collector runs is then seen to be missing."""
    positions = tuple(
        KeptPosition(
            source=at, version=9, domain=0, following=at + 7, last=at + 6, uptime_ms=1,
            constant=False, inclusive=False, seen_ms=NOON_MS,
        )
        for at in (0, 1)
    )  # fmt: skip
    write_kept(tmp_path, 0, KeptState(addresses=ADDRESSES, positions=positions))
    gather_kept(tmp_path)

    (found,) = read_kept(tmp_path, lambda address: address == ADDRESSES[1])

    assert found.positions == positions[1:]


def test_older_files_are_read_first(tmp_path: Path) -> None:
    """What was learnt last has the last word, whichever worker learnt it."""
    write_kept(tmp_path, 0, KeptState(addresses=ADDRESSES, samplers=(_sampler(0, 2),)))
    write_kept(tmp_path, 1, KeptState(addresses=ADDRESSES, samplers=(_sampler(0, 1),)))
    os.utime(tmp_path / "worker-1.kept", (1, 1))

    found = list(read_kept(tmp_path, lambda _address: True))

    assert [each.samplers[0].interval for each in found] == [1, 2]


def test_a_damaged_file_is_passed_over(tmp_path: Path) -> None:
    """Exporters send their templates again; a collector that does not start helps nobody."""
    write_kept(tmp_path, 0, KeptState(addresses=ADDRESSES))
    (tmp_path / "worker-1.kept").write_bytes(b"\xc1 no messagepack")
    (tmp_path / "worker-2.kept").write_bytes(b"")

    assert [each.addresses for each in read_kept(tmp_path, lambda _address: True)] == [ADDRESSES]


def test_writing_again_replaces(tmp_path: Path) -> None:
    """One file a worker, never half written."""
    for interval in (1, 2):
        write_kept(tmp_path, 0, KeptState(addresses=ADDRESSES, samplers=(_sampler(0, interval),)))

    assert [path.name for path in tmp_path.iterdir()] == ["worker-0.kept"]
    (found,) = read_kept(tmp_path, lambda _address: True)
    assert found.samplers[0].interval == 2


def test_before_workers_start_all_files_become_one(tmp_path: Path) -> None:
    """Whatever the number of workers before and after, the newest word on each exporter stays."""
    write_kept(tmp_path, 0, KeptState(addresses=ADDRESSES, samplers=(_sampler(0, 1),)))
    write_kept(tmp_path, 1, KeptState(addresses=ADDRESSES[::-1], samplers=(_sampler(0, 7),)))
    write_kept(tmp_path, 2, KeptState(addresses=ADDRESSES, samplers=(_sampler(0, 2),)))
    for age, number in enumerate((0, 1, 2)):
        os.utime(tmp_path / f"worker-{number}.kept", (100 + age, 100 + age))

    gather_kept(tmp_path)
    gather_kept(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["inherited.kept"]
    (found,) = read_kept(tmp_path, lambda _address: True)
    by_address = {found.addresses[each.source]: each.interval for each in found.samplers}
    assert by_address == {ADDRESSES[0]: 2, ADDRESSES[1]: 7}

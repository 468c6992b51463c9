"""After retention, the raw bytes of a home hold no address, pseudonym or key; proofs hold."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import pytest

from forms import Ip, files_with, forms_of_address, forms_of_key, forms_of_pseudonym
from hinomi.model.address import Address, to_packed
from hinomi.model.listed import ListKind
from hinomi.model.window import Window
from hinomi.services.detecting import run_detection
from hinomi.services.incremental import judge_in_parts
from hinomi.services.report import write_report
from hinomi.services.retention import run_retention, unknown_files
from hinomi.services.upkeep import store_status
from retained import START_MS, Ageing
from terminal import hinomi, table_row

INTERVAL = 10_000
SUBSCRIBERS: tuple[Ip, ...] = tuple(
    ip_address(f"192.0.2.{host}") for host in range(101, 121)
) + tuple(
    ip_address(f"2001:db8:51{line:02x}:7300:a1b2:c3d4:e5f6:7{line:02x}1") for line in range(8)
)
LATER_DAYS = 1200
"""By then every class of data is due, what entries of the journal say as well."""


@dataclass
class Before:
    """What was known of a home before its data was due."""

    ageing: Ageing
    pseudonyms: list[Address]
    day_key: bytes
    period_key: bytes
    proof: Path
    public: str
    entry: int

    def forms(self) -> dict[str, set[bytes]]:
        """Give what is searched for."""
        return {
            "addresses": {form for each in SUBSCRIBERS for form in forms_of_address(each)},
            "pseudonyms": {form for each in self.pseudonyms for form in forms_of_pseudonym(each)},
            "day key": forms_of_key(self.day_key),
            "period key": forms_of_key(self.period_key),
        }

    def found(self) -> dict[str, list[str]]:
        """Name the files in which each stands."""
        return {name: files_with(self.ageing.folder, forms) for name, forms in self.forms().items()}


@pytest.fixture(name="before")
def a_used_home(tmp_path: Path) -> Before:
    """Use a home with known subscribers in every way that leaves something of them."""
    ageing = Ageing.make(tmp_path / "home", sampling=INTERVAL)
    ageing.take_in(*_rows())
    ageing.listed(
        ListKind.SUSPECTS, "address\n" + "".join(f"{each}\n" for each in SUBSCRIBERS), "honeypot"
    )
    ageing.listed(
        ListKind.KNOWN_CC,
        f"address,protocol,port\n{SUBSCRIBERS[0]},tcp,443\n198.51.100.9,tcp,443\n",
    )
    ageing.days = 1
    home = ageing.home
    found = run_detection(home, Window(), top=20, judge_with=judge_in_parts)
    write_report(found, ageing.folder / "week.html")
    ageing.age(ageing.folder / "week.html")
    lines = [_line(each) for each in SUBSCRIBERS]
    pseudonyms = [home.cipher().tokenise_one(line) for line in lines]
    # What a killed detection left behind, and what a killed maker of keys did.
    ageing.leave("scratch-1-ab/records", b"".join(map(to_packed, pseudonyms)))
    ageing.age(ageing.folder / "scratch-1-ab")
    (day,) = home.keeper.days()
    day_key = (ageing.folder / "keys" / "days" / f"{day}.key").read_bytes()
    ageing.leave(f"keys/days/.{day}.1-2", day_key)
    entry = next(int(str(each["index"])) for each in home.journal().entries() if each.get("stored"))
    (period,) = (ageing.folder / "keys").glob("period-*.key")
    return Before(
        ageing, pseudonyms, day_key, period.read_bytes(), tmp_path / "proof",
        home.journal().verifier.render(), entry,
    )  # fmt: skip


def test_before_the_run_everything_is_there(before: Before) -> None:
    """The search can fail: pseudonyms and keys stand in files, and addresses never did."""
    found = before.found()

    assert found["addresses"] == []
    assert {"casebook.sqlite", "scratch-1-ab/records"} <= {
        name.removesuffix("-wal") for name in found["pseudonyms"]
    }
    assert found["day key"] == ["keys/days/.2026-01-01.1-2", "keys/days/2026-01-01.key"]
    assert found["period key"] == ["keys/period-0001.key"]
    assert list(before.ageing.folder.rglob("*.parquet")) != []
    assert list((before.ageing.folder / "partials").iterdir()) != []


def test_after_the_run_nothing_of_it_is_left(before: Before) -> None:
    """Neither the addresses, nor their pseudonyms, nor the keys, in any form, in any file."""
    ageing = before.ageing
    ageing.days = LATER_DAYS

    outcome = run_retention(ageing.home)

    left = before.found()
    assert left.pop("period key") == ["keys/period-0001.key"]  # Until no mandate uses it: a day.
    assert left == {name: [] for name in left}
    ageing.days += 1
    run_retention(ageing.home)
    assert before.found() == {name: [] for name in before.forms()}
    assert list(ageing.folder.rglob("*.parquet")) == []
    assert outcome.removed["flow-records"] == 2 * len(SUBSCRIBERS)
    assert outcome.removed["standing-own-entries"] > len(SUBSCRIBERS)
    assert outcome.unknown == unknown_files(ageing.home) == []
    assert ageing.home.keeper.days() == ()


def test_proofs_of_deleted_entries_still_verify(before: Before) -> None:
    """What an entry said is gone; that it was written, and when, is proved as before."""
    ageing, proof = before.ageing, before.proof
    said = hinomi("journal", "prove", before.entry, "--out", proof, home=ageing.folder)
    assert said.code == 0, said.err
    ageing.days = LATER_DAYS

    run_retention(ageing.home)

    # A proof that was made before goes on proving what it said.
    kept = hinomi("journal", "check", proof, "--key", before.public, "--json").document
    assert kept["entry"]["stored"] == 2 * len(SUBSCRIBERS)
    # One that is made now proves the entry without it.
    again = proof.with_suffix(".again")
    assert hinomi("journal", "prove", before.entry, "--out", again, home=ageing.folder).code == 0
    shown = hinomi("journal", "check", again, "--key", before.public, "--json").document
    assert (shown["entry"], shown["time"]) == (None, kept["time"])
    assert shown["entries"] > kept["entries"]
    assert hinomi("journal", "verify", home=ageing.folder).code == 0


def test_the_home_goes_on_working(before: Before) -> None:
    """What comes in afterwards is kept, found and explained as ever."""
    ageing = before.ageing
    ageing.days = LATER_DAYS
    run_retention(ageing.home)

    ageing.take_in(*_rows(at_ms=ageing.now_ms()))

    found = run_detection(ageing.home, Window(), top=20, judge_with=judge_in_parts)
    assert store_status(ageing.home)["records"] == 2 * len(SUBSCRIBERS)
    assert found.limits["sampling_interval"] == INTERVAL
    assert not any(run_retention(ageing.home).removed.values())


def _rows(at_ms: int = START_MS) -> Iterator[str]:
    for number, address in enumerate(SUBSCRIBERS):
        for turn in (0, 1):
            yield table_row(
                ts_ms=at_ms + number,
                sampling_interval=INTERVAL,
                src_addr=address if turn else "198.51.100.9",
                dst_addr="198.51.100.9" if turn else address,
                src_port=40_000 + number if turn else 443,
                dst_port=443 if turn else 40_000 + number,
                packets=1,
                bytes=60,
            )


def _line(address: Ip) -> Address:
    """Give the line key of a subscriber: the address, or the delegated /56."""
    if address.version == 4:
        return Address(0, 0xFFFF << 32 | int(address))
    high = int(address) >> 64 >> 8 << 8
    return Address(high - (1 << 64) if high >= 1 << 63 else high, 0)

"""Guards on real lists and real captures: what is shared by many is held, and nothing else is."""

import tarfile
from collections import Counter
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pytest

from captures import DATA, PRIVATE, capture, labels, own_networks
from guarded import around, limits, said
from hinomi.collect.lists.catalogue import parse_list
from hinomi.errors import MalformedDocument
from hinomi.model.address import V4_PREFIX, Address, parse_address, to_int
from hinomi.model.case import ServiceClass
from hinomi.model.evidence import Claim, Method
from hinomi.model.listed import ListEntry, ListKind
from hinomi.model.protocol import Protocol
from hinomi.model.service import Service
from hinomi.model.window import Window
from hinomi.services.detecting import judging
from hinomi.services.home import create_home, open_home
from hinomi.services.importing import ImportRequest, import_files
from hinomi.services.mandates import Operation
from hinomi.verify.benign import holds_of, may_lift, suggest_class
from hinomi.verify.holds import Lift
from hinomi.verify.listkinds import BenignKind, kind_of_name
from hinomi.verify.prefixes import ListIndex
from hinomi.verify.surroundings import Population, populations_of
from tree import DOCS

WARNINGS: Final = DATA / "feeds" / "misp-warninglists"
ARCHIVE: Final = WARNINGS / "warninglists.tar.zst"
CCS: Final = DATA / "feeds" / "c2intelfeeds" / "IPPortC2s-daily-history.tar.zst"
STRICT: Final = limits(made_up_hosts=False)
BACKGROUND: Final = ("office-lan", "windows-normal-008")
EVERYBODY: Final = [
    said(Claim.CC, method) for method in (Method.FLOW, Method.LIST, Method.MALWARE)
]  # fmt: skip
"""What speaks against the service in the hardest case: three methods, of this very port."""

Entries = tuple[ListEntry, ...]

pytestmark = pytest.mark.skipif(not ARCHIVE.is_file(), reason="../shared/data is absent")


@pytest.fixture(name="warnings", scope="module")
def the_warning_lists(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Entries]:
    """Read all warning lists by the names of their folders; those without addresses are empty."""
    folder = tmp_path_factory.mktemp("warnings")
    with pa.input_stream(str(ARCHIVE), compression="zstd") as plain:
        (folder / "all.tar").write_bytes(plain.read())
    with tarfile.open(folder / "all.tar") as tar:
        tar.extractall(folder, filter="data")
    found = {}
    for path in sorted((*folder.rglob("list.json"), *WARNINGS.glob("lists/*/list.json"))):
        try:
            entries = parse_list(path, ListKind.BENIGN, "misp", keep_good=True).entries
        except MalformedDocument:
            entries = ()  # Names, digests, expressions.
        found[path.parent.name] = entries
    return found


@pytest.fixture(name="index", scope="module")
def the_index(warnings: dict[str, Entries]) -> ListIndex:
    """Give all entries of all warning lists, each list under the name of its folder."""
    return ListIndex(
        (ListKind.BENIGN, f"misp-{name}", entry)
        for name, entries in warnings.items()
        for entry in entries
    )


@pytest.fixture(name="known", scope="module")
def the_lists_and_their_index(
    warnings: dict[str, Entries], index: ListIndex
) -> tuple[dict[str, Entries], ListIndex]:
    """Give the lists, and what finds their entries."""
    return warnings, index


def test_every_warning_list_with_addresses_has_a_kind(
    warnings: dict[str, Entries],
) -> None:
    """One list is of no known kind, and the page on guards names it."""
    kinds = {
        name: {kind_of_name(entry.label, name) for entry in entries}
        for name, entries in warnings.items()
        if entries
    }

    assert (len(warnings), len(kinds)) == (136, 83)
    assert all(len(each) == 1 for each in kinds.values())
    others = {name for name, each in kinds.items() if each == {BenignKind.OTHER}}
    assert others == {"empty-hashes"}


def test_the_page_on_guards_says_which_list_is_of_which_kind(
    warnings: dict[str, Entries],
) -> None:
    """Each list but the many of scanners stands in the row of its kind."""
    page = (DOCS / "reference" / "guards.md").read_text("utf-8")
    section = page.split("## Which list is of which kind")[1].split("\n## ")[0]
    rows = dict(
        row.strip("| ").split(" | ", 1) for row in section.splitlines() if row.startswith("| ")
    )
    for name, entries in warnings.items():
        if not entries or "scan" in name:
            continue
        said_there = rows[kind_of_name(entries[0].label, name).value]
        stems = (name, f"{name.rpartition('-')[0]}-*", "microsoft-azure*")
        assert any(stem in said_there for stem in stems if name.startswith(stem.rstrip("-*"))), name


def test_many_services_meet_the_entries_that_a_slow_search_finds(
    known: tuple[dict[str, Entries], ListIndex],
) -> None:
    """Of 20,000 services against all 142,884 entries, a few are compared with each entry."""
    warnings, index = known
    draw = np.random.default_rng(6)
    addresses = [
        Address(0, V4_PREFIX | int(each)) for each in draw.integers(1 << 24, 224 << 24, 20_000)
    ]
    everything = [entry for entries in warnings.values() for entry in entries]

    found = index.covering([Service(each, Protocol.TCP, 443) for each in addresses])

    assert len(everything) == 142_884
    listed = [row for row, matches in enumerate(found) if matches]
    for row in (*listed[:5], 0, 1):
        covering = [
            entry
            for entry in everything
            if to_int(addresses[row]) >> 128 - entry.length
            == to_int(entry.base) >> 128 - entry.length
        ]
        assert len(found[row]) == len(covering)
    assert len(listed) > 1_000


def test_what_the_guards_cost_is_what_the_page_says(index: ListIndex) -> None:
    """Final holds of lists stop less than one in a hundred of the C&Cs that others listed."""
    if not CCS.is_file():
        pytest.skip("no IPPortC2s-daily-history.tar.zst in ../shared/data (feeds/c2intelfeeds)")
    services = known_ccs()

    lifts = Counter[Lift]()
    for service, found in zip(services, index.covering(services), strict=True):
        holds = holds_of(around(service, lists=found), STRICT)
        lifts.update({each.lift for each in holds})

    assert len(services) > 5_000
    assert lifts[Lift.NOBODY] / len(services) < 0.01
    assert lifts[Lift.EVIDENCE] / len(services) < 0.10
    assert lifts[Lift.REVIEWER] / len(services) < 0.10


def known_ccs() -> list[Service]:
    """Give the C&Cs, IPv4 address and port, of every thirtieth file of two years of a feed."""
    named: set[tuple[str, ...]] = set()
    with (
        pa.input_stream(str(CCS), compression="zstd") as plain,
        tarfile.open(fileobj=plain, mode="r|") as tar,
    ):
        for number, member in enumerate(each for each in tar if each.isfile()):
            file = tar.extractfile(member) if number % 30 == 0 else None
            rows = file.read().decode().splitlines() if file is not None else []
            named.update(tuple(row.split(",")[:2]) for row in rows if row[:1].isdigit())
    return [
        Service(parse_address(address), Protocol.TCP, int(port))
        for address, port in sorted(named)
        if ":" not in address and int(port)
    ]


@pytest.mark.parametrize(
    ("name", "of", "code", "lift"),
    [
        ("public-dns-v4", (Protocol.UDP, 53), "list-resolver", Lift.NOBODY),
        ("public-dns-v6", (Protocol.UDP, 53), "list-resolver", Lift.NOBODY),
        ("cloudflare", (Protocol.TCP, 443), "list-cdn", Lift.NOBODY),
        ("microsoft-office365-ip", (Protocol.TCP, 443), "list-vendor", Lift.NOBODY),
        ("sinkholes", (Protocol.TCP, 443), "list-sinkhole", Lift.NOBODY),
        ("amazon-aws", (Protocol.TCP, 443), "list-cloud", Lift.EVIDENCE),
    ],
)
def test_shared_infrastructure_is_held_against_everybodys_word(
    known: tuple[dict[str, Entries], ListIndex],
    name: str,
    of: tuple[int, int],
    code: str,
    lift: Lift,
) -> None:
    """Three methods that accuse it lift a cloud's hold and no other."""
    warnings, index = known
    service = Service(warnings[name][0].base, *of)
    found = index.covering([service])[0]

    holds = {each.code: each for each in holds_of(around(service, lists=found), STRICT)}

    assert holds[code].lift is lift
    assert may_lift(holds[code], EVERYBODY, STRICT) is (lift is Lift.EVIDENCE)
    if lift is Lift.NOBODY:
        assert not suggest_class(holds.values()).is_listable


@pytest.mark.parametrize("names", [(), BACKGROUND], ids=["alone", "with background"])
def test_a_shared_mail_server_ends_as_a_shared_host(
    index: ListIndex, tmp_path: Path, names: tuple[str, ...]
) -> None:
    """
    AgentTesla mails its loot through a server that many share: found, held, not listable.

    Everything comes from the capture and the warning lists. Even if flow, malware analysis
    and a list all name its very port, no reviewer lifts the hold.
    """
    (label,) = (each for each in labels() if each.name == "agenttesla-smtp")
    service = label.service
    met = population_in(tmp_path, service, "agenttesla-smtp", *names)
    found = index.covering([service])[0]

    place = around(service, lists=found, population=met, evidence=tuple(EVERYBODY))
    holds = holds_of(place, STRICT)

    assert met is not None
    assert met.clients == 1
    assert suggest_class(holds, EVERYBODY) is ServiceClass.SHARED
    assert not suggest_class(holds, EVERYBODY).is_listable
    (final,) = (each for each in holds if each.code == "mail-port")
    assert not may_lift(final, EVERYBODY, STRICT)
    assert place.evidence == tuple(EVERYBODY)


@pytest.mark.parametrize("name", ["quasarrat", "strrat", "androidtester"])
def test_a_labelled_cc_is_held_by_nothing_final(
    index: ListIndex, tmp_path: Path, name: str
) -> None:
    """The guards leave true C&Cs to the evidence: what holds them evidence can lift."""
    (label,) = (each for each in labels() if each.name == name)
    met = population_in(tmp_path, label.service, name)
    found = index.covering([label.service])[0]

    holds = holds_of(around(label.service, lists=found, population=met), STRICT)

    assert met is not None
    assert all(may_lift(each, EVERYBODY, STRICT) for each in holds)
    assert suggest_class(holds) is ServiceClass.UNKNOWN


def population_in(folder: Path, service: Service, *names: str) -> Population | None:
    """Import captures together and read who met *service* there."""
    prefixes = folder / "own.txt"
    prefixes.write_text("\n".join((*PRIVATE, *own_networks(*names))) + "\n", "utf-8")
    create_home(folder / "home", prefixes, 1)
    home = open_home(folder / "home")
    import_files(home, ImportRequest(paths=[capture(name) for name in names]))
    asked = [ListEntry(base=service.address, proto=service.proto, port=service.port)]
    with judging(home, Window(), Operation.DETECT, lambda _: None, asked) as (_, judged, _sources):
        read = populations_of(
            judged.survey.services,
            judged.suspects,
            lines=len(judged.survey.talking),
            wanted=[service],
        )
    return read.get(service)

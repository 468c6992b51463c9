"""The captures of the real data by name, and detection over any of them together."""

import csv
import gzip
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hinomi.model.address import parse_address
from hinomi.model.protocol import parse_protocol
from hinomi.model.service import Service
from hinomi.model.window import Window
from hinomi.services.detecting import Detection, run_detection
from hinomi.services.home import create_home, open_home
from hinomi.services.importing import ImportRequest, import_files

DATA: Final = Path(__file__).resolve().parents[2] / "shared" / "data"
FLOWS: Final = DATA / "flows"

PRIVATE: Final = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
"""RFC 1918 and RFC 4193: where the hosts of nearly every capture live."""

PUBLIC: Final = frozenset({"windows-normal-008", "windows-normal-010"})
"""Captures whose host has a public address of its own, on which strangers call."""

FILES: Final[Mapping[str, str]] = {
    "agenttesla-smtp": "agenttesla-smtp.headers.pcap",
    "androidtester": "conn.log",
    "bittorrent-normal": "CTU-Normal-7-2013-13-07.binetflow.gz",
    "ctu-207-1": "CTU-Malware-Capture-Botnet-207-1.gz",
    "iot-benign": "Zeek",
    "mirai-class10": "class10-capture1.headers.pcap",
    "njrat": "conn.log.gz",
    "office-lan": "conn.log.labeled.gz",
    "p2p-zeus-like": "conn.log.gz",
    "portscan": "",
    "quasarrat": "quasarrat.headers.pcap",
    "remcosrat": "zeek-labeled/conn.log.labeled.gz",
    "simda-test5": "test5.binetflow.gz",
    "strrat": "strrat.headers.pcap",
    "win1-2016": "2016-09-09_win1.binetflow.gz",
    "windows-normal-008": "data/conn.log.labeled.gz",
    "windows-normal-010": "data/conn.log.labeled.gz",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What GROUND-TRUTH.csv says of one capture: one row of it."""

    name: str
    service: Service
    is_certain: bool  # Labelled by the data set, not read into it.


def labels() -> tuple[Label, ...]:
    """Read the labelled C&C servers."""
    found = []
    with (DATA / "GROUND-TRUTH.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["cc_address"]:
                address = parse_address(row["cc_address"])
                proto = parse_protocol(row["protocol"])
                found.append(
                    Label(
                        name=row["set"].removeprefix("flows/"),
                        service=Service(address, proto, int(row["cc_port"])),
                        is_certain=row["confidence"] == "high",
                    )
                )
    return tuple(found)


def capture(name: str) -> Path:
    """Give the file, or the folder, of a capture."""
    return FLOWS / name / FILES[name]


def own_networks(*names: str) -> list[str]:
    """
    Give the own networks of the captures *names* besides `PRIVATE`.

    The host of such a capture is the one address that most of its records have as an end.
    """
    return [f"{_busiest(capture(name))}/32" for name in names if name in PUBLIC]


def detect_over(
    folder: Path, paths: Sequence[Path], *, own: Sequence[str] = (), top: int = 100_000
) -> Detection:
    """
    Import *paths*, in this order, into a laboratory made at *folder*, and detect.

    Args:
        folder: A new folder.
        paths: Flow files.
        own: Own networks besides `PRIVATE`.
        top: So many candidates at most.
    """
    folder.mkdir(parents=True)
    prefixes = folder / "own.txt"
    prefixes.write_text("\n".join((*PRIVATE, *own)) + "\n", "utf-8")
    create_home(folder / "home", prefixes, 1)
    home = open_home(folder / "home")
    imported = import_files(home, ImportRequest(paths=paths))
    failed = [f"{file.path.name}: {file.error}" for file in imported.files if file.error]
    assert not failed, failed
    assert imported.files
    return run_detection(home, Window(), top=top)


def detect_in(folder: Path, *names: str) -> Detection:
    """Detect over the captures *names* together, their public hosts counted as own."""
    return detect_over(folder, [capture(name) for name in names], own=own_networks(*names))


def rank_of(detection: Detection, service: Service) -> int | None:
    """Give the rank of a service, 1 the most probable; None if nothing speaks for it."""
    services = [candidate.service for candidate in detection.candidates]
    return services.index(service) + 1 if service in services else None


def _busiest(path: Path) -> str:
    """Give the address that most rows of a conn log have as an end."""
    met: Counter[str] = Counter()
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            if not line.startswith("#"):
                fields = line.split("\t")
                met.update((fields[2], fields[4]))  # id.orig_h and id.resp_h.
    return met.most_common(1)[0][0]

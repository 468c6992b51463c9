"""A small folder of captures, laid out as real ones are."""

from collections.abc import Sequence
from pathlib import Path

HEADER = (
    "ts_ms,exporter,sampling_interval,proto,src_addr,dst_addr,src_port,dst_port,"
    "tcp_flags,packets,bytes,duration_ms"
)
TRUTH = (
    "set,infected,cc_address,protocol,cc_port,confidence",
    "flows/loud,192.168.1.5,203.0.113.9,tcp,6667,high",
    "flows/mute,192.168.1.5,203.0.113.10,tcp,4444,high",
    "flows/read,192.168.1.5,203.0.113.11,tcp,8080,medium",
    "flows/none,192.168.1.5,,,,high",
)


def _row(second: int, source: str, target: str, *, flags: int = 24, packets: int = 200) -> str:
    (src, src_port), (dst, dst_port) = source.split(":"), target.split(":")
    columns = (second * 1_000, "tap", 1, 6, src, dst, src_port, dst_port, flags)
    return ",".join(map(str, (*columns, packets, packets * 90, 5_000)))


def _write(folder: Path, rows: list[str]) -> None:
    folder.mkdir(parents=True)
    (folder / "flows.csv").write_text("\n".join((HEADER, *rows)) + "\n", "utf-8")


def _talk(host: str, server: str, *, answers: bool = True) -> list[str]:
    rows = []
    for minute in range(40):
        port = 50_000 + minute
        rows.append(_row(minute * 60, f"{host}:{port}", server, flags=24 if answers else 2))
        if answers:
            rows.append(_row(minute * 60 + 1, server, f"{host}:{port}"))
    return rows


def capture_folder(folder: Path, *, beside: Sequence[str] = (), third: str = "") -> Path:
    """
    Write three infections (one never answered, one not certain) and an office.

    Args:
        folder: Where.
        beside: Further services that the first infection meets.
        third: "certain" if the third infection is that as well.
    """
    web = "198.51.100.20:443"
    for name, server, answers in (
        ("loud", "203.0.113.9:6667", True),
        ("mute", "203.0.113.10:4444", False),
        ("read", "203.0.113.11:8080", True),
    ):
        rows = _talk("192.168.1.5", server, answers=answers) + _talk("192.168.1.5", web)
        for other in beside if name == "loud" else ():
            rows += _talk("192.168.1.5", other)
        _write(folder / "flows" / name, rows)
    office = _talk("192.168.1.7", web) + _talk("192.168.1.8", "198.51.100.21:443")
    _write(folder / "flows" / "office", office)
    truth = "\n".join(TRUTH) + "\n"
    if third == "certain":
        truth = truth.replace("medium", "high")
    (folder / "GROUND-TRUTH.csv").write_text(truth, "utf-8")
    return folder

"""What the real pmacct prints is read, with totals found without hinomi."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
from collections import Counter
from pathlib import Path
from typing import Final

import dpkt
import pytest

from hinomi.collect.files.catalogue import find_format
from hinomi.collect.files.reading import ReadOptions, Tally
from hinomi.errors import MalformedDocument
from readers import checked

DATA: Final = Path(__file__).resolve().parents[3] / "shared" / "data"
CAPTURE: Final = DATA / "flows" / "mirai-class10" / "class10-capture1.headers.pcap"
PRINTED: Final = sorted((DATA / "exporters" / "pmacct").glob("*/output-flow-*.json"))

READING_S: Final = 6.0
"""Until pmacctd's plugins have read a small capture; it waits two seconds before it begins."""

KEYS: Final = "src_host,dst_host,src_port,dst_port,proto,tcpflags,timestamp_start,timestamp_end"
VARIANTS: Final[dict[str, tuple[str, dict[str, object]]]] = {
    "csv": ("csv", {}),
    "csv-semicolon": ("csv", {"print_output_separator": ";"}),
    "csv-tab": ("csv", {"print_output_separator": "\\t", "print_markers": "true"}),
    "csv-seconds": ("csv", {"timestamps_since_epoch": "true", "print_num_protos": "true"}),
    "json": ("json", {"print_history": "1h", "print_markers": "true"}),
    "json-rfc3339": ("json", {"timestamps_rfc3339": "true"}),
    "json-seconds": ("json", {"timestamps_since_epoch": "true"}),
}


def run(path: Path, interval: int = 0) -> tuple[Counter[str], Tally]:
    """Read a file as import does; give sums over its records, and the tally."""
    found = find_format(path, None)
    assert found is not None
    assert found.name == "pmacct"
    tally, sums = Tally(), Counter[str]()
    options = ReadOptions(sampling_interval=interval, latest_ms=2_000_000_000_000)
    for batch in checked(found.read(path, options, tally)):
        sums["records"] += batch.num_rows
        for name in ("packets", "bytes"):
            sums[name] += int(batch[name].to_numpy().sum())
        sums["first"] = min(sums["first"] or 2**62, int(batch["ts_ms"].to_numpy().min()))
    return sums, tally


@pytest.mark.skipif(not PRINTED, reason="../shared/data is absent")
@pytest.mark.parametrize("path", PRINTED, ids=lambda path: f"{path.parent.name}-{path.name[12:14]}")
def test_what_nfacctd_printed_of_real_routers_is_read(path: Path) -> None:
    """Rows, packets and bytes add up; aggregates without any time are refused, and say why."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    if "timestamp_start" not in rows[0]:
        with pytest.raises(MalformedDocument, match="add timestamp_start"):
            run(path)
        return
    sums, tally = run(path)

    assert tally.records == sums["records"] == len(rows)
    assert sums["packets"] == sum(row["packets"] for row in rows)
    assert sums["bytes"] == sum(row["bytes"] for row in rows)
    assert sums["first"] == min(int(float(row["timestamp_start"]) * 1000) for row in rows)


def test_renormalised_output_is_noticed() -> None:
    """The same records, 1,000 times as many packets: the file that was multiplied is told."""
    found = [path for path in PRINTED if path.parent.name.startswith("102-")]
    if not found:
        pytest.skip("../shared/data is absent")
    plain, scaled = found

    assert run(plain, interval=1000)[1].notes == {}
    assert run(scaled, interval=1000)[1].notes == {"counts-look-multiplied": 35}


@pytest.fixture(name="printed", scope="module")
def what_pmacctd_prints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Let pmacctd print one capture in every form at once; give the folder of what it printed."""
    program = shutil.which("pmacctd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        reason = "pmacctd is not installed (Debian: apt install pmacct)"
        if os.environ.get("HINOMI_REQUIRE_PEERS") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    if not CAPTURE.is_file():
        pytest.skip("../shared/data is absent")
    folder = tmp_path_factory.mktemp("pmacct")
    configuration = [
        "daemonize: false", f"pcap_savefile: {CAPTURE}", f"aggregate: {KEYS}",
        "print_refresh_time: 600", "timestamps_utc: true", "pcap_savefile_wait: true",
        f"plugins: {', '.join(f'print[{name}]' for name in VARIANTS)}",
    ]  # fmt: skip
    for name, (form, more) in VARIANTS.items():
        own = {"print_output": form, "print_output_file": folder / name} | more
        configuration += [f"{key}[{name}]: {value}" for key, value in own.items()]
    (folder / "pmacctd.conf").write_text("\n".join(configuration) + "\n", "utf-8")
    # Ended at once, its plugins would leave unread what still stands in their pipes.
    command = [program, "-f", str(folder / "pmacctd.conf")]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    ) as process:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=READING_S)
        os.killpg(process.pid, signal.SIGINT)  # The plugins too, as from a terminal.
        process.communicate(timeout=60)  # To the end of the last plugin's purge.
    return folder


@pytest.mark.parametrize("variant", VARIANTS)
def test_what_pmacctd_prints_of_a_capture_is_read(printed: Path, variant: str) -> None:
    """Packets, bytes and the first time are those of the capture, in every form of output."""
    lengths, first = [], 2.0**62
    with CAPTURE.open("rb") as file:
        for seconds, data in dpkt.pcap.UniversalReader(file):
            if data[12:14] == b"\x08\x00":
                lengths.append(int.from_bytes(data[16:18]))
                first = min(first, seconds)
    sums, tally = run(printed / variant)

    assert sums["packets"] == len(lengths)
    assert sums["bytes"] == sum(lengths)
    assert sums["first"] == round(first * 1000)
    assert tally.records == sums["records"]
    assert tally.notes == {}

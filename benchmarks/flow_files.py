"""
Flow files of every format that hinomi imports, made up, as large as asked.

The content is drawn once and written as often as needed, so that a file can be any number of
times as large as another of the same kind. Lines lie in 198.18.0.0/16, remote ends in
198.19.0.0/16: both are for benchmarks (RFC 2544).
"""

import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

OWN_PREFIX: Final = "198.18.0.0/16"
_OWN: Final = 0xC6120000
_REMOTE: Final = 0xC6130000
_FIRST_S: Final = 1_767_225_600  # 2026-01-01T00:00:00Z.
_SPAN_S: Final = 3_600
_V5_RECORDS: Final = 30  # NetFlow v5: at most so many a datagram.

Write = Callable[["Flows", Path, int], None]


@dataclass(frozen=True, slots=True)
class Flows:
    """Columns of made-up flows, client first; every array has shape (n,)."""

    client: NDArray[np.int64]  # Addresses, 32 bits.
    server: NDArray[np.int64]
    client_port: NDArray[np.int64]
    server_port: NDArray[np.int64]
    start_ms: NDArray[np.int64]
    duration_ms: NDArray[np.int64]
    packets_out: NDArray[np.int64]
    packets_in: NDArray[np.int64]
    bytes_out: NDArray[np.int64]
    bytes_in: NDArray[np.int64]

    @property
    def count(self) -> int:
        """Number of flows."""
        return int(self.client.size)

    def rows(self) -> Iterator[tuple[int, str, str, int, int, int, int, int, int, int, int]]:
        """Yield number, addresses as text, and the other columns in order."""
        names = [f".{high}.{low}" for high in range(256) for low in range(256)]
        columns = (
            self.client_port, self.server_port, self.start_ms, self.duration_ms,
            self.packets_out, self.packets_in, self.bytes_out, self.bytes_in,
        )  # fmt: skip
        ends = zip((self.client - _OWN).tolist(), (self.server - _REMOTE).tolist(), strict=True)
        rest = zip(*(column.tolist() for column in columns), strict=True)
        for number, ((client, server), values) in enumerate(zip(ends, rest, strict=True)):
            yield (number, "198.18" + names[client], "198.19" + names[server], *values)


def draw(count: int, seed: int = 1) -> Flows:
    """Draw *count* TCP flows of one hour."""
    rng = np.random.default_rng(seed)
    rank = np.exp(rng.random(count) * np.log(65_536)).astype(np.int64)
    packets_out, packets_in = rng.geometric(0.2, count), rng.geometric(0.2, count)
    ports = np.array([443] * 7 + [80, 993, 5223], dtype=np.int64)
    return Flows(
        client=_OWN + rng.integers(0, 65_536, count),
        server=_REMOTE + rank % 65_536,
        client_port=rng.integers(32_768, 61_000, count),
        server_port=ports[rank % ports.size],
        start_ms=_FIRST_S * 1000 + np.sort(rng.integers(0, _SPAN_S * 1000, count)),
        duration_ms=rng.integers(0, 60_000, count),
        packets_out=packets_out,
        packets_in=packets_in,
        bytes_out=packets_out * rng.integers(40, 400, count),
        bytes_in=packets_in * rng.integers(40, 1500, count),
    )


def _zeek_tsv(flows: Flows, path: Path, times: int) -> None:
    names = (
        "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes "
        "resp_bytes conn_state local_orig local_resp missed_bytes history orig_pkts "
        "orig_ip_bytes resp_pkts resp_ip_bytes tunnel_parents"
    )
    head = (
        "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n"
        f"#path\tconn\n#fields\t{names.replace(' ', chr(9))}\n#types\ttime\n"
    )
    body = "".join(
        f"{s / 1000:.6f}\tC{n:x}\t{c}\t{cp}\t{r}\t{rp}\ttcp\tssl\t{d / 1000:.6f}\t{bo}\t{bi}\tSF"
        f"\tT\tF\t0\tShADadFf\t{po}\t{bo + 52 * po}\t{pi}\t{bi + 52 * pi}\t-\n"
        for n, c, r, cp, rp, s, d, po, pi, bo, bi in flows.rows()
    )
    _repeat(path, head, body, times)


def _zeek_json(flows: Flows, path: Path, times: int) -> None:
    body = "".join(
        f'{{"ts":{s / 1000:.6f},"uid":"C{n:x}","id.orig_h":"{c}","id.orig_p":{cp},'
        f'"id.resp_h":"{r}","id.resp_p":{rp},"proto":"tcp","service":"ssl",'
        f'"duration":{d / 1000:.6f},"orig_bytes":{bo},"resp_bytes":{bi},"conn_state":"SF",'
        f'"local_orig":true,"local_resp":false,"missed_bytes":0,"history":"ShADadFf",'
        f'"orig_pkts":{po},"orig_ip_bytes":{bo + 52 * po},"resp_pkts":{pi},'
        f'"resp_ip_bytes":{bi + 52 * pi}}}\n'
        for n, c, r, cp, rp, s, d, po, pi, bo, bi in flows.rows()
    )
    _repeat(path, "", body, times)


def _argus(flows: Flows, path: Path, times: int) -> None:
    head = (
        "StartTime,Dur,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,State,sTos,dTos,TotPkts,TotBytes,"
        "SrcBytes,Label\n"
    )
    moments = _moments(flows.start_ms, "%Y/%m/%d %H:%M:%S", ".")
    body = "".join(
        f"{moments[n]}000,{d / 1000:.6f},tcp,{c},{cp},   ->,{r},{rp},SRPA_FSPA,0,0,{po + pi},"
        f"{bo + bi + 66 * (po + pi)},{bo + 66 * po},flow=Background\n"
        for n, c, r, cp, rp, _, d, po, pi, bo, bi in flows.rows()
    )
    _repeat(path, head, body, times)


def _suricata(flows: Flows, path: Path, times: int) -> None:
    starts = _moments(flows.start_ms, "%Y-%m-%dT%H:%M:%S", ".")
    ends = _moments(flows.start_ms + flows.duration_ms, "%Y-%m-%dT%H:%M:%S", ".")
    body = "".join(
        f'{{"timestamp":"{ends[n]}000+0000","flow_id":{n},"event_type":"flow","src_ip":"{c}",'
        f'"src_port":{cp},"dest_ip":"{r}","dest_port":{rp},"proto":"TCP","app_proto":"tls",'
        f'"flow":{{"pkts_toserver":{po},"pkts_toclient":{pi},"bytes_toserver":{bo + 66 * po},'
        f'"bytes_toclient":{bi + 66 * pi},"start":"{starts[n]}000+0000",'
        f'"end":"{ends[n]}000+0000","age":1,"state":"closed","reason":"timeout"}},'
        f'"tcp":{{"tcp_flags":"1b","tcp_flags_ts":"1b","tcp_flags_tc":"1b","syn":true}}}}\n'
        for n, c, r, cp, rp, _, _d, po, pi, bo, bi in flows.rows()
    )
    _repeat(path, "", body, times)


def _goflow2(flows: Flows, path: Path, times: int) -> None:
    body = "".join(
        f'{{"type":"NETFLOW_V9","time_received_ns":{s + d}000000,"sampling_rate":1,'
        f'"sampler_address":"203.0.113.1","time_flow_start_ns":{s}000000,'
        f'"time_flow_end_ns":{s + d}000000,"bytes":{bo + 52 * po},"packets":{po},'
        f'"src_addr":"{c}","dst_addr":"{r}","etype":"IPv4","proto":"TCP","src_port":{cp},'
        f'"dst_port":{rp},"tcp_flags":27,"src_mac":"00:00:00:00:00:00"}}\n'
        for _, c, r, cp, rp, s, d, po, _pi, bo, _bi in flows.rows()
    )
    _repeat(path, "", body, times)


def _table_csv(flows: Flows, path: Path, times: int) -> None:
    head = (
        "ts_ms,exporter,sampling_interval,proto,src_addr,dst_addr,src_port,dst_port,tcp_flags,"
        "packets,bytes,duration_ms\n"
    )
    body = "".join(
        f"{s},edge-1,1,6,{c},{r},{cp},{rp},27,{po},{bo + 52 * po},{d}\n"
        for _, c, r, cp, rp, s, d, po, _pi, bo, _bi in flows.rows()
    )
    _repeat(path, head, body, times)


def _table_parquet(flows: Flows, path: Path, times: int) -> None:
    ends = [(client, server) for _, client, server, *_ in flows.rows()]
    count = flows.count
    table = pa.table(
        {
            "ts_ms": flows.start_ms,
            "exporter": pa.array(["edge-1"] * count),
            "sampling_interval": pa.array(np.ones(count, dtype=np.int32)),
            "proto": pa.array(np.full(count, 6, dtype=np.int16)),
            "src_addr": pa.array([client for client, _ in ends]),
            "dst_addr": pa.array([server for _, server in ends]),
            "src_port": flows.client_port.astype(np.int32),
            "dst_port": flows.server_port.astype(np.int32),
            "tcp_flags": pa.array(np.full(count, 27, dtype=np.int16)),
            "packets": flows.packets_out,
            "bytes": flows.bytes_out + 52 * flows.packets_out,
            "duration_ms": flows.duration_ms.astype(np.int32),
        }
    )
    with pq.ParquetWriter(path, table.schema) as writer:
        for _ in range(times):
            writer.write_table(table, row_group_size=122_880)


def _capture(flows: Flows, path: Path, times: int) -> None:
    """Every packet of the flow as one of the capture, as many packets as there are flows."""
    kept = np.cumsum(flows.packets_out) <= flows.count
    repeats = flows.packets_out[kept]
    flow = np.repeat(np.flatnonzero(kept), repeats)
    place = np.arange(flow.size) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    micros = flows.start_ms[flow] * 1000 + place * 20_000
    order = np.argsort(micros, kind="stable")
    flow, place, micros = flow[order], place[order], micros[order]
    frame = np.zeros(flow.size, dtype=_FRAME)
    frame["caplen"] = _FRAME.itemsize - 16
    frame["length"] = 14 + 600
    frame["ethernet"][:, 12] = 8  # IPv4.
    frame["version"], frame["size"], frame["ttl"], frame["proto"] = 0x45, 600, 64, 6
    frame["src"], frame["dst"] = flows.client[flow], flows.server[flow]
    frame["sport"], frame["dport"] = flows.client_port[flow], flows.server_port[flow]
    frame["offset"], frame["flags"] = 0x50, np.where(place == 0, 0x02, 0x18)
    with path.open("wb") as file:
        file.write(struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 96, 1))
        for turn in range(times):
            frame["seconds"] = micros // 1_000_000 + turn * _SPAN_S
            frame["micros"] = micros % 1_000_000
            file.write(frame.tobytes())


_FRAME: Final = np.dtype(
    [
        ("seconds", "<u4"), ("micros", "<u4"), ("caplen", "<u4"), ("length", "<u4"),
        ("ethernet", "u1", 14), ("version", "u1"), ("tos", "u1"), ("size", ">u2"),
        ("fragment", ">u4"), ("ttl", "u1"), ("proto", "u1"), ("checksum", ">u2"),
        ("src", ">u4"), ("dst", ">u4"), ("sport", ">u2"), ("dport", ">u2"), ("seq", ">u4"),
        ("ack", ">u4"), ("offset", "u1"), ("flags", "u1"), ("window", ">u2"), ("sum", ">u4"),
    ]
)  # fmt: skip

_V5_RECORD: Final = np.dtype(
    [
        ("src", ">u4"), ("dst", ">u4"), ("hop", ">u4"), ("interfaces", ">u4"),
        ("packets", ">u4"), ("bytes", ">u4"), ("first", ">u4"), ("last", ">u4"),
        ("sport", ">u2"), ("dport", ">u2"), ("pad", "u1"), ("flags", "u1"), ("proto", "u1"),
        ("tos", "u1"), ("as", ">u4"), ("masks", ">u4"),
    ]
)  # fmt: skip


def _nfcapd(flows: Flows, path: Path, times: int) -> None:
    """Send the flows as NetFlow v5 to a real nfcapd, and join its file as often as asked."""
    one = path.with_name("nfcapd.one")
    if not one.exists():
        _collect(flows, one)
    folder = path.with_name(f"{path.name}.parts")
    folder.mkdir()
    for turn in range(times):
        shutil.copy(one, folder / f"nfcapd.20260101000{turn}")
    subprocess.run(
        ["nfdump", "-q", "-R", str(folder), "-w", str(path)], check=True, capture_output=True
    )
    shutil.rmtree(folder)


def _collect(flows: Flows, path: Path) -> None:
    folder = path.with_name("collected")
    folder.mkdir()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["nfcapd", "-w", str(folder), "-p", str(port), "-b", "127.0.0.1", "-t", "3600"]
    with subprocess.Popen(
        [*command, "-B", "2000000"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as collector:
        time.sleep(1.0)
        _export(flows, port)
        time.sleep(2.0)
        collector.terminate()
    next(found for found in folder.iterdir() if found.stat().st_size > 1000).rename(path)
    shutil.rmtree(folder)


def _export(flows: Flows, port: int) -> None:
    record = np.zeros(flows.count, dtype=_V5_RECORD)
    record["src"], record["dst"] = flows.client, flows.server
    record["packets"], record["bytes"] = flows.packets_out, flows.bytes_out + 52
    record["first"] = flows.start_ms - _FIRST_S * 1000
    record["last"] = record["first"] + flows.duration_ms
    record["sport"], record["dport"] = flows.client_port, flows.server_port
    record["flags"], record["proto"] = 27, 6
    uptime_ms = _SPAN_S * 1000 + 60_000
    now_s = _FIRST_S + uptime_ms // 1000
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number, start in enumerate(range(0, flows.count, _V5_RECORDS)):
            some = record[start : start + _V5_RECORDS]
            head = struct.pack(">HHIIIIBBH", 5, some.size, uptime_ms, now_s, 0, start, 0, 0, 0)
            sender.sendto(head + some.tobytes(), ("127.0.0.1", port))
            if number % 20 == 0:
                time.sleep(0.002)  # A datagram that finds the buffer full is lost.


WRITERS: Final[Mapping[str, Write]] = {
    "zeek-tsv": _zeek_tsv,
    "zeek-json": _zeek_json,
    "argus": _argus,
    "suricata": _suricata,
    "goflow2": _goflow2,
    "table-csv": _table_csv,
    "table-parquet": _table_parquet,
    "nfcapd": _nfcapd,
    "capture": _capture,
}
"""How each kind of file is written: flows, path, how many times over."""


def _repeat(path: Path, head: str, body: str, times: int) -> None:
    raw = body.encode()
    with path.open("wb") as file:
        file.write(head.encode())
        for _ in range(times):
            file.write(raw)


def _moments(ms: NDArray[np.int64], form: str, point: str) -> list[str]:
    """Render moments to the millisecond; seconds are rendered once each."""
    seconds, where = np.unique(ms // 1000, return_inverse=True)
    texts = [time.strftime(form, time.gmtime(second)) for second in seconds.tolist()]
    return [
        f"{texts[place]}{point}{rest:03d}"
        for place, rest in zip(where.tolist(), (ms % 1000).tolist(), strict=True)
    ]

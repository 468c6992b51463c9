"""What the operator said of exporters holds for the files of other collectors (R15)."""

import json
from pathlib import Path

import pytest

from exporting import V4_FLOW, data, template, v4_flow, v9
from peers import captured, program
from terminal import NOON_MS, hinomi, make_home

ROUTER = "203.0.113.1"
INSIDE, OUTSIDE = "192.0.2.7", "198.51.100.7"
SEEN = [
    (INSIDE, OUTSIDE, 7),  # Our own address comes in from transit: forged.
    (OUTSIDE, INSIDE, 7),
    (INSIDE, OUTSIDE, 8),  # Between own routers: another one counts it.
    (INSIDE, OUTSIDE, 9),
]
"""Source, destination, input interface."""


def goflow2(path: Path) -> Path:
    """Write `SEEN` as GoFlow2 would have."""
    flow = {
        "time_flow_start_ns": NOON_MS * 10**6, "sampler_address": ROUTER, "sampling_rate": 1,
        "proto": "TCP", "src_port": 40000, "dst_port": 443, "packets": 1, "bytes": 40,
    }  # fmt: skip
    lines = [
        json.dumps(flow | {"src_addr": source, "dst_addr": target, "in_if": in_if})
        for source, target, in_if in SEEN
    ]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def nfcapd(folder: Path) -> Path:
    """Let nfcapd receive `SEEN`; skips without it."""
    layout = (*V4_FLOW, (10, 4))
    rows = [[*v4_flow(src=source, dst=target), in_if] for source, target, in_if in SEEN]
    return captured([v9(template(256, layout), data(256, layout, *rows))], folder)


def test_forged_sources_are_recognised_in_files_of_goflow2(tmp_path: Path) -> None:
    """An own source from outside is evidence of nothing; other routers' links are not counted."""
    home = make_home(tmp_path / "home")
    describe(home, ROUTER)

    found = imported(home, goflow2(tmp_path / "flows.json"))

    assert (found["records"], found["stored"]) == (4, 2)
    assert found["dropped"] == {"counted-elsewhere": 1, "forged-source": 1}


def test_forged_sources_are_recognised_in_files_of_nfcapd(tmp_path: Path) -> None:
    """The same, as the installed nfcapd and nfdump tell where records came in."""
    program("nfdump")
    path = nfcapd(tmp_path / "spool")
    home = make_home(tmp_path / "home")
    describe(home, "127.0.0.1")  # It was received over the loopback interface.

    found = imported(home, path)

    assert (found["records"], found["stored"]) == (4, 2)
    assert found["dropped"] == {"counted-elsewhere": 1, "forged-source": 1}


def test_without_a_word_of_the_operator_all_is_kept(tmp_path: Path) -> None:
    """Nothing is guessed from interfaces that nobody described."""
    home = make_home(tmp_path / "home")

    found = imported(home, goflow2(tmp_path / "flows.json"))

    assert (found["stored"], found["dropped"]) == (4, {})


@pytest.mark.parametrize(("stated", "code"), [(10_000, 0), (100, 77)])
def test_the_interval_in_the_register_decides_whether_a_file_may_come_in(
    tmp_path: Path, stated: int, code: int
) -> None:
    """Over what the rows say of themselves, and under the same rule as they (R3)."""
    home = make_home(tmp_path / "home", sampling=None)
    path = goflow2(tmp_path / "flows.json")
    assert hinomi("import", path, home=home).code == 77
    said = hinomi("exporters", "sampling", ROUTER, stated, "--reason", "Measured.", home=home)
    assert said.code == 0, said.err

    assert hinomi("import", path, home=home).code == code


def describe(home: Path, router: str) -> None:
    """Say of *router*: 7 looks at transit, 8 at another own router, 9 at subscribers."""
    for ifindex, role in ((7, "transit"), (8, "ignored"), (9, "subscriber")):
        said = hinomi("exporters", "interface", router, ifindex, role, home=home)
        assert said.code == 0, said.err


def imported(home: Path, path: Path) -> dict[str, object]:
    """Import one file and give what is told of it."""
    said = hinomi("import", path, "--json", home=home)
    assert said.code == 0, said.err
    (found,) = said.document["files"]
    assert isinstance(found, dict)
    return found

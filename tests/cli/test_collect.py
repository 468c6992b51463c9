"""``hinomi collect status``, and what goes wrong before anything is received."""

import socket
from pathlib import Path

import pytest

from collectors import EXPORTER, collecting, home_that_collects
from exporting import v5, v5_record
from terminal import hinomi


@pytest.fixture(name="folder")
def a_home(tmp_path: Path) -> Path:
    """Give a laboratory that takes exports from loopback."""
    return home_that_collects(tmp_path / "lab")


def test_the_status_of_a_home_that_never_collected_is_empty(folder: Path) -> None:
    """No collector is no failure."""
    said = hinomi("collect", "status", "--json", home=folder)

    assert said.code == 0, said.err
    assert said.document["exporters"] == []
    assert said.document["unaccounted"] == 0


def test_the_status_tells_what_was_received_and_stored(folder: Path) -> None:
    """For scripts as one document, for people as lines."""
    with collecting(folder) as running:
        running.send(v5(v5_record(), v5_record(src="203.0.113.1")))

    document = hinomi("collect", "status", "--json", home=folder).document
    lines = hinomi("collect", "status", home=folder)

    (exporter,) = document["exporters"]
    assert exporter["name"] == EXPORTER
    assert exporter["records"] == 2
    assert exporter["dropped"] == {"transit": 1}
    assert document["conversations"]["stored"] == 1
    assert lines.code == 0
    assert EXPORTER in lines.out
    assert "transit" in lines.out


def test_the_status_shows_what_the_operator_says_of_the_exporter(folder: Path) -> None:
    """The override and its reason, and the role of the interface that records name."""
    with collecting(folder) as running:
        running.send(v5(v5_record(in_if=7), sampling=1 << 14 | 100))
    hinomi("exporters", "interface", EXPORTER, 7, "transit", home=folder)
    hinomi("exporters", "sampling", EXPORTER, 5_000, "--reason", "firmware", home=folder)

    (exporter,) = hinomi("collect", "status", "--json", home=folder).document["exporters"]
    lines = hinomi("collect", "status", home=folder).out

    assert exporter["override"] == {"interval": 5_000, "reason": "firmware"}
    assert exporter["interfaces"] == {"7": {"role": "transit", "share": 1.0}}
    assert "sampling 1 in 5000 rules, as the operator says: firmware" in lines
    assert "came in by interface 7 transit 100 %" in lines


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (("--listen", "nowhere"), 78, "is not ADDRESS:PORT"),
        (("--listen", "198.51.100.1:2055"), 78, "is no address of this machine"),
        (("--forward", "nowhere"), 78, "nowhere"),
        (("--workers", "0"), 64, "--workers"),
    ],
)
def test_wrong_use_is_one_line(
    folder: Path, options: tuple[str, ...], code: int, words: str
) -> None:
    """Nothing is received, the message says what to change, and nothing is left behind."""
    said = hinomi("collect", *options, home=folder)

    assert said.code == code
    assert words in said.err
    assert "Traceback" not in said.err


def test_a_port_that_is_taken_is_named(folder: Path) -> None:
    """The other program keeps its port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        said = hinomi("collect", "--listen", f"127.0.0.1:{other.getsockname()[1]}", home=folder)

    assert said.code == 69
    assert "is in use" in said.err


def test_a_wrong_allow_list_is_named(folder: Path) -> None:
    """The option and the entry stand in the message."""
    config = folder / "config.toml"
    config.write_text(config.read_text("utf-8").replace("127.0.0.0/8", "127.0.0.1/8"), "utf-8")

    said = hinomi("collect", home=folder)

    assert said.code == 78
    assert "collect.allow: 127.0.0.1/8" in said.err

"""`hinomi serve hub` starts where it may, and says in one line why it does not."""

import re
import socket
import subprocess
from pathlib import Path

import pytest

from hinomi.clock import wall_clock
from hinomi.services.hub.restored import Restored, mark_restored
from hubtls import Authority, give_tls
from openhub import configure, make_hub, serve_command, serving


def start(home: Path, *arguments: str) -> tuple[int, str]:
    """Start it where it cannot run; give its exit code and what it says."""
    ended = subprocess.run(
        serve_command(home, *arguments), capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.stdout == ""
    return ended.returncode, ended.stderr


def test_it_tells_where_it_listens_and_ends_by_a_signal(tmp_path: Path) -> None:
    """One line, and exit code 0."""
    home = make_hub(tmp_path / "hub", wall_clock)
    configure(home.folder, metrics="127.0.0.1:0")
    give_tls(home)
    with serving(home.folder) as running:
        assert re.fullmatch(
            r"hinomi: listening on https://127\.0\.0\.1:\d+ as hub\.example/list\n", running.said
        )
        assert running.end() == (0, "")


@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        ("no keys", 78, r"keys/hub/server\.pem"),
        ("foreign", 78, r"not of the hub's authority .*`hinomi hub certify`"),
        ("no hub", 77, "no hub"),
        ("no home", 66, "no home at"),
        ("port", 69, "free it or choose another"),
        ("address", 78, "ADDRESS:PORT"),
        ("metrics", 78, "other machines"),
        ("restored", 78, r"suspend them .*`hinomi hub resume`, then serve"),
    ],
)
def test_what_hinders_it_is_one_line(tmp_path: Path, fault: str, code: int, words: str) -> None:
    """With the exit code that says whose it is to mend."""
    folder, listen = tmp_path / "hub", "127.0.0.1:0"
    if fault == "no hub":
        prefixes = tmp_path / "own.txt"
        prefixes.write_text("192.0.2.0/24\n")
        command = [*serve_command(folder)[:5], "init", "--own-prefixes", str(prefixes)]
        subprocess.run(command, check=True, capture_output=True)
    elif fault != "no home":
        home = make_hub(folder, wall_clock)
        configure(folder, metrics="0.0.0.0:1" if fault == "metrics" else "")
        if fault == "no keys":
            (folder / "keys" / "hub" / "server.pem").unlink()
        else:
            give_tls(home)
        if fault == "foreign":
            Authority.create("somebody").issue(folder / "keys" / "hub", "server", server=True)
    if fault == "address":
        listen = "nowhere"
    if fault == "restored":
        mark_restored(folder, Restored(number=0, made="2026-11-22T00:00:00Z"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        if fault == "port":
            listen = f"127.0.0.1:{taken.getsockname()[1]}"
        found, said = start(folder, "--listen", listen)

    assert (found, len(said.splitlines())) == (code, 1), said
    assert re.search(words, said)

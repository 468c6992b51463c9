"""The tutorial of a first exchange is run as it stands, over TLS on loopback."""

import socket
from pathlib import Path

from tree import DOCS
from tutorials import run

PAGE = DOCS / "tutorial" / "first-exchange.md"


def test_a_hub_and_two_providers_exchange_a_first_list(tmp_path: Path) -> None:
    """Both providers take the same list, and what only they say waits for people."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    quiet = (
        """sed -i 's/^metrics = ".*9753"/metrics = ""/' hub/config.toml"""  # Others may be at it.
    )

    said = run(
        PAGE, tmp_path, replaced={":8443": f":{port}", "--made-up\n": f"--made-up\n{quiet}\n"}
    )

    assert "Snapshot 1 of " in said
    assert said.count("2 servers; 2 added, 0 ended.") == 2
    assert "1 waiting." in said
    one, other = (next((tmp_path / name / "hub" / "lists").iterdir()) for name in ("alpha", "beta"))
    assert one.read_bytes() == other.read_bytes()

"""
Runs a tutorial as a reader would: every console block of the page, in order, in an empty folder.

``python tests/tutorials.py PAGE FOLDER`` does it by hand, and shows what happens.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

PATIENCE_S: Final = 600.0

_BLOCK: Final = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PROLOGUE: Final = """\
set -euo pipefail
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
"""


def commands(page: Path) -> list[str]:
    """Give the console blocks of *page*, each as one text."""
    return _BLOCK.findall(page.read_text("utf-8"))


def script(page: Path, *, replaced: dict[str, str] | None = None, shown: bool = False) -> str:
    """Render the whole page as one program of bash, after replacing words of it."""
    text = "".join(commands(page))
    for word, other in (replaced or {}).items():
        text = text.replace(word, other)
    return _PROLOGUE + ("set -v\n" if shown else "") + text


def run(page: Path, folder: Path, *, replaced: dict[str, str] | None = None) -> str:
    """
    Run *page* in *folder*.

    Returns:
        What it printed, on both streams.

    Raises:
        AssertionError: If a command of it fails.
    """
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["bash", "-c", script(page, replaced=replaced)],
        cwd=folder,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=PATIENCE_S,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def main(page: Path, folder: Path) -> int:
    """Run *page* in *folder*, which must be new, in sight of whoever started it."""
    if folder.exists():
        print(f"{folder} exists; remove it, or name another folder", file=sys.stderr)  # noqa: T201
        return 73  # EX_CANTCREAT
    folder.mkdir(parents=True)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", script(page, shown=True)],
        cwd=folder,
        env={**os.environ, "PATH": path},
        timeout=PATIENCE_S,
        check=False,
    ).returncode


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]).resolve(), Path(sys.argv[2])))

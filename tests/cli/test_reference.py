"""The command line reference is what the commands say of themselves."""

from hinomi.cli.main import COMMANDS
from hinomi.cli.reference import render_reference
from tree import DOCS


def test_the_reference_is_up_to_date() -> None:
    """docs/reference/cli.md equals what `python -m hinomi.cli.reference` prints."""
    assert (DOCS / "reference" / "cli.md").read_text("utf-8") == render_reference()


def test_every_command_has_its_section() -> None:
    """Commands and the commands inside groups each have a heading."""
    headings = {line for line in render_reference().splitlines() if line.startswith("## ")}

    assert {f"## hinomi {name}" for name in COMMANDS} <= headings
    assert {"## hinomi lists add", "## hinomi store remove"} <= headings

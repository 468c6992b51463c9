"""``hinomi parameters``: the group of commands about the register."""

from terminal import hinomi


def test_the_group_names_its_commands() -> None:
    """Without a command it tells which there are."""
    said = hinomi("parameters", "--help")

    assert said.code == 0
    assert "what-if" in said.out

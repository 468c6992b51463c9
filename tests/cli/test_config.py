"""``hinomi config`` checks and shows the configuration."""

from pathlib import Path

import pytest

from terminal import hinomi, make_home


def test_a_sound_configuration_is_right(tmp_path: Path) -> None:
    """Check exits 0 and names the register's version."""
    home = make_home(tmp_path / "home")

    said = hinomi("config", "check", "--json", home=home)

    assert said.code == 0
    assert said.document["ok"] is True
    assert len(said.document["register"]) == 64


def test_the_check_names_a_wrong_register(tmp_path: Path) -> None:
    """A register with a missing field: exit 78."""
    home = make_home(tmp_path / "home")
    (home / "register.toml").write_text('[parameters."x.y"]\nvalue = 1\n')

    said = hinomi("config", "check", home=home)

    assert said.code == 78
    assert "register" in said.err


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("allow", '["192.0.2.1/24"]'),
        ("listen", '["router.example:2055"]'),
        ("listen", '["192.0.2.10"]'),
        ("metrics", '"9752"'),
        ("forward", '"collector.example"'),
        ("forward", '"192.0.2.10:0"'),
    ],
)
def test_the_check_names_what_the_collector_would_refuse(
    tmp_path: Path, option: str, value: str
) -> None:
    """An address or prefix that is none: exit 78 before a running collector is told to reread."""
    home = make_home(tmp_path / "home", sampling=10_000)
    (home / "config.toml").write_text(f"[collect]\n{option} = {value}\n")

    said = hinomi("config", "check", home=home)

    assert said.code == 78
    assert f"collect.{option}" in said.err


def test_show_gives_the_file_and_the_defaults(tmp_path: Path) -> None:
    """What the file leaves out is shown with its default, as text and as JSON."""
    home = make_home(tmp_path / "home")
    (home / "config.toml").write_text('[node]\nkind = "laboratory"\n')

    text = hinomi("config", "show", home=home)
    document = hinomi("config", "show", "--json", home=home).document

    assert 'kind = "laboratory"' in text.out
    assert 'transit = "drop"' in text.out
    assert document["node"] == {"kind": "laboratory"}
    assert document["engine"] == {
        "memory_mib": 3000,
        "threads": 0,
        "spark_master": "",
        "spark_settings": {},
    }


def test_the_check_warns_of_an_endpoint_for_others(tmp_path: Path) -> None:
    """It is right, and others can ask it without a password."""
    home = make_home(tmp_path / "home")
    config = home / "config.toml"
    config.write_text(config.read_text("utf-8").replace("127.0.0.1:9752", "0.0.0.0:9752"), "utf-8")

    said = hinomi("config", "check", home=home)
    document = hinomi("config", "check", "--json", home=home).document

    assert said.code == 0
    assert "password" in said.err
    assert len(document["warnings"]) == 1

"""The parameter register: complete entries, typed values, and a version that tells."""

import datetime as dt
import tomllib
from pathlib import Path

import msgspec
import pytest

from hinomi.errors import ConfigError
from hinomi.govern.parameters import (
    INTERVAL_UNIT,
    Parameter,
    Register,
    Value,
    default_register,
    override_name,
    parse_register,
    read_register,
    render_register,
)


def _register(value: Value) -> Register:
    entry = {
        "value": value,
        "unit": "ms",
        "considerations": "Because.",
        "decided_by": "tester",
        "review": dt.date(2027, 1, 1),
    }
    return parse_register({"parameters": {"a.b_ms": entry}}, "test")


def test_every_shipped_parameter_says_why() -> None:
    """No value without a unit, a consideration of some length, a name and a date."""
    for name, parameter in default_register().parameters.items():
        assert "." in name, name
        assert parameter.unit, name
        assert len(parameter.considerations) >= 40, name
        assert parameter.considerations.endswith("."), name
        assert parameter.decided_by, name
        assert parameter.review > dt.date(2026, 1, 1), name


def test_a_register_survives_its_file(tmp_path: Path) -> None:
    """What `init` writes reads back the same, with the same version."""
    path = tmp_path / "register.toml"
    path.write_text(render_register(default_register()), encoding="utf-8")

    assert read_register(path) == default_register()
    assert read_register(path).version == default_register().version


def test_the_version_changes_with_every_field() -> None:
    """A result can be traced to the very reasons under which it was made."""
    register = _register(5)
    later = register.with_value("a.b_ms", 6, decided_by="tester")
    other = register.with_value("a.b_ms", 5, decided_by="board")

    assert len({register.version, later.version, other.version}) == 3
    assert later.integer("a.b_ms") == 6
    assert later.parameters["a.b_ms"].considerations == "Because."
    assert register.integer("a.b_ms") == 5, "a register is a value"


def test_the_version_does_not_depend_on_the_order_of_entries() -> None:
    """Rearranging the file changes nothing."""
    register = default_register()
    turned = Register(dict(reversed(register.parameters.items())))

    assert turned.version == register.version


def test_text_comes_out_as_text() -> None:
    """A number is none."""
    assert _register("default").text("a.b_ms") == "default"
    with pytest.raises(ConfigError, match="no text"):
        _register(5).text("a.b_ms")


def test_values_come_out_in_the_type_asked_for() -> None:
    """A whole number is a number too."""
    assert _register(5).integer("a.b_ms") == 5
    assert _register(5).number("a.b_ms") == 5.0
    assert _register(0.5).number("a.b_ms") == 0.5


@pytest.mark.parametrize(
    ("value", "ask"),
    [
        (0.5, Register.integer),
        (True, Register.integer),
        ("5", Register.integer),
        (True, Register.number),
        ("5", Register.number),
    ],
)
def test_a_value_of_another_type_is_a_mistake_in_the_register(value: Value, ask: object) -> None:
    """True is no number, and text is none."""
    assert callable(ask)
    with pytest.raises(ConfigError, match=r"a\.b_ms is no"):
        ask(_register(value), "a.b_ms")


def test_a_missing_parameter_is_named() -> None:
    """An older home lacks newer parameters: the message says where to take them from."""
    with pytest.raises(ConfigError, match=r"c\.d is missing"):
        _register(5).integer("c.d")
    with pytest.raises(ConfigError, match=r"c\.d is missing"):
        _register(5).with_value("c.d", 1, decided_by="tester")


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("rubbish", "register.toml"),
        ('[parameters."a.b"]\nvalue = 1\n', "missing required field"),
        ('[parameters."a.b"]\ncolour = 1\n', "unknown field"),
        ("[other]\n", "missing required field|unknown field"),
        ("\udcff", "codec"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, text: str, cause: str) -> None:
    """One message with the path, and no traceback of a parser."""
    path = tmp_path / "register.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))

    with pytest.raises(ConfigError, match=cause) as caught:
        read_register(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_tells_how_to_get_one(tmp_path: Path) -> None:
    """`hinomi init` writes it."""
    with pytest.raises(ConfigError, match="hinomi init"):
        read_register(tmp_path / "register.toml")


def test_the_rendered_register_is_plain_toml() -> None:
    """A person can read and mend it."""
    document = tomllib.loads(render_register(_register(5)))

    assert document["parameters"]["a.b_ms"]["review"] == dt.date(2027, 1, 1)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("collect.sampling_interval", "x", "is no number"),
        ("collect.sampling_interval", -5, "wrong sign"),
        ("collect.sampling_interval", 0.5, "whole number"),
        ("suspects.fdr", 1.5, "above 1"),
        ("suspects.fdr", float("nan"), "no number"),
        ("known.benign_weight", 4.0, "wrong sign"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused(
    tmp_path: Path, name: str, value: Value, said: str
) -> None:
    """A register edited by hand is checked against the kind and range of what shipped."""
    path = tmp_path / "register.toml"
    register = default_register().with_value(name, value, decided_by="tester")
    path.write_text(render_register(register), encoding="utf-8")

    with pytest.raises(ConfigError, match=said) as caught:
        read_register(path)
    assert name in str(caught.value)


def test_a_register_lacks_nothing_and_invents_nothing(tmp_path: Path) -> None:
    """A parameter that is missing, or that no code reads, stops the program."""
    path = tmp_path / "register.toml"
    shipped = default_register().parameters
    less = Register({name: each for name, each in shipped.items() if name != "suspects.fdr"})
    more = Register({**shipped, "suspects.luck": shipped["suspects.fdr"]})

    for register, said in ((less, "suspects.fdr is missing"), (more, "suspects.luck is no")):
        path.write_text(render_register(register), encoding="utf-8")
        with pytest.raises(ConfigError, match=said):
            read_register(path)


def test_a_home_may_state_the_interval_of_its_exporters(tmp_path: Path) -> None:
    """Such an entry is read back, changes the version, and can be taken out again."""
    path = tmp_path / "register.toml"
    name = override_name("2001:db8::1")
    register = default_register().with_parameter(name, _override())
    path.write_text(render_register(register), encoding="utf-8")

    found = read_register(path)

    assert found == register
    assert found.integer(name) == 4096
    assert found.version != default_register().version
    assert found.without(name) == default_register()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"value": 0}, "outside 1"),
        ({"value": 2**31}, "outside 1"),
        ({"value": 0.5}, "no whole number"),
        ({"value": True}, "no whole number"),
        ({"value": "4096"}, "no whole number"),
        ({"unit": "ms"}, "another unit"),
        ({"considerations": " "}, "needs its reason"),
    ],
)
def test_an_override_that_cannot_be_meant_is_refused(
    tmp_path: Path, changed: dict[str, Value], said: str
) -> None:
    """It scales every count of its exporter: kind, range, unit and reason are checked."""
    path = tmp_path / "register.toml"
    wrong = msgspec.structs.replace(_override(), **changed)
    register = default_register().with_parameter(override_name("edge"), wrong)
    path.write_text(render_register(register), encoding="utf-8")

    with pytest.raises(ConfigError, match=said) as caught:
        read_register(path)
    assert "exporter.edge.sampling_interval" in str(caught.value)


def _override() -> Parameter:
    return Parameter(
        value=4096,
        unit=INTERVAL_UNIT,
        considerations="Its software never exports the rate that is configured on it.",
        decided_by="tester",
        review=dt.date(2027, 1, 1),
    )


@pytest.mark.parametrize(
    ("name", "days", "least"),
    [
        ("retention.flow_records_days", 13, 14),
        ("retention.own_list_entries_days", 3, 14),
        ("retention.list_history_days", 743, 744),
        ("retention.context_tables_days", 0, 744),
        ("retention.journal_bodies_days", 29, 30),
        ("retention.operations_days", 0, 1),
        ("retention.leftovers_days", 0, 1),
    ],
)
def test_a_retention_that_undercuts_detection_is_refused(
    tmp_path: Path, name: str, days: int, least: int
) -> None:
    """The message has both numbers; as long as what is read is long enough."""
    path = tmp_path / "register.toml"
    shorter = default_register().with_value(name, days, decided_by="test")
    path.write_text(render_register(shorter), encoding="utf-8")

    with pytest.raises(ConfigError, match=rf"{name} is {days}, less than the {least} days"):
        read_register(path)

    enough = default_register().with_value(name, least, decided_by="test")
    path.write_text(render_register(enough), encoding="utf-8")
    assert read_register(path).integer(name) == least


def test_a_longer_window_asks_for_a_longer_retention(tmp_path: Path) -> None:
    """It is the same contradiction from the other side."""
    path = tmp_path / "register.toml"
    longer = default_register().with_value("detect.window_days", 60, decided_by="test")
    path.write_text(render_register(longer), encoding="utf-8")

    with pytest.raises(ConfigError, match=r"flow_records_days is 30, less than the 60 days of det"):
        read_register(path)

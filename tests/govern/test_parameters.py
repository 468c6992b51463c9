"""The parameter register: complete entries, typed values, and a version that tells."""

import datetime as dt
import hashlib
import tomllib
from pathlib import Path

import msgspec
import pytest

from hinomi.errors import ConfigError, UsageError
from hinomi.govern.parameters import (
    INTERVAL_UNIT,
    Parameter,
    Register,
    Value,
    adopted,
    contradictions,
    default_register,
    difference,
    override_name,
    parse_register,
    parse_value,
    read_register,
    render_register,
    show_value,
    strange,
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
        assert parameter.evidence.endswith("."), name
        assert len(parameter.alternatives) >= 40, name
        assert parameter.alternatives.endswith("."), name
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
    with pytest.raises(ConfigError, match="hinomi parameters restore"):
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
        ("hub.private_threshold", 1, "is outside 2..6"),
        ("hub.private_threshold", 7, "is outside 2..6"),
        ("hub.private_capacity", 0, "is outside 100..100000"),
        ("share.only_corroborated", 2, "is neither 1 nor 0"),
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


def test_a_register_of_before_evidence_keeps_its_version() -> None:
    """Fields that say nothing are no part of the hash, nor of the file."""
    bare = _register(5)

    assert bare.parameters["a.b_ms"].evidence == ""
    assert "evidence" not in render_register(bare)
    assert bare.version == (
        hashlib.sha256(
            b'{"a.b_ms":{"considerations":"Because.","decided_by":"tester",'
            b'"review":"2027-01-01","unit":"ms","value":5}}'
        ).hexdigest()
    )
    told = msgspec.structs.replace(bare.parameters["a.b_ms"], evidence="Seen.")
    assert bare.with_parameter("a.b_ms", told).version != bare.version


def test_a_review_is_due_from_the_day_after() -> None:
    """The day itself is in time."""
    register = _register(5)

    assert register.due(dt.date(2027, 1, 1)) == []
    assert register.due(dt.date(2027, 1, 2)) == ["a.b_ms"]


def test_what_a_register_lacks_or_invents_may_be_mended(tmp_path: Path) -> None:
    """For those who mend it can be read; both are named; adopting leaves neither."""
    path = tmp_path / "register.toml"
    shipped = default_register()
    odd = shipped.without("suspects.fdr").with_parameter("a.b", shipped.parameters["enrich.fdr"])
    odd = odd.with_parameter(override_name("edge"), _override())
    path.write_text(render_register(odd), encoding="utf-8")
    with pytest.raises(ConfigError, match="run `hinomi parameters adopt`"):
        read_register(path)

    found = read_register(path, may_lack=True)

    assert strange(found) == (["suspects.fdr"], ["a.b"])
    assert adopted(found) == shipped.with_parameter(override_name("edge"), _override())
    assert strange(adopted(found)) == ([], [])


def test_adopting_changes_no_value_that_stands() -> None:
    """Neither one that somebody decided nor one that shipped with another version."""
    shipped = default_register()
    decided = shipped.with_value("suspects.fdr", 0.02, decided_by="board")
    older = shipped.with_value("enrich.fdr", 0.2, decided_by="hinomi defaults")

    assert adopted(decided) == decided
    assert adopted(older) == older


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({}, []),
        ({"suspects.fdr": 0.01, "measures.burst_ratio": 8, "model.in_use": "default"}, []),
        ({"suspects.fdr": 0.02}, ["suspects.fdr is 0.02 here and 0.01 in the register"]),
        ({"drill.rounds": "3"}, ["drill.rounds is 3 here and 3 in the register"]),
        ({"train.window_ms": True}, ["train.window_ms is true here"]),
        ({"no.such": 1, "drill.rounds": 4}, ["no.such is no registered", "drill.rounds is 4"]),
    ],
)
def test_a_configuration_that_differs_is_found(said: dict[str, Value], found: list[str]) -> None:
    """Each with both values and the command that would change the register."""
    lines = contradictions(said, default_register())

    assert [line.startswith(each) for line, each in zip(lines, found, strict=True)] == (
        [True] * len(found)
    )
    changes = [line for line in lines if "is no registered" not in line]
    assert all("hinomi parameters propose" in line for line in changes)


def test_the_command_of_a_contradiction_can_be_pasted() -> None:
    """A value with spaces is quoted."""
    (line,) = contradictions({"drill.sizes": "5 10"}, default_register())

    assert "propose drill.sizes '5 10' --considerations" in line


def test_a_difference_gives_both_values() -> None:
    """None where there is no entry; the same value twice where reasons alone changed."""
    before = _register(5)
    after = before.with_value("a.b_ms", 5, decided_by="board")

    assert difference(before, before) == {}
    assert difference(before, after) == {"a.b_ms": [5, 5]}
    assert difference(before, before.without("a.b_ms")) == {"a.b_ms": [5, None]}


@pytest.mark.parametrize(
    ("text", "like", "value"),
    [
        ("5", 1, 5),
        ("-4.5", 1.0, -4.5),
        ("5", 1.0, 5.0),
        ("true", False, True),
        ("false", True, False),
        ("5 10", "x", "5 10"),
    ],
)
def test_a_value_is_read_in_the_kind_that_is_wanted(text: str, like: Value, value: Value) -> None:
    """As a person writes it, and shown so again."""
    found = parse_value("a.b", text, like)

    assert (found, type(found)) == (value, type(like))
    assert parse_value("a.b", show_value(found), like) == found


@pytest.mark.parametrize(("text", "like"), [("x", 1), ("1.5", 1), ("x", 1.0), ("1", True)])
def test_a_value_of_another_kind_is_a_usage_error(text: str, like: Value) -> None:
    """One line with the name."""
    with pytest.raises(UsageError, match=r"a\.b is"):
        parse_value("a.b", text, like)

"""The terms of a visit come from the register, and are what people approve."""

from pathlib import Path

import pytest

from builders import HOUR_MS, NOON_MS
from hinomi.errors import ConfigError
from hinomi.govern.parameters import Value, default_register
from hinomi.govern.program import parse_program
from hinomi.model.window import Window
from hinomi.services.home import open_home
from hinomi.services.researchbook import Asked, Request
from hinomi.services.researchterms import BEGUN, run_terms, runs_begun, visit_for
from researchers import BY_PORT, SIGNER
from terminal import make_home

PROGRAM = parse_program(BY_PORT.encode(), "test")


def test_a_visit_follows_the_register() -> None:
    """Bits, k, time and memory; each visit has a key of its own."""
    register = default_register()

    first, second = (visit_for(register, PROGRAM) for _ in range(2))

    assert (first.view.v4_bits, first.view.v6_bits) == (24, 48)
    assert first.rules.least_lines == 20
    assert (first.limits.seconds, first.limits.memory_mib) == (3600, 256)
    assert first.view.cipher != second.view.cipher
    assert first.view.render() == second.view.render()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("research.least_lines", 1),
        ("research.epsilon", 0.0),
        ("research.address_bits_v4", 33),
        ("research.address_bits_v6", 129),
    ],
)
def test_a_register_that_protects_nobody_is_refused(name: str, value: Value) -> None:
    """Before anything is run."""
    register = default_register().with_value(name, value, decided_by="tester")

    with pytest.raises(ConfigError, match="research"):
        visit_for(register, PROGRAM)


def test_the_terms_hold_all_that_decides_what_is_seen(tmp_path: Path) -> None:
    """Program, signer, window, view, table and rules; each alone changes what is approved."""
    home = open_home(make_home(tmp_path / "home"))
    request = Request(
        by="ann",
        reason="ports",
        program=PROGRAM.digest,
        key=SIGNER.verifier.render(),
        since_ms=NOON_MS,
        until_ms=NOON_MS + HOUR_MS,
        asked_ms=NOON_MS,
    )
    asked = Asked(number=1, request=request, program=PROGRAM, signature="", result=None)

    terms = run_terms(home, asked)

    assert terms.keys() == {
        "act", "number", "program", "key", "by", "reason", "window", "view", "table", "rules",
    }  # fmt: skip
    rules, view = terms["rules"], terms["view"]
    assert isinstance(rules, dict)
    assert isinstance(view, dict)
    assert rules["least_lines"] == 20
    assert rules["least_lines_shown"] > 20
    assert view["step_ms"] == HOUR_MS


def test_runs_are_counted_by_the_journal(tmp_path: Path) -> None:
    """By the hours they saw, once each, from the entry that they began."""
    home = open_home(make_home(tmp_path / "home"))
    told = dict(zip(("operation", "act", "stage"), BEGUN, strict=True))
    for since_ms in (0, HOUR_MS, HOUR_MS):
        home.journal().append({**told, "since_ms": since_ms, "until_ms": since_ms + HOUR_MS})
    home.journal().append({**told, "stage": "done", "since_ms": 0, "until_ms": HOUR_MS})

    assert runs_begun(home, Window(0, HOUR_MS)) == 1
    assert runs_begun(home, Window(HOUR_MS, 2 * HOUR_MS)) == 2
    assert runs_begun(home, Window(0, 2 * HOUR_MS)) == 3
    assert runs_begun(home, Window(2 * HOUR_MS, 3 * HOUR_MS)) == 0

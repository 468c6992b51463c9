"""What may be told of a home: coarse counts, whole days, nothing that names a place or a person."""

import json
import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from disclosed import NEW_YEAR_MS, document, facts, figures
from hinomi.govern.parameters import Parameter, default_register
from hinomi.govern.plainwords import plain_words
from hinomi.govern.transparency import (
    Operator,
    OperatorWords,
    compose,
)

ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){3,}")
CLOCK = re.compile(r"\d\d:\d\d")


def retention(**values: tuple[Any, str]) -> Any:
    """Give the shipped register with time limits."""
    register = default_register()
    for name, (value, unit) in values.items():
        parameter = Parameter(
            value=value,
            unit=unit,
            considerations="A test.",
            decided_by="a test",
            review=date(2027, 1, 1),
        )
        register = register.with_parameter(f"retention.{name}", parameter)
    return register


def test_no_exact_count_passes() -> None:
    """Numbers of the period are few, or rounded; what is no number of the period may be exact."""
    numbers = document()["numbers"]

    assert numbers["received"] == {"about": 1_200_000_000}
    assert numbers["candidates"] == {"about": 41}
    assert numbers["known"] == {"fewer_than": 10}
    assert numbers["refusals"] == {"fewer_than": 10}
    assert numbers["dropped"] == {
        "not-ip": {"files": {"fewer_than": 10}, "routers": {"about": 0}},
        "transit": {"files": {"about": 4400}, "routers": {"about": 10_000_000}},
        "forged-source": {"files": {"about": 0}, "routers": {"about": 17}},
        "other": {"files": {"fewer_than": 10}, "routers": {"about": 0}},
    }
    assert numbers["accesses"]["explain"] == {"fewer_than": 10}


def test_nothing_is_finer_than_a_day_and_nothing_is_an_address() -> None:
    """The document holds no time of day and no address."""
    text = json.dumps(document(made_ms=NEW_YEAR_MS + 12 * 3_600_000 + 1))

    assert not CLOCK.search(text)
    assert not ADDRESS.search(text)


def test_every_fact_of_the_record_is_told_in_its_order() -> None:
    """Columns of the code, halves of one number together."""
    told = document()["collected"]["columns"]

    assert [name for each in told for name in each["names"]] == list(facts().columns)


def test_a_column_without_words_is_not_passed_over() -> None:
    """What would be collected without being told is a fault."""
    with pytest.raises(ValueError, match="sni"):
        compose(facts(columns=(*facts().columns, "sni")))


def test_an_act_without_words_is_not_passed_over() -> None:
    """What would be done without being told is a fault."""
    with pytest.raises(ValueError, match="sell"):
        compose(facts(operations=("detect", "sell")))


def test_what_a_hub_alone_does_stands_on_no_page_of_a_provider() -> None:
    """Handing the list to members is the certified body's act, although this program knows it."""
    told = document(operations=("listings submit", "hub serve"))

    assert told["access"]["outward"] == ["listings submit"]


def test_the_summary_leaves_out_no_door() -> None:
    """What is seen of the certified body's list goes out as well: it stands among what may."""
    said = plain_words().texts["summary_shared"]

    assert "whether it was seen here" in said.en
    assert "認定協会のリストにあるサーバが、ここで見られたか" in said.ja
    assert "compare the servers that they have checked" in said.en
    assert "認定協会を介して他の事業者のものと照合する" in said.ja


def test_a_time_limit_is_told_where_one_is_registered() -> None:
    """In hours where its unit is one of time; not set where nobody set one."""
    register = retention(flow_days=(14, "days"), journal=(5, "years"), new_thing=(2, "hours"))
    register = register.without("retention.reports_days")

    limits = {
        (each["data"], each.get("parameter")): each
        for each in document(register=register)["retention"]["limits"]
    }

    assert limits["flow-records", "retention.flow_days"]["hours"] == 14 * 24
    assert limits["journal-bodies", "retention.journal"]["value"] == "5"
    assert limits["journal-bodies", "retention.journal"]["unit"] == "years"
    assert limits[None, "retention.new_thing"]["hours"] == 2
    assert limits["reports", None]["limit"] == "not-set"
    # Two kinds of data may go by one parameter.
    flows = "retention.flow_records_days"
    assert limits["day-keys", flows]["hours"] == limits["flow-records", flows]["hours"]
    assert limits["journal-hashes", None]["limit"] == "always"


def test_changes_are_told_once_a_day() -> None:
    """How often in a day nobody learns, nor of which router."""
    changes = document()["changes"]

    assert [each["kind"] for each in changes] == [
        "interval", "model", "parameter", "parameter", "outside",
    ]  # fmt: skip
    assert {each["day"] for each in changes} == {"2026-01-01"}


def test_a_day_that_is_not_over_is_said_to_be_so() -> None:
    """The period may end after the page was made only within its last day."""
    made = facts()

    assert document()["period"] == {
        "since": "2026-01-01",
        "until": "2026-02-01",
        "last": "2026-01-31",
        "running": False,
    }
    assert document(made_ms=made.until_ms - 1)["period"]["running"] is True


def test_who_answers_must_be_set() -> None:
    """Name and contact; the rest is free."""
    assert Operator().missing() == ["name", "contact"]
    assert Operator(own=OperatorWords(name="a", contact="b")).missing() == []


def test_the_operators_words_are_given_in_the_readers_language_if_they_can() -> None:
    """What is not translated stands in its own language, and is marked as such."""
    told = document()["operator"]

    assert told["name"]["en"] == {"text": "Sample Telecom", "language": "en"}
    assert told["name"]["ja"] == {"text": "見本通信", "language": "ja"}
    assert told["contact"]["en"] == {"text": "窓口", "language": "ja"}


def test_no_parts_add_up_to_a_hidden_count() -> None:
    """Two homes that differ below the least alone tell the same."""
    one = document(figures=figures(known=1, refusals=9, deletions=2, accounts=1))
    other = document(figures=figures(known=9, refusals=1, deletions=8, accounts=9))

    assert one == other
    assert one != document(figures=replace(figures(), known=10))

"""Detection that was too sure of itself is shown to be, and told so by two people (R12)."""

import math
from pathlib import Path

import pytest

from builders import NOON_MS
from casework import Provider, provider, week_of_bots
from checkedcases import answer_many
from household import DAY_MS

CC = ("203.0.113.1", 48_101)
ANSWERS = 60


def log_odds(probability: float) -> float:
    """Give ln(p / (1 - p))."""
    return math.log(probability / (1.0 - probability))


@pytest.fixture(name="home")
def a_provider_with_sixty_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Provider:
    """Let people have answered cases in which detection's log-odds were three times too large."""
    home = provider(tmp_path, monkeypatch)
    home.at_day(2.2)
    home.brings(week_of_bots(*CC, (0, 2.2)))
    with home.house.home().casebook() as book:
        answer_many(book, ANSWERS, NOON_MS - 9 * DAY_MS, shift=-0.5, slope=0.3)
    return home


def test_what_answers_teach_reaches_the_next_detection(home: Provider) -> None:
    """Report, proposal, approval, and probabilities that mean less; ranks that mean the same."""
    before = home.detects()
    report = home.ask("rita", "accuracy")

    # Shown: how often it was right in each band, with an interval, against what was stated.
    bands = {each["name"]: each for each in report["precision"]["bands"]}
    sure = bands["0.9-1.0"]
    assert sum(each["checked"] for each in bands.values()) == ANSWERS
    assert sure["precision"]["high"] < 0.9 < sure["stated"] / sure["checked"]
    assert all(
        each["precision"]["low"] <= each["precision"]["value"] <= each["precision"]["high"]
        for each in bands.values()
        if each["checked"]
    )
    calibration = report["precision"]["calibration"]
    assert calibration["error"]["value"] > calibration["error_by_chance"]
    lesson = report["lesson"]
    assert lesson["loss_after"] < lesson["loss_before"]
    assert lesson["proposal"]["slope"] < 1.0

    # Proposed: by whoever may, to be approved by somebody else; until then nothing changes.
    requests = home.ask("anna", "accuracy", "propose")["requests"]
    assert len(requests) == 2
    assert home.run("anna", "approvals", "approve", requests[0]).code == 77
    assert home.ask("anna", "parameters", "show", "fuse.answers_slope")["value"] == 1.0
    for number in requests:
        home.ask("olga", "approvals", "approve", number)

    # Corrected: every probability by the two numbers, and no rank by anything.
    after = home.detects()
    services = [(each["address"], each["port"]) for each in before]
    assert [(each["address"], each["port"]) for each in after] == services
    assert CC in services
    shift, slope = (lesson["proposal"][name] for name in ("shift", "slope"))
    for old, new in zip(before, after, strict=True):
        told = shift + slope * log_odds(old["probability"])
        assert log_odds(new["probability"]) == pytest.approx(told, abs=0.02)
        assert "checked-answers" in {each["code"] for each in new["reasons"]}

    # Kept: what was stated before is held against what it was stated under, and asks no more.
    again = home.ask("rita", "accuracy")
    assert again["lesson"]["proposal"] is None
    assert again["precision"]["bands"] == report["precision"]["bands"]
    assert home.run("anna", "accuracy", "propose").code == 75
    case = home.case_of(*CC)
    assert case is not None
    said = [each["facts"] for each in case["evidence"] if each["method"] == "flow"]
    assert sorted(each["slope"] for each in said) == [pytest.approx(slope, abs=1e-4), 1.0]

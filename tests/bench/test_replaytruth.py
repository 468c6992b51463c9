"""The truth of a replayed world keeps apart what is certain, dead, shared and unknown."""

from pathlib import Path

import pytest

from captured import capture_folder
from hinomi.bench.replays import ReplaySpec, replay_world

SPEC = ReplaySpec(seed=5, lines=400, days=1, interval=200)


def test_what_else_bots_met_is_unsure(tmp_path: Path) -> None:
    """Services on odd ports that only bots meet are named, neither C&C nor benign."""
    others = [f"203.0.113.{number}:9999" for number in range(30, 50)]

    truth = replay_world(capture_folder(tmp_path, beside=others), SPEC).truth

    beside = [row for row in truth if row["port"] == 9_999]
    assert len(beside) > 5
    assert {row["label"] for row in beside} == {"unsure"}
    assert {row["port"] for row in truth} == {6_667, 8_080, 9_999}
    assert not any(row["known"] for row in beside)


@pytest.mark.parametrize(("port", "label"), [(587, "shared-host"), (6_667, "cc")])
def test_a_mail_server_is_shared(tmp_path: Path, port: int, label: str) -> None:
    """Who mails what it stole does so by a server of many."""
    folder = capture_folder(tmp_path)
    for path in (folder / "GROUND-TRUTH.csv", folder / "flows" / "loud" / "flows.csv"):
        path.write_text(path.read_text("utf-8").replace("6667", str(port)), "utf-8")

    (row,) = (row for row in replay_world(folder, SPEC).truth if row["port"] == port)

    assert row["label"] == label
    assert row["tier"] == (1 if label == "cc" else None)

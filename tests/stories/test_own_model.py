"""From an own model to results that rest on it, and what happens when it is not that one."""

import re
from pathlib import Path
from typing import Any

from hinomi.services.home import MODELS
from hinomi.services.models import SECOND, shipped_model
from teachable import teachable_home
from terminal import hinomi


def worst_of(document: dict[str, Any]) -> float:
    """Give the largest index of drift."""
    return float(document["drift"]["worst"][0]["index"])


def test_an_own_model_is_made_decided_on_used_and_guarded(tmp_path: Path) -> None:
    """
    Trained, compared, put in use by a person, named by each result, refused once changed.

    Until somebody decides, results rest on the shipped model as before.
    """
    home = teachable_home(tmp_path / "home", windows=2).folder
    trained = hinomi("train", "--name", "spring", "--json", home=home).document
    before = hinomi("detect", "--json", "--top", "3", home=home).document
    assert before["model"] == {"name": "default", "digest": shipped_model().digest, "spoke": True}

    used = hinomi("models", "use", "spring", "--reason", trained["verdict"], "--json", home=home)
    after = hinomi("detect", "--json", "--top", "3", home=home).document

    assert after["model"]["name"] == "spring"
    assert after["model"]["digest"] == trained["model"]["digest"]
    assert after["register"] == used.document["register"] != before["register"]
    assert {each["port"] for each in after["candidates"]} == {6_667}
    # What it was learned on is nearer to what it now sees.
    assert worst_of(after) < worst_of(before)
    assert after["drift"]["knows_sampling_interval"]
    acts = [
        (each["operation"], each.get("act"))
        for each in hinomi("journal", "show", "--json", home=home).document["entries"]
    ]
    assert ("train", "made") in acts
    assert {("models", "choose"), ("parameters", "change")} <= set(acts)

    trees = home / MODELS / "spring" / SECOND
    text = trees.read_text("utf-8")
    trees.write_text(re.sub(r"leaf_value=\S+", "leaf_value=0.5", text, count=1), "utf-8")
    refused = hinomi("detect", "--json", home=home)

    assert (refused.code, refused.out) == (78, "")
    assert len(refused.err.strip().splitlines()) == 1
    assert hinomi("models", "use", "default", "--reason", "it broke", home=home).code == 0
    assert hinomi("detect", "--json", home=home).document["model"]["name"] == "default"

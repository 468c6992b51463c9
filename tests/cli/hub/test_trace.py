"""Whom a copy was made for, from the command line."""

from pathlib import Path

import pytest

from foundedhubs import FoundedHub
from hinomi.govern.people import Change
from hinomi.govern.roles import Role
from hinomi.services.deciding import change_people
from hinomi.services.hub.founding import identity_key
from hinomi.services.mandates import TOKEN_VARIABLE
from hinomi.services.people import new_token
from hinomi.share.envelope import mark_of
from hubs import server
from terminal import hinomi


def test_a_mark_is_traced_to_its_member(tmp_path: Path) -> None:
    """Member and number; where no copy bears the mark the exit code says so, in one line."""
    hub = FoundedHub.with_members(tmp_path / "hub")
    hub.runs([server(each) for each in range(1, 8)])
    mark = mark_of(identity_key(hub.home()), "isp-d", 1)

    said = hinomi("hub", "trace", mark, home=hub.folder)
    told = hinomi("hub", "trace", mark, "--json", home=hub.folder).document
    none = hinomi("hub", "trace", "0" * 32, home=hub.folder)
    lost = hinomi("hub", "trace", tmp_path / "no-such-file", home=hub.folder)

    assert said.out.splitlines()[0] == "Snapshot 1, made for isp-d (admitted now)."
    assert told == {
        "mark": mark, "member": "isp-d", "state": "admitted", "number": 1, "signed": False,
    }  # fmt: skip
    assert (none.code, none.err.count("\n"), lost.code) == (66, 1, 66)


def test_only_some_of_the_hubs_people_may_ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who decides on servers has no need to know who got which copy; the refusal is journalled."""
    hub = FoundedHub.with_members(tmp_path / "hub")
    hub.runs([server(each) for each in range(1, 8)])
    mark = mark_of(identity_key(hub.home()), "isp-a", 1)
    token, digest = new_token()
    for change in (
        Change(act="add", id="anna", name="Anna", roles=(Role.ANALYST,)),
        Change(act="token", id="anna", token=digest),
    ):
        change_people(hub.home(), change, "new")
    monkeypatch.setenv(TOKEN_VARIABLE, token)

    refused = hinomi("hub", "trace", mark, home=hub.folder)

    assert (refused.code, refused.out, refused.err.count("\n")) == (77, "", 1)
    told = [each.parse() for each in hub.reopen().journal().bodies(0)][-1]
    assert (told["operation"], "refused" in told) == ("hub trace", True)

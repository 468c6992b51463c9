"""Real captures replayed from many lines at 1 in 10,000: the server above all that resembles it."""

import math
import os
import shutil

import pytest

from captures import FLOWS
from composed import TRAPS, Composed, compose

pytestmark = pytest.mark.skipif(not FLOWS.is_dir(), reason="../shared/data is absent")

WORLDS = [(1, 160), (2, 160), (3, 160), (1, 30)]
"""Seed, and members of the botnet: nearly all are sampled with its server."""


@pytest.fixture(name="world", scope="module", params=WORLDS, ids="seed {0[0]}, {0[1]} bots".format)
def a_world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Composed:
    """Compose a world and detect; the ISP's background is in nfdump's format."""
    if shutil.which("nfdump") is None:
        reason = "nfdump is not installed (Debian: apt install nfdump)"
        if os.environ.get("HINOMI_REQUIRE_PEERS") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return compose(tmp_path_factory.mktemp("composed"), *request.param)


def test_the_server_ranks_above_all_that_resembles_it(world: Composed) -> None:
    """Vendor cloud, victims of floods, scan target, update server and loaders come below."""
    ranks = {role: world.rank(role) for role in (*TRAPS, "loader of the capture")}

    assert world.rank("C&C") <= 2  # The other is listed.
    assert world.rank("C&C") < min(ranks.values())


def test_the_server_is_probable_and_its_likes_are_not(world: Composed) -> None:
    """Even odds lie between them, and nothing in the real background passes that mark."""
    assert world.probability("C&C") >= 0.9
    probable = {each.service for each in world.detection.candidates if each.probability >= 0.5}

    assert probable == {world.services["C&C"], world.services["listed C&C"]}


def test_enrichment_is_what_shows_it(world: Composed) -> None:
    """At this sampling its first reason is who its clients are; rhythm says nothing."""
    found = world.detection.candidates[int(world.rank("C&C")) - 1]

    assert found.reasons[0].code == "enriched"
    assert found.suspects > found.clients / 2
    assert not {"rhythm", "retries", "repeats", "standing"} & {each.code for each in found.reasons}
    assert "not meaningful" in str(world.detection.limits["beacon"])


def test_calls_in_vain_show_nothing_at_this_sampling(world: Composed) -> None:
    """Lone SYNs to a server that never answers may be forged: they are no conversation."""
    assert world.rank("C&C that never answers") == math.inf

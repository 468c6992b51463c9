"""Groups call their servers alike, whether these are good or bad."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from hinomi.bench.motley.calling import Server, call, enough, stance, stand
from hinomi.bench.motley.scene import Scene
from hinomi.bench.spec import DAY_MS


def _server(scene: Scene, starts: float = 0.0, ends: float | None = None) -> Server:
    (server,) = stand(scene, scene.draws("one"), 1, bad=True)
    scene.manners.table["rate"][server.manner] = 20.0
    code = 0xF0000001
    return replace(
        server, service=(code, *server.service[1:]), starts=starts, ends=ends or scene.laws.days
    )


def test_good_and_bad_stand_by_laws_of_their_own(bare: Scene) -> None:
    """One where C&C servers stand, the other where small services do."""
    assert stance(bare, bad=True).usual_port == bare.laws.usual_port
    assert stance(bare, bad=False).usual_port == bare.laws.small_usual_port


@pytest.mark.parametrize("bad", [True, False])
def test_servers_that_move_follow_one_another(bare: Scene, *, bad: bool) -> None:
    """One lives when the last is gone, over the whole window; or all live all the time."""
    bare.laws = replace(bare.laws, moving=1.0, small_moving=0.0)
    servers = stand(bare, bare.draws("x"), 4, bad=bad)

    assert servers[0].starts == 0
    assert servers[-1].ends == bare.laws.days
    for last, following in pairwise(servers):
        assert following.starts == (last.ends if bad else 0)


def test_nobody_calls_before_infection_or_after_the_cure(bare: Scene) -> None:
    """Nor a server that does not live yet."""
    bare.laws, days = replace(bare.laws, strays=0.0), bare.laws.days
    line = np.flatnonzero(~bare.lines.shared)[:300]
    server = _server(bare, starts=0.3 * days)
    bare.manners.table["burst"][server.manner] = 1.0
    since = np.where(np.arange(300) < 100, 0.5 * days, 0.0)
    met = call(bare, bare.draws("x"), server, line, since=since, until=0.8 * days)
    records = bare.meetings.ledger.close()
    at, client = records.ts_ms / DAY_MS, np.minimum(records.src, records.dst)
    client = np.where(client == server.service[0], np.maximum(records.src, records.dst), client)
    late = np.isin(client, bare.lines.v4[line[:100]])

    assert met.size == 300
    assert late.sum() > 50
    assert at[late].min() >= 0.5 * days - 1e-6
    assert 0.3 * days - 1e-6 <= at.min() < 0.5 * days
    assert at.max() <= 0.8 * days


def test_some_call_in_vain_what_is_gone(bare: Scene) -> None:
    """After the end there is nothing but probes of those who called."""
    bare.laws = replace(bare.laws, strays=0.0)
    server, line = _server(bare, ends=bare.laws.days / 2), np.arange(300)
    bare.manners.table["burst"][server.manner] = 1.0
    call(bare, bare.draws("x"), server, line)
    records = bare.meetings.ledger.close()
    after = records.ts_ms / DAY_MS > bare.laws.days / 2

    assert after.any()
    assert (records.packets[after] == 1).all()
    assert {*records.proto[after].tolist()} == {6}


def test_only_a_share_of_the_group_meets_a_server(bare: Scene) -> None:
    """Unless so few are left that nothing could be seen."""
    draws, server = bare.draws("x"), _server(bare)
    some = call(bare, draws, server, np.arange(500), met=0.4)
    few = call(bare, draws, server, np.arange(5), met=0.1)

    assert 150 < some.size < 250
    assert few.size == 5


def test_enough_makes_nobody_quieter(bare: Scene) -> None:
    """Loud manners stay; of quiet ones most are called more."""
    draws, manner = bare.draws("x"), bare.choose(bare.draws("y"))
    bare.manners.table["rate"][manner] = 1e-3
    factors = [enough(bare, draws, manner, 20) for _ in range(50)]
    bare.manners.table["rate"][manner] = 1e3

    assert min(factors) == 1.0
    assert sum(factor > 10 for factor in factors) > 20
    assert enough(bare, draws, manner, 20) == 1.0

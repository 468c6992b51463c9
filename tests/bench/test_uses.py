"""Further uses are lifelike: names apart, shares and periods that can be."""

from hinomi.bench.spec import APPS, STANDING, SWARMS
from hinomi.bench.uses import FURTHER_APPS, FURTHER_STANDING, FURTHER_SWARMS, SMALL_KINDS


def test_every_use_has_a_name_of_its_own() -> None:
    """A name is the key of its source of chance: two of one name would be alike."""
    names = [app.name for app in (*APPS, *FURTHER_APPS)]
    names += [use.name for use in (*STANDING, *FURTHER_STANDING)]
    swarms = [swarm.name for swarm in (*SWARMS, *FURTHER_SWARMS)]
    small = [kind.name for kind in SMALL_KINDS]

    for group in (names, swarms, small):
        assert len(set(group)) == len(group)


def test_shares_of_small_services_are_whole() -> None:
    """They divide all small services among them; each period begins before it ends."""
    assert abs(sum(kind.share for kind in SMALL_KINDS) - 1) < 1e-9
    for kind in SMALL_KINDS:
        assert 0 < kind.period_s[0] < kind.period_s[1]
        assert kind.per_tick[0] <= kind.per_tick[1]


def test_many_small_services_stand_on_odd_ports() -> None:
    """No kind is told by its port alone."""
    assert all(kind.odd > 0 for kind in SMALL_KINDS)

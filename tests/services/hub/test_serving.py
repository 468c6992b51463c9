"""A running hub takes up its register, makes the list when it is due, and stops with its home."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from hinomi.errors import ConfigError, Unavailable
from hinomi.govern.holdings import DataClass
from hinomi.services.home import Home
from hinomi.services.hub.apart import OTHERS_MS, leave_to_others
from hinomi.services.hub.epochs import due_ms, present_epoch
from hinomi.services.hub.publishing import publish
from hinomi.services.hub.restored import Restored, mark_restored, resume
from hinomi.services.hub.serving import RETRY_S, Keeper, Serving
from hinomi.services.register import put_in_force
from loopback import wait_for
from openhub import DAY_MS, NOON_MS, SetClock, make_hub

EARLY_MS = NOON_MS - DAY_MS // 2 + 60_000
"""A minute after midnight: the list is not due."""


def make(home: Home) -> None:
    """Make the list in this process."""
    publish(home)


@pytest.fixture(name="clock")
def a_clock() -> SetClock:
    """Give the hub's clock, before the list is due."""
    return SetClock(EARLY_MS)


@pytest.fixture(name="home")
def a_home(tmp_path: Path, clock: SetClock) -> Home:
    """Give a hub's home."""
    return make_hub(tmp_path / "hub", clock)


@pytest.fixture(name="serving")
def a_serving_hub(home: Home) -> Iterator[Serving]:
    """Give a hub that makes its list in this process."""
    with home.casebook() as casebook:
        yield Serving(home, casebook, publish=make)


def test_the_list_is_made_when_it_is_due_and_once(serving: Serving, clock: SetClock) -> None:
    """Not a minute before, and not twice in an epoch."""
    store = serving.casebook.hub.snapshots
    numbers = []
    due = due_ms(serving.home, present_epoch(serving.home))
    for now_ms in (EARLY_MS, due - 1, due, due + 60_000, due + DAY_MS - 1, due + DAY_MS):
        clock.now_ms = now_ms
        serving.look()
        numbers.append(store.newest_number())

    assert numbers == [0, 0, 1, 1, 1, 2]


def test_a_new_list_is_prepared_once(home: Home, clock: SetClock) -> None:
    """Before members ask for it, and not at every look."""
    prepared: list[int] = []
    with home.casebook() as casebook:
        serving = Serving(home, casebook, publish=make, prepare=prepared.append)
        for now_ms in (EARLY_MS, NOON_MS, NOON_MS + 1, NOON_MS + DAY_MS):
            clock.now_ms = now_ms
            serving.look()

    assert prepared == [1, 2]


def test_forms_are_prepared_again_where_what_they_rest_on_changed(
    home: Home, clock: SetClock
) -> None:
    """Something was forgotten, or the register was put in force; neither is looked for by time."""
    prepared: list[int] = []
    with home.casebook() as casebook:
        serving = Serving(home, casebook, publish=make, prepare=prepared.append)
        for now_ms in (NOON_MS, NOON_MS + DAY_MS, NOON_MS + DAY_MS + 1):
            clock.now_ms = now_ms
            serving.look()
        assert prepared == [1, 2]

        casebook.hub.forgetting.forget(DataClass.PAST_LISTS, NOON_MS + DAY_MS // 2, 1)
        serving.look()
        serving.look()
        assert prepared == [1, 2, 2]

        after = home.register.with_value("retention.hub_lists_days", 91, decided_by="somebody")
        put_in_force(home.folder, home.clock, home.register, after, {"operation": "parameters"})
        serving.look()
        serving.look()
        assert prepared == [1, 2, 2, 2]


def test_it_says_whether_the_list_is_there_and_whether_it_is_late(
    serving: Serving, clock: SetClock
) -> None:
    """Before it is due it is not late."""
    told = [(serving.is_made(), serving.is_late())]
    clock.now_ms = NOON_MS
    told.append((serving.is_made(), serving.is_late()))
    serving.look()
    told.append((serving.is_made(), serving.is_late()))

    assert told == [(False, False), (False, True), (True, False)]


def test_a_list_that_cannot_be_made_is_tried_again_later(home: Home, clock: SetClock) -> None:
    """Logged, counted, and with longer and longer waits; the hub goes on."""
    clock.now_ms = NOON_MS
    ticks = [0.0]
    tried = []

    def fail(_home: Home) -> None:
        tried.append(ticks[0])
        raise Unavailable("no room left")

    with home.casebook() as casebook:
        serving = Serving(home, casebook, publish=fail, ticks=lambda: ticks[0])
        for second in range(0, 400, 10):
            ticks[0] = float(second)
            serving.look()
        counted = generate_latest(serving.meters.registry).decode()

    assert tried == [0.0, RETRY_S[0], RETRY_S[0] + RETRY_S[1], sum(RETRY_S[:3])]
    assert 'hinomi_hub_failures_total{what="publish"} 4.0' in counted


def test_a_list_that_somebody_else_made_is_no_failure(home: Home, clock: SetClock) -> None:
    """Two hubs on one case book: one of them is faster."""
    clock.now_ms = NOON_MS

    def lose(home: Home) -> None:
        for _ in range(2):
            publish(home)

    with home.casebook() as casebook:
        serving = Serving(home, casebook, publish=lose)
        serving.look()

        assert casebook.hub.snapshots.newest_number() == 1
        assert b'what="publish"' not in generate_latest(serving.meters.registry)
        assert serving.failing() == ()


def test_a_conflict_after_which_there_is_no_list_is_a_failure(home: Home, clock: SetClock) -> None:
    """A restored home, for example: logged, counted, and not tried again at each look."""
    mark_restored(home.folder, Restored(number=0, made="2025-12-31T00:00:00Z"))
    clock.now_ms = NOON_MS
    ticks = [0.0]
    tried = []

    def refuse(home: Home) -> None:
        tried.append(ticks[0])
        publish(home)

    with home.casebook() as casebook:
        serving = Serving(home, casebook, publish=refuse, ticks=lambda: ticks[0])
        for second in range(0, 100, 2):
            ticks[0] = float(second)
            serving.look()
        counted = generate_latest(serving.meters.registry).decode()
        failing = serving.failing()
        publish_again(home)
        serving.look()

        assert (failing, serving.failing()) == (("publish",), ())
    assert tried == [0.0, RETRY_S[0], RETRY_S[0] + RETRY_S[1]]
    assert 'hinomi_hub_failures_total{what="publish"} 3.0' in counted
    assert "hinomi_hub_list_late 1.0" in counted


def publish_again(home: Home) -> None:
    """Let a person put it right."""
    resume(home, 0)
    publish(home)


def test_a_list_that_others_do_not_make_is_a_failure(home: Home, clock: SetClock) -> None:
    """Late from when it is due, counted an hour later; it is theirs to make all the same."""
    due = due_ms(home, present_epoch(home))
    found = []
    with home.casebook() as casebook:
        serving = Serving(home, casebook, publish=leave_to_others)
        for now_ms in (due - 1, due, due + OTHERS_MS - 1, due + OTHERS_MS):
            clock.now_ms = now_ms
            serving.look()
            found.append((serving.is_late(), serving.failing()))
        counted = generate_latest(serving.meters.registry).decode()

        assert casebook.hub.snapshots.newest_number() == 0
    assert found == [(False, ()), (True, ()), (True, ()), (True, ("publish",))]
    assert 'hinomi_hub_failures_total{what="publish"} 1.0' in counted


def test_a_list_of_a_later_epoch_is_none_of_today(home: Home, clock: SetClock) -> None:
    """A clock was ahead: told as failing, counted, and no process is started for it."""
    clock.now_ms = NOON_MS + 10 * DAY_MS
    tried: list[Home] = []
    with home.casebook() as casebook:
        serving = Serving(home, casebook, publish=make)
        serving.look()
        assert (serving.is_made(), serving.failing()) == (True, ())
        clock.now_ms = NOON_MS

        behind = Serving(home, casebook, publish=tried.append)
        for each in (serving, behind):
            each.look()
            counted = generate_latest(each.meters.registry).decode()

            assert (each.is_made(), each.is_late()) == (False, True)
            assert each.failing() == ("clock", "publish")
            assert 'hinomi_hub_failures_total{what="clock"} 1.0' in counted
            assert "hinomi_hub_list_ahead 1.0" in counted
            assert "hinomi_hub_list_made 0.0" in counted
    assert tried == []


def test_a_register_that_was_put_in_force_counts_at_once(serving: Serving) -> None:
    """Without a restart, from the next look on."""
    home = serving.home
    after = home.register.with_value("hub.kinds", "research-body", decided_by="somebody")
    put_in_force(home.folder, home.clock, home.register, after, {"operation": "parameters"})

    serving.look()

    assert serving.home.register.text("hub.kinds") == "research-body"
    assert serving.home.clock is home.clock


def test_a_register_that_was_edited_by_hand_changes_nothing(serving: Serving) -> None:
    """What ruled before goes on, and it is counted."""
    path = serving.home.folder / "register.toml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("detecting-isp receiving-isp", "ministry"), "utf-8")

    serving.look()

    assert serving.home.register.text("hub.kinds") == "detecting-isp receiving-isp"
    assert b'{what="register"} 1.0' in generate_latest(serving.meters.registry)


def test_a_home_that_is_gone_stops_it(serving: Serving) -> None:
    """With one line, as a fault of the configuration."""
    folder = serving.home.folder
    folder.rename(folder.with_name("elsewhere"))

    with pytest.raises(ConfigError, match="removed or replaced"):
        serving.look()


def test_a_home_that_goes_while_its_list_is_made_stops_it(home: Home, clock: SetClock) -> None:
    """What fails of it then is told as no failure of the list."""
    clock.now_ms = NOON_MS

    def lose(home: Home) -> None:
        home.folder.rename(home.folder.with_name("elsewhere"))
        raise ConfigError("a key is not there")

    with home.casebook() as casebook:
        serving = Serving(home, casebook, publish=lose)
        with pytest.raises(ConfigError, match="removed or replaced"):
            serving.look()

        assert b'what="publish"' not in generate_latest(serving.meters.registry)


def test_a_keeper_ends_when_it_is_told_to(serving: Serving) -> None:
    """And not before."""
    given_up = threading.Event()
    keeper = Keeper(serving, given_up.set)
    keeper.start()
    keeper.end()

    assert keeper.failure is None
    assert not given_up.is_set()


def test_a_keeper_gives_up_with_the_home(serving: Serving) -> None:
    """It says why, once."""
    given_up = threading.Event()
    folder = serving.home.folder
    folder.rename(folder.with_name("elsewhere"))
    keeper = Keeper(serving, given_up.set)
    keeper.start()

    assert given_up.wait(60)
    keeper.end()
    assert isinstance(keeper.failure, ConfigError)


def test_a_keeper_goes_on_after_what_nobody_foresaw(home: Home, clock: SetClock) -> None:
    """It is counted, and the next look comes."""
    clock.now_ms = NOON_MS

    def break_down(_home: Home) -> None:
        raise ZeroDivisionError

    with home.casebook() as casebook:
        serving = Serving(home, casebook, publish=break_down)
        keeper = Keeper(serving, lambda: None)
        keeper.start()
        wait_for(lambda: b'{what="keeper"}' in generate_latest(serving.meters.registry))
        keeper.end()

    assert keeper.failure is None

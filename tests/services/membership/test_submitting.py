"""What two people listed and enough lines met goes to the hub, once an epoch, as the same bytes."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from docket import SERVER, STAGES, bodies, lead, manned, require_no_address
from hinomi.clock import wall_clock
from hinomi.errors import ConfigError, Conflict, NotPermitted, Unavailable
from hinomi.govern.note import BadNote
from hinomi.model.statement import Deed
from hinomi.services.approvals import all_requests
from hinomi.services.approvals import approve as approve_request
from hinomi.services.membership.asking import NotTaken
from hinomi.services.membership.pulling import pull
from hinomi.services.membership.sending import all_waiting
from hinomi.services.membership.submitting import plan_submission, submit
from hinomi.services.membership.uploading import submit_file
from hinomi.services.publishing import withdraw
from household import DAY_MS, Household
from listedmany import MANY, counted, many_listed
from standin import StandIn, epoch_at, listing

ENOUGH = {SERVER, *(each for each, lines in MANY.items() if lines >= 5)}


def received(hub: StandIn) -> list[dict[str, object]]:
    """Give the findings that the hub took."""
    ((key, body),) = hub.batches.items()
    assert key == (Deed.SUBMISSION, hub.spoken_of)
    found: list[dict[str, object]] = json.loads(body)["findings"]
    return found


def told(house: Household) -> list[dict[str, object]]:
    """Give what the journal says of submissions."""
    return [each for each in bodies(house) if each["operation"] == "listings submit"]


def test_servers_go_by_three_facts_and_no_more(many: Household, hub: StandIn) -> None:
    """Of those that enough lines met; the journal counts the others."""
    done = submit(many.home())

    assert done.sent is not None
    assert (done.sent.statements, done.was_sent) == (6, False)
    found = received(hub)
    assert {str(each["address"]) for each in found} == ENOUGH
    assert all(set(each) == {"address", "protocol", "port"} for each in found)
    begins, ends = told(many)
    assert begins == begins | {
        "stage": "begins", "submitted": 6, "below_lines_least": 1, "at_lines_least": 1,
        "below_batch_least": 0, "echoes": 0,
    }  # fmt: skip
    assert ends == ends | {"stage": "done", "digest": begins["digest"], "refused_late": 0}
    require_no_address(many, *MANY, SERVER)


def test_what_was_listed_in_this_epoch_waits(many: Household, hub: StandIn) -> None:
    """It is of an epoch that is not over."""
    many.later(-DAY_MS)
    hub.spoken_of -= 1

    done = submit(many.home())

    assert (done.sent, hub.batches) == (None, {})
    assert done.facts["submitted"] == 0


def test_too_few_are_not_sent(house: Household, hub: StandIn) -> None:
    """Nothing goes, nothing fails, and the journal says so."""
    house.later(DAY_MS)
    hub.spoken_of += 1
    counted(house, {})

    done = submit(house.home())

    assert done.sent is None
    assert done.facts["below_batch_least"] == 1
    assert hub.batches == {}
    assert told(house)[0]["below_batch_least"] == 1


def test_once_an_epoch(many: Household, hub: StandIn) -> None:
    """What is sent again was sent already; the hub is not asked."""
    submit(many.home())
    hub.asked.clear()

    again = submit(many.home())

    assert again.was_sent
    assert hub.asked == []


def test_the_next_epoch_has_a_batch_of_its_own(many: Household, hub: StandIn) -> None:
    """Of what stands then."""
    submit(many.home())
    many.later(DAY_MS)
    hub.spoken_of += 1
    counted(many)
    withdraw(many.act_as("rita"), 1, "it was seized", gone=True)
    many.act_as(None)

    done = submit(many.home())

    assert done.sent is not None
    assert done.sent.statements == 5
    assert len(hub.batches) == 2


def next_epoch(house: Household, hub: StandIn, clients: Mapping[str, int] = MANY) -> None:
    """Let an epoch pass, after which lines are counted."""
    house.later(DAY_MS)
    hub.spoken_of += 1
    counted(house, clients)


def test_what_was_withdrawn_is_taken_back_where_too_few_are_left(
    many: Household, hub: StandIn
) -> None:
    """
    The batch before named six servers; two are withdrawn, and four are no batch.

    An empty one takes all back, once. When there are five again, they are said again.
    """
    submit(many.home())
    next_epoch(many, hub)
    for number in (1, 2):
        withdraw(many.act_as("rita"), number, "a mistake")
    many.act_as(None)
    few = {**MANY, "203.0.113.35": 4}
    counted(many, few)

    assert plan_submission(many.home()).takes_back == 6
    done = submit(many.home())

    assert done.sent is not None
    assert (done.sent.statements, done.facts["takes_back"]) == (0, 6)
    assert json.loads(hub.batches[Deed.SUBMISSION, hub.spoken_of])["findings"] == []
    assert told(many)[-2]["takes_back"] == 6
    assert told(many)[-1]["stage"] == "done"
    assert submit(many.home()).was_sent

    next_epoch(many, hub, few)
    assert submit(many.home()).sent is None
    next_epoch(many, hub, {**MANY, "203.0.113.30": 9})
    again = submit(many.home()).sent
    assert again is not None
    assert again.statements == 5


def test_who_withdraws_everything_says_so(many: Household, hub: StandIn) -> None:
    """By an empty batch; what the hub has counted for longer than a lease is not its matter."""
    submit(many.home())
    next_epoch(many, hub)
    for number in range(1, 8):
        withdraw(many.act_as("rita"), number, "a mistake")
    many.act_as(None)

    assert submit(many.home()).facts["takes_back"] == 6


def test_a_batch_that_names_more_than_was_listed_here_is_not_taken_back(
    many: Household, hub: StandIn, tmp_path: Path
) -> None:
    """It was of a file that a person gave: what is listed here says nothing of its other rows."""
    path = tmp_path / "findings.csv"
    rows = [f"203.0.113.{last},tcp,443" for last in (30, 60, 61, 62, 63)]  # One is listed here.
    path.write_text("\n".join(["address,protocol,port", *rows]) + "\n", "utf-8")
    with pytest.raises(Conflict, match="waits"):
        submit_file(many.act_as("anna"), path, lines_checked=True, reason="our CERT")
    approve_request(many.act_as("olga"), all_requests(many.home())[-1].id)
    assert submit_file(many.act_as("anna"), path, lines_checked=True).sent is not None
    many.act_as(None)

    next_epoch(many, hub, dict.fromkeys(MANY, 0))

    planned = plan_submission(many.home())
    assert (planned.body, planned.takes_back) == (None, 0)


def test_a_batch_of_long_ago_need_not_be_taken_back(many: Household, hub: StandIn) -> None:
    """The hub counts it no more."""
    submit(many.home())
    for _ in range(9):
        next_epoch(many, hub)

    done = submit(many.home())

    assert (done.sent, done.facts["submitted"]) == (None, 0)


def test_a_sending_that_was_cut_off_is_repeated_with_the_same_bytes(
    many: Household, hub: StandIn
) -> None:
    """The hub took it and its receipt was lost; meanwhile a server was withdrawn here."""
    hub.drop_after_taking = 9
    with pytest.raises(Unavailable, match="is away"):
        submit(many.home())
    taken = dict(hub.batches)
    withdraw(many.act_as("rita"), 1, "it was seized", gone=True)
    many.act_as(None)
    hub.drop_after_taking = 0

    done = submit(many.home())

    assert done.sent is not None
    assert hub.batches == taken
    assert (done.sent.statements, done.facts) == (6, {})
    assert all_waiting(many.home()) == []


def test_what_was_killed_between_outbox_and_hub_is_sent(
    many: Household, hub: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lies in the outbox is what goes."""
    hub.busy = 3
    with pytest.raises(Unavailable):
        submit(many.home())
    (waiting,) = all_waiting(many.home())
    assert hub.batches == {}

    submit(many.home())

    assert hub.batches[Deed.SUBMISSION, hub.spoken_of] == waiting.body.encode()


def test_what_came_too_late_is_let_go(many: Household, hub: StandIn) -> None:
    """The hub was away for the whole epoch: it is told, and the present batch goes."""
    hub.busy = 3
    with pytest.raises(Unavailable):
        submit(many.home())
    many.later(DAY_MS)
    hub.spoken_of += 1
    counted(many)

    done = submit(many.home())

    assert [each.parcel.epoch for each in done.refused] == [hub.spoken_of - 1]
    assert [epoch for _, epoch in hub.batches] == [hub.spoken_of]
    assert all_waiting(many.home()) == []
    assert told(many)[-1]["refused_late"] == 1


def test_a_late_receipt_is_still_fetched(many: Household, hub: StandIn) -> None:
    """The hub took the batch of the epoch before; its receipt comes an epoch later."""
    hub.drop_after_taking = 3
    with pytest.raises(Unavailable):
        submit(many.home())
    many.later(DAY_MS)
    hub.spoken_of += 1
    counted(many)

    assert submit(many.home()).refused == ()
    assert len(hub.batches) == 2
    assert len([*(many.folder / "hub" / "sent").iterdir()]) == 2


@pytest.mark.parametrize(
    "lie", [b'"statements": 7', b'"digest": "0', b'"note": "x'], ids=["count", "digest", "note"]
)
def test_a_receipt_that_lies_is_none(many: Household, hub: StandIn, lie: bytes) -> None:
    """What was sent stays in the outbox until the hub says that it has this very batch."""
    name = lie.split(b":")[0]

    def mended(path: str, body: bytes) -> bytes:
        if not path.endswith("submission"):
            return body
        at = body.index(name)
        return body[:at] + lie + body[at + len(lie) :]

    hub.mend = mended
    with pytest.raises(BadNote):
        submit(many.home())
    assert len(all_waiting(many.home())) == 1

    hub.mend = lambda _path, body: body
    assert submit(many.home()).sent is not None


@pytest.mark.parametrize(("status", "error"), [(422, NotTaken), (409, Conflict)])
def test_what_the_hub_will_not_have_is_made_anew(
    many: Household, hub: StandIn, status: int, error: type[Exception]
) -> None:
    """The same bytes again would be refused again."""
    hub.refuse = lambda _path: (status, b'{"error":"fewer than 9 (share.batch_least)"}')
    with pytest.raises(error, match="fewer than 9"):
        submit(many.home())

    assert all_waiting(many.home()) == []


def test_a_suspended_member_keeps_what_it_would_say(many: Household, hub: StandIn) -> None:
    """Refused for who it is, not for what it says: that may be mended within the epoch."""
    hub.refuse = lambda _path: (403, b'{"error":"the member is suspended"}')
    with pytest.raises(NotPermitted, match="the hub says: the member is suspended"):
        submit(many.home())

    assert len(all_waiting(many.home())) == 1


def test_a_plan_sends_nothing(many: Household, hub: StandIn) -> None:
    """It names the servers to whoever may submit; the journal counts."""
    planned = plan_submission(many.home())

    assert {str(each.endpoint).split()[0] for each in planned.gathered.statements} == ENOUGH
    assert (hub.asked, all_waiting(many.home())) == ([], [])
    assert [each["stage"] for each in told(many)] == ["planned"]


def test_a_laboratory_submits_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It took in what no provider may (R3)."""
    house = manned(tmp_path / "home", monkeypatch, wall_clock, sampling=1)
    for stage in STAGES:
        lead(house, stage)

    for act in (submit, plan_submission):
        with pytest.raises(NotPermitted, match="a laboratory can share nothing"):
            act(house.home())
    assert len(told(house)) == 2


def test_epochs_are_those_of_the_hub(many: Household, hub: StandIn, tmp_path: Path) -> None:
    """A house with others cannot say of which epoch it speaks."""
    hub.epoch_days = 7
    hub.let_in(many.home(), tmp_path)

    with pytest.raises(ConfigError, match=r"share.epoch_days is 1 here and 7 at the hub"):
        submit(many.home())


def listed_at_hub(house: Household, hub: StandIn, *servers: str) -> None:
    """Let the hub list servers, and the house take that in."""
    now = epoch_at(house.home())
    hub.publish([listing(each, now + 6) for each in servers], now)
    pull(house.home())


def test_what_rests_on_the_hubs_list_is_not_said_back(many: Household, hub: StandIn) -> None:
    """
    One method of this house beside the hub's own list: the hub would hear itself.

    What stands without the hub goes, although the hub lists it.
    """
    listed_at_hub(many, hub, SERVER, "203.0.113.70")
    many_listed(many, {"203.0.113.70": 20}, methods=())
    many.later(DAY_MS)
    hub.spoken_of += 1
    counted(many, {**MANY, "203.0.113.70": 20})

    done = submit(many.home())

    assert done.facts["echoes"] == 1
    assert {str(each["address"]) for each in received(hub)} == ENOUGH


LINES = {**MANY, "203.0.113.34": 0}
"""As `MANY`, with one that nobody met."""


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(more=st.sets(st.sampled_from(sorted(LINES))))
@example(more=set(LINES))
@example(more={"203.0.113.34"})
@example(more={"203.0.113.31", "203.0.113.32"})
def test_one_more_line_changes_no_byte_that_leaves(many: Household, more: set[str]) -> None:
    """
    Two runs see the same lines, and the second one more, which met some of the servers.

    The bytes are the same, unless with it exactly enough lines met one of these; those are counted.
    From records of flow to these bytes: `test_meeting`.
    """
    counted(many, LINES)
    before = plan_submission(many.home())
    with_line = {each: lines + (each in more) for each, lines in LINES.items()}
    counted(many, with_line)
    after = plan_submission(many.home())

    assert before.gathered.at_least == 1
    assert after.gathered.at_least == list(with_line.values()).count(5)
    if "203.0.113.30" in more:  # It is the fifth line of this one.
        assert len(after.gathered.statements) == len(before.gathered.statements) + 1
    else:
        assert after.body == before.body


def test_nothing_goes_before_somebody_counted(many: Household, hub: StandIn) -> None:
    """The lines behind it until the last epoch ended: earlier counts are not for this epoch."""
    many.later(DAY_MS)
    hub.spoken_of += 1

    with pytest.raises(Unavailable, match="hinomi detect"):
        submit(many.home())
    assert (hub.batches, all_waiting(many.home())) == ({}, [])

    counted(many)
    assert submit(many.home()).sent is not None


def test_a_listing_that_nobody_counted_is_not_taken_for_one_without_lines(
    many: Household, hub: StandIn
) -> None:
    """It waits with the others until the next run of detection."""
    counted(many, {each: lines for each, lines in MANY.items() if lines != 18})

    with pytest.raises(Unavailable, match="hinomi detect"):
        submit(many.home())


def test_an_earlier_count_is_none(many: Household, hub: StandIn) -> None:
    """A server that 18 lines met earlier and nobody meets now does not go, as with one line."""
    for lines in (0, 1, 4):
        counted(many, {**MANY, "203.0.113.33": lines})
        assert "203.0.113.33" not in {
            str(each.endpoint).split()[0]
            for each in plan_submission(many.home()).gathered.statements
        }

"""Four eyes: by another, with the right role, for this very content, once, in time."""

import datetime as dt

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.errors import Conflict, NotPermitted
from hinomi.govern.approvals import (
    Decision,
    Request,
    State,
    approvals_needed,
    approve,
    close,
    fits,
    refuse,
    require_glass,
    require_usable,
    review,
    seal_of,
)
from hinomi.govern.people import People, Person
from hinomi.govern.roles import Kind, Role, table

SALT = "00" * 32
TODAY = dt.date(2026, 11, 22)
WHAT = {"name": "suspects.fdr", "value": 0.005}
OFFICER = (Role.PRIVACY_OFFICER,)


def asked(**changed: object) -> Request:
    """Describe a parameter change that anna asked for and one other has to approve."""
    kind = changed.get("kind", Kind.PARAMETER_CHANGE)
    assert isinstance(kind, Kind)
    request = Request(
        id=1,
        kind=kind,
        by="anna",
        reason="fewer wrong ones",
        what=dict(WHAT),
        salt=SALT,
        seal=seal_of(SALT, kind, WHAT),
        asked_ms=0,
        ends_ms=1_000,
        needed=1,
        entry=4,
    )
    return msgspec.structs.replace(request, **changed)


def by(name: str, at_ms: int = 10) -> Decision:
    """Describe a decision."""
    return Decision(by=name, at_ms=at_ms, entry=5)


def people(**roles: tuple[Role, ...]) -> People:
    """Describe people by their roles."""
    return People(
        {name: Person(name=name, roles=each, accounts=(name,)) for name, each in roles.items()}
    )


def test_another_person_approves_and_it_may_be_used_in_time() -> None:
    """The time to use it runs from the approval."""
    approved = approve(asked(), by("bert"), OFFICER, valid_ms=100)

    assert approved.state is State.APPROVED
    assert approved.four_eyes
    assert require_usable([approved], Kind.PARAMETER_CHANGE, WHAT, "anna", 109) == approved
    with pytest.raises(NotPermitted, match="is ended"):
        require_usable([approved], Kind.PARAMETER_CHANGE, WHAT, "anna", 110)


def test_nobody_approves_their_own() -> None:
    """Whatever roles they have."""
    with pytest.raises(NotPermitted, match="another person has to approve"):
        approve(asked(), by("anna"), tuple(Role), valid_ms=100)


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("role", list(Role))
def test_the_right_role_approves_and_no_other(kind: Kind, role: Role) -> None:
    """Every kind, every role."""
    request = asked(kind=kind)
    if role in table().four_eyes[kind].approve:
        assert approve(request, by("bert"), [role], valid_ms=1).approved == (by("bert"),)
    else:
        with pytest.raises(NotPermitted, match="that is for the role"):
            approve(request, by("bert"), [role], valid_ms=1)
        with pytest.raises(NotPermitted, match="that is for the role"):
            refuse(request, by("bert"), [role])


def test_two_approvals_are_two_persons() -> None:
    """The same one twice is one."""
    once = approve(asked(needed=2), by("bert"), OFFICER, valid_ms=100)

    assert once.state is State.OPEN
    with pytest.raises(Conflict, match="approved request 1 already"):
        approve(once, by("bert"), OFFICER, valid_ms=100)
    with pytest.raises(NotPermitted, match="waits for approval"):
        require_usable([once], Kind.PARAMETER_CHANGE, WHAT, "anna", 20)
    assert approve(once, by("cleo"), OFFICER, valid_ms=100).state is State.APPROVED


@pytest.mark.parametrize("state", [State.APPROVED, State.REFUSED, State.USED, State.ENDED])
def test_what_is_decided_is_not_decided_again(state: State) -> None:
    """Neither approved nor refused."""
    request = asked(state=state)
    with pytest.raises(Conflict, match=f"request 1 is {state}"):
        approve(request, by("bert"), OFFICER, valid_ms=100)
    with pytest.raises(Conflict, match=f"request 1 is {state}"):
        refuse(request, by("bert"), OFFICER)


def test_what_nobody_decided_in_time_is_over() -> None:
    """The millisecond it ends."""
    assert asked().state_at(999) is State.OPEN
    with pytest.raises(Conflict, match="is ended 1970-01-01T00:00:01Z"):
        approve(asked(), by("bert", 1_000), OFFICER, valid_ms=100)


def test_a_refused_request_forgets_what_it_was_about() -> None:
    """Content and salt go together: nobody learns it from the seal by guessing."""
    refused = refuse(asked(), by("bert"), OFFICER)

    assert (refused.state, refused.what, refused.salt) == (State.REFUSED, None, None)
    assert refused.seal == asked().seal
    assert not fits(refused, Kind.PARAMETER_CHANGE, WHAT)


def test_whoever_asked_may_take_it_back() -> None:
    """Without any role to refuse others."""
    assert refuse(asked(), by("anna"), (Role.ANALYST,)).state is State.REFUSED


@pytest.mark.parametrize(
    ("request_", "who", "what", "said"),
    [
        (asked(), "anna", WHAT, "waits for approval"),
        (asked(state=State.USED), "anna", WHAT, "is used"),
        (close(asked(), State.USED), "anna", WHAT, "no approved request"),
        (close(asked(), State.REFUSED), "anna", WHAT, "no approved request"),
        (asked(state=State.APPROVED), "bert", WHAT, "bert has no approved request"),
        (asked(state=State.APPROVED), "anna", {**WHAT, "value": 0.5}, "something else"),
        (asked(state=State.APPROVED, kind=Kind.PUBLICATION), "anna", WHAT, "no approved request"),
    ],
)
def test_leave_is_refused_with_the_reason(
    request_: Request, who: str, what: dict[str, object], said: str
) -> None:
    """Not approved, used, refused, somebody else's, other content, another kind."""
    with pytest.raises(NotPermitted, match=said):
        require_usable([request_], Kind.PARAMETER_CHANGE, what, who, 20)


CONTENT = st.dictionaries(st.text(max_size=4), st.integers() | st.text(max_size=4), max_size=3)


@given(one=CONTENT, other=CONTENT)
def test_a_seal_fits_its_content_alone(one: dict[str, object], other: dict[str, object]) -> None:
    """Whatever the order of its fields, and under its salt and kind only."""
    seal = seal_of(SALT, Kind.PUBLICATION, one)

    assert (seal_of(SALT, Kind.PUBLICATION, other) == seal) is (one == other)
    assert seal_of(SALT, Kind.PUBLICATION, dict(reversed(one.items()))) == seal
    assert seal_of("11" * 32, Kind.PUBLICATION, one) != seal
    assert seal_of(SALT, Kind.BULK_EXPORT, one) != seal


def test_as_many_approvals_are_needed_as_others_can_give() -> None:
    """At most what the table asks for; none where the asker is the only one who could."""
    needed = approvals_needed
    release, change = Kind.RESEARCH_RELEASE, Kind.PARAMETER_CHANGE
    alone = people(anna=tuple(Role))
    two = people(anna=tuple(Role), bert=OFFICER)
    many = people(anna=tuple(Role), bert=OFFICER, cleo=(Role.REVIEWER,), dora=OFFICER)

    assert [needed(change, "anna", each, TODAY) for each in (alone, two, many)] == [0, 1, 1]
    assert [needed(release, "anna", each, TODAY) for each in (alone, two, many)] == [0, 1, 2]


def test_whoever_could_not_approve_waits_for_somebody_who_can() -> None:
    """Being alone gives nobody a right that their role does not have."""
    analyst = people(anna=(Role.ANALYST,))

    assert approvals_needed(Kind.PARAMETER_CHANGE, "anna", analyst, TODAY) == 1


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("role", list(Role))
def test_the_right_role_asks_and_no_other(kind: Kind, role: Role) -> None:
    """Every kind, every role."""
    some = people(anna=(role,))
    if role in table().four_eyes[kind].ask:
        assert approvals_needed(kind, "anna", some, TODAY) in {0, 1, 2}
    else:
        with pytest.raises(NotPermitted, match="anna may not ask for a"):
            approvals_needed(kind, "anna", some, TODAY)


def broken(**changed: object) -> Request:
    """Describe what anna did in an emergency."""
    facts: dict[str, object] = {"glass_broken": True, "state": State.USED, "review_by_ms": 500}
    return asked(**(facts | changed))


def test_glass_is_broken_where_an_emergency_is_thinkable() -> None:
    """By who may ask for it and may break glass; for no other kind."""
    some = people(anna=(Role.ANALYST,), bert=(Role.REVIEWER,), cleo=OFFICER)

    require_glass([], Kind.REIDENTIFY, "anna", some, 0)
    with pytest.raises(NotPermitted, match="never so urgent"):
        require_glass([], Kind.RESEARCH_RELEASE, "anna", some, 0)
    with pytest.raises(NotPermitted, match="do 'break-glass'"):
        require_glass([], Kind.PARAMETER_CHANGE, "bert", some, 0)
    with pytest.raises(NotPermitted, match="cleo may not do a re-identify"):
        require_glass([], Kind.REIDENTIFY, "cleo", some, 0)


def test_an_overdue_review_blocks_who_broke_glass_and_nobody_else() -> None:
    """Until somebody has looked at it."""
    some = people(anna=(Role.ANALYST,), bert=(Role.ANALYST,))
    kind = Kind.PARAMETER_CHANGE

    require_glass([broken()], kind, "anna", some, 500)
    with pytest.raises(NotPermitted, match="after-review is overdue"):
        require_glass([broken()], kind, "anna", some, 501)
    require_glass([broken()], kind, "bert", some, 501)
    reviewed = review(broken(), by("cleo", 600), (Role.AUDITOR,), justified=False)
    require_glass([reviewed], kind, "anna", some, 601)


def test_a_review_is_by_another_person_once_and_closes() -> None:
    """Its content is kept until then, and goes with it."""
    assert close(broken(), State.USED).what == WHAT
    with pytest.raises(NotPermitted, match="another person has to review"):
        review(broken(), by("anna"), tuple(Role), justified=True)
    with pytest.raises(NotPermitted, match="do 'review'"):
        review(broken(), by("bert"), (Role.ANALYST,), justified=True)

    done = review(broken(), by("bert"), (Role.REVIEWER,), justified=True)

    assert (done.justified, done.what, done.salt) == (True, None, None)
    assert not done.four_eyes
    with pytest.raises(Conflict, match="waits for no after-review"):
        review(done, by("cleo"), OFFICER, justified=True)
    with pytest.raises(Conflict, match="waits for no after-review"):
        review(asked(), by("cleo"), OFFICER, justified=True)

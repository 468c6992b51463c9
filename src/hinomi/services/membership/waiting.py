"""
Findings of a file that wait for an epoch in which the hub takes them: ``hub/upload.json``.

The hub takes findings for two hours a day, as shipped, and people approve them in office hours.
So what was approved is kept here, and signed when it goes, since a batch names its epoch. It is
kept before the approval is used, and until the hub has given its receipt: whoever is killed in
between loses nothing and sends nothing twice. The journal says what was kept, and whose approval
lets it out: a file that was written past it lets nothing out.
"""

from pathlib import Path
from typing import Final

import msgspec

from hinomi.errors import ConfigError, NotFound, NotPermitted
from hinomi.govern import approvals as rules
from hinomi.govern.approvals import State
from hinomi.govern.roles import Kind
from hinomi.model.statement import Deed, Statement
from hinomi.services import approvals
from hinomi.services.home import Home
from hinomi.services.journalled import OPERATION as APPROVALS
from hinomi.services.mandates import Operation
from hinomi.services.membership.joined import FOLDER, JoinedHub, path_in
from hinomi.services.membership.sending import Parcel, find_sent
from hinomi.share.canonical import digest
from hinomi.share.submission import Profile, parse_submission_csv, render_submission_csv
from hinomi.store.durable import on_disk, replace_durably

UPLOAD: Final = "upload.json"

GOOD_FOR: Final = 3
"""
So many epochs more than its own may a file wait: what was approved on Friday outlasts a weekend
without the hub. Longer, it would not be what people see now, and they approve it anew.
"""

_EVERY: Final = Profile(frozenset({"class", "band", "methods", "register"}))


class Made(msgspec.Struct, frozen=True):
    """The batch that was made of it, which the hub may have taken."""

    epoch: int
    digest: str


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A file of findings, as it was approved."""

    hub: str
    list_key: str  # Of a hub that was founded anew under its old name it is another.
    member: str
    findings: str  # All that stood in the file, in the one form of a CSV.
    count: int
    request: int | None  # By which it was approved; None: it only takes back what was said before.
    four_eyes: bool = False  # Somebody else had to approve it.
    entry: int  # Of the journal, which says that this was kept.
    epoch: int  # It goes as the batch of this epoch or of a later one,
    last: int  # but of none after this one.
    made: Made | None = None

    @property
    def digest(self) -> str:
        """Name what stood in the file, by whatever order of its rows."""
        return digest(self.findings.encode())

    def statements(self) -> tuple[Statement, ...]:
        """Give what stood in the file."""
        return parse_submission_csv(self.findings.encode(), _EVERY, path=UPLOAD)

    def facts(self) -> dict[str, object]:
        """Say what the journal has of it from the beginning."""
        return {
            "source": "file",
            "lines_checked": True,
            "findings_digest": self.digest,
            "findings": self.count,
            "request": self.request,
            "four_eyes": self.four_eyes,
        }


def waiting_of(
    membership: JoinedHub, findings: tuple[Statement, ...], request: int | None, epoch: int
) -> Waiting:
    """Give what is to be kept of a file, which may go as the batch of *epoch*; nothing is kept."""
    return Waiting(
        hub=membership.hub,
        list_key=membership.list_key.render(),
        member=membership.member,
        findings=render_submission_csv(findings).decode(),
        count=len(findings),
        request=request,
        entry=-1,
        epoch=epoch,
        last=epoch + GOOD_FOR,
    )


def read_waiting(home: Home, membership: JoinedHub) -> Waiting | None:
    """
    Give what waits; None: nothing does. What was for another hub, or by another name, is let go.

    Raises:
        ConfigError: If what is kept is damaged.
    """
    path = _path(home)
    if not path.exists():
        return None
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Waiting)
    except (OSError, msgspec.DecodeError) as error:
        raise ConfigError(f"{path} is damaged; restore it from backup, or remove it") from error
    meant = (membership.hub, membership.list_key.render(), membership.member)
    if (found.hub, found.list_key, found.member) == meant:
        return found
    drop_waiting(home)
    return None


def put_waiting(home: Home, waiting: Waiting) -> Waiting:
    """Keep *waiting* in place of whatever waited, and give it."""
    replace_durably(path_in(home, UPLOAD), msgspec.json.encode(waiting), mode=0o600)
    return waiting


def drop_waiting(home: Home) -> None:
    """Let what waits go."""
    with on_disk(_path(home)):
        _path(home).unlink(missing_ok=True)


def sent_of(home: Home, membership: JoinedHub, waiting: Waiting) -> Parcel | None:
    """Give the batch that was made of it if the hub gave its receipt for that; None: not yet."""
    if waiting.made is None:
        return None
    sent = find_sent(home, membership, Deed.SUBMISSION, waiting.made.epoch)
    return sent if sent is not None and sent.digest == waiting.made.digest else None


def told_of(membership: JoinedHub, waiting: Waiting) -> dict[str, object]:
    """Tell people what waits, whose batch it will be, and from when to when it may be sent."""
    return {
        "findings": waiting.count,
        "request": waiting.request,
        "epoch": membership.day_of(waiting.epoch),
        # The hub takes what is said of an epoch when that is over.
        "sent_after": f"{membership.day_of(waiting.epoch + 1)} 00:00 UTC",
        "let_go_after": f"{membership.day_of(waiting.last + 2)} 00:00 UTC",
    }


def require_let_out(home: Home, waiting: Waiting) -> None:
    """
    Return if another person let out this very content, and use that approval if nobody did.

    Raises:
        NotPermitted: If the journal does not say so.
    """
    journal = home.journal()
    body = journal.body(waiting.entry) if 0 <= waiting.entry < journal.head().size else None
    told = {} if body is None or body.leaf() != journal.leaf(waiting.entry) else body.parse()
    said = {"operation": Operation.SUBMIT.word, "stage": "kept", **waiting.facts()}
    if any(told.get(name) != value for name, value in said.items()):
        raise NotPermitted("the journal does not say that the findings that wait were kept so")
    if waiting.request is None or _is_used(home, waiting):
        return
    try:
        asked = approvals.request_of(home, waiting.request)
    except NotFound as error:
        raise NotPermitted(f"there is no request {waiting.request}, which let them out") from error
    if asked.state_at(home.clock()) is not State.APPROVED:
        raise NotPermitted(f"request {asked.id}, for the findings that wait, is not approved")
    if not rules.fits(asked, Kind.PUBLICATION, content_of(waiting)):
        raise NotPermitted("the findings that wait are not what another person approved")
    approvals.take(home, asked.id)


def content_of(waiting: Waiting) -> dict[str, object]:
    """Say what another person approves: the findings of the file, in whatever epoch they go."""
    return {"hub_findings": waiting.digest, "findings": waiting.count}


def _is_used(home: Home, waiting: Waiting) -> bool:
    wanted = (APPROVALS, "use", waiting.request)
    return any(
        (told.get("operation"), told.get("act"), told.get("request")) == wanted
        and "refused" not in told
        for told in (each.parse() for each in home.journal().bodies(waiting.entry + 1))
    )


def _path(home: Home) -> Path:
    return home.folder / FOLDER / UPLOAD

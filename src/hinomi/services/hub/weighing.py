"""What members said of the epochs before, read and weighed."""

from collections.abc import Mapping
from dataclasses import dataclass

from hinomi.hub.aggregate import Decision, Outcome, aggregate
from hinomi.model.case import ServiceClass
from hinomi.model.member import MemberState
from hinomi.model.statement import Deed, Endpoint, Statement
from hinomi.services.home import Home
from hinomi.services.hub.epochs import Epoch
from hinomi.share.submission import Profile, parse_submission, parse_submission_csv
from hinomi.store.casebook import CaseBook
from hinomi.store.hub.batches import Batch


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """What all that was said comes to in one epoch."""

    epoch: Epoch
    decisions: tuple[Decision, ...]

    @property
    def wanted(self) -> Mapping[Endpoint, ServiceClass]:
        """What shall be listed, each with its class."""
        return {
            each.endpoint: each.service_class
            for each in self.decisions
            if each.outcome is Outcome.LIST
        }


def weigh_statements(home: Home, casebook: CaseBook, now: Epoch) -> Weighed:
    """Weigh what admitted members said, up to the epoch that is spoken of in *now*."""
    since = now.spoken_of - home.register.integer("hub.statement_epochs") + 1
    batches = casebook.hub.batches.newest(Deed.SUBMISSION, since, now.spoken_of)
    admitted = {
        each.name for each in casebook.hub.members.all() if each.state is MemberState.ADMITTED
    }
    said = {each.member: _read(home, each, now.days) for each in batches if each.member in admitted}
    least = home.register.integer("hub.least_members")
    return Weighed(epoch=now, decisions=aggregate(said, least_members=least))


def keep_weighings(casebook: CaseBook, weighed: Weighed) -> None:
    """Keep what was weighed, for people to look at."""


def _read(home: Home, batch: Batch, epoch_days: int) -> tuple[Statement, ...]:
    profile = Profile.from_register(home.register)
    if batch.media == "csv":
        return parse_submission_csv(batch.body, profile)
    return parse_submission(batch.body, profile, epoch=batch.epoch, epoch_days=epoch_days)

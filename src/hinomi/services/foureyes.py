"""
Where research asks for other people's approval, and is refused without it.

A home in which nobody but the asker can approve runs and releases nothing (`require_two`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from hinomi.errors import NotPermitted
from hinomi.govern.approvals import approvals_needed
from hinomi.govern.roles import Kind
from hinomi.services import approvals
from hinomi.services.home import Home
from hinomi.services.people import acting, people_in_force, today

PEOPLE: Final = 2
"""So many other people approve a run, and again its result."""


@dataclass(frozen=True, slots=True)
class Leave:
    """Leave to do one act once."""

    request: str  # Under which it was asked for.
    approved_by: tuple[str, ...]

    def render(self) -> dict[str, object]:
        """Render what the journal keeps."""
        return {"approval": self.request, "approved_by": list(self.approved_by)}


def require_two(leave: Leave) -> Leave:
    """
    Return *leave* if two people gave it, however few a home may otherwise be content with.

    Raises:
        NotPermitted: If fewer did.
    """
    if len(set(leave.approved_by)) < PEOPLE:
        raise NotPermitted(
            f"{leave.request} was approved by {len(set(leave.approved_by))}; research takes "
            f"{PEOPLE} people beside who asks: enter them, and ask anew"
        )
    return leave


class FourEyes(Protocol):
    """Asks other people, and tells what they said."""

    def request(self, home: Home, what: Mapping[str, object], reason: str) -> str:
        """
        Ask for an act.

        Args:
            home: Where.
            what: The act itself, as JSON can tell it; only this very content may be done.
            reason: Why, in words for whoever approves.

        Returns:
            The word under which others find what was asked.

        Raises:
            NotPermitted: If it may not be asked for.
        """

    def require_approved(self, home: Home, what: Mapping[str, object]) -> Leave:
        """
        Give leave to do *what* once, naming those who approved it: never who asked.

        Raises:
            NotPermitted: If other people did not approve this very content.
        """


class Approvals:
    """The approvals of the home: who asks does not approve."""

    def request(self, home: Home, what: Mapping[str, object], reason: str) -> str:
        """Ask as `FourEyes` says; not at all where two others will never approve it."""
        actor = acting(home, people_in_force(home).people)
        kind = Kind.RESEARCH_RELEASE
        if approvals_needed(kind, actor.id, actor.people, today(home)) < PEOPLE:
            raise NotPermitted(
                f"research takes {PEOPLE} people who approve beside who asks, and this home has "
                "fewer: let them in with `hinomi people add`; made-up worlds are free"
            )
        return f"approval {approvals.request(home, Kind.RESEARCH_RELEASE, what, reason)}"

    def require_approved(self, home: Home, what: Mapping[str, object]) -> Leave:
        """Give leave as `FourEyes` says."""
        found = approvals.require_approved(home, Kind.RESEARCH_RELEASE, what)
        return Leave(f"approval {found.request}", found.approved_by)


def four_eyes() -> FourEyes:
    """Give what approves research."""
    return Approvals()

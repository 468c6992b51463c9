"""The members of the hub, and what their nodes show to be let in."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from hinomi.errors import Conflict, NotFound, NotPermitted
from hinomi.model.member import (
    Attestation,
    Credential,
    Member,
    MemberKind,
    MemberState,
    Outlet,
    Use,
)
from hinomi.store.database import Database
from hinomi.store.hub.rows import known
from hinomi.store.hub.schema import CREDENTIALS, MEMBERS

_FIRST_DAY: Final = date(1970, 1, 1)


class MemberStore:
    """All members of one hub; reached as `CaseBook.hub.members`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, member: Member) -> None:
        """
        Add a member.

        Raises:
            Conflict: If one of this name is there.
        """
        with self._database.write() as connection:
            if connection.execute(sa.select(MEMBERS).filter_by(name=member.name)).one_or_none():
                raise Conflict(f"a member is called {member.name}; choose another name")
            connection.execute(sa.insert(MEMBERS).values(_member_row(member)))

    def put(self, member: Member, before: Member | None = None) -> None:
        """
        Put *member* in the place of what was known of it.

        Args:
            member: As it shall be.
            before: As it was when that was decided; None: whatever it was.

        Raises:
            NotFound: If there is none of this name.
            Conflict: If it is not as it was before: a suspension is never overwritten unseen.
        """
        with self._database.write() as connection:
            one = sa.select(MEMBERS).filter_by(name=member.name)
            row = connection.execute(one).one_or_none()
            if row is None:
                raise _unknown(member.name)
            if before is not None and _member(row) != before:
                raise Conflict(
                    f"somebody else changed {member.name} meanwhile: look, and try again"
                )
            connection.execute(
                sa.update(MEMBERS).filter_by(name=member.name).values(_member_row(member))
            )

    def set_state(self, name: str, state: MemberState, among: Collection[MemberState]) -> Member:
        """
        Change the state of a member alone, whatever else somebody changes of it meanwhile.

        Args:
            name: Which member.
            state: What it shall be in.
            among: What it must be in until then.

        Raises:
            NotFound: If there is none of this name.
            Conflict: If it is in another state.
        """
        with self._database.write() as connection:
            one = sa.select(MEMBERS).filter_by(name=name)
            row = connection.execute(one).one_or_none()
            if row is None:
                raise _unknown(name)
            found = _member(row)
            if found.state not in among:
                raise Conflict(f"{name} is {found.state} by now")
            connection.execute(sa.update(MEMBERS).filter_by(name=name).values(state=state.value))
        return replace(found, state=state)

    def get(self, name: str) -> Member:
        """
        Give one member.

        Raises:
            NotFound: If there is none of this name.
        """
        with self._database.read() as connection:
            row = connection.execute(sa.select(MEMBERS).filter_by(name=name)).one_or_none()
        if row is None:
            raise _unknown(name)
        return _member(row)

    def all(self) -> tuple[Member, ...]:
        """Give every member, by name."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(MEMBERS).order_by(MEMBERS.c.name)).all()
        return tuple(_member(row) for row in rows)

    def add_credential(self, credential: Credential) -> None:
        """
        Add a certificate with its token.

        Raises:
            Conflict: If this certificate is known already.
        """
        with self._database.write() as connection:
            known = sa.select(CREDENTIALS).filter_by(fingerprint=credential.fingerprint)
            if connection.execute(known).one_or_none():
                raise Conflict("this certificate is known already")
            connection.execute(
                sa.insert(CREDENTIALS).values(
                    fingerprint=credential.fingerprint,
                    member=credential.member,
                    token_digest=credential.token_digest,
                    outlets=[each.value for each in credential.outlets],
                    until=(credential.until - _FIRST_DAY).days,
                    is_revoked=credential.is_revoked,
                )
            )

    def revoke(self, fingerprint: str) -> None:
        """
        Let nobody in by this certificate any more.

        Raises:
            NotFound: If it is not known.
        """
        with self._database.write() as connection:
            found = connection.execute(
                sa.update(CREDENTIALS).filter_by(fingerprint=fingerprint).values(is_revoked=True)
            )
            if not found.rowcount:
                raise NotFound("no certificate has this fingerprint; `hinomi hub member show`")

    def credential(self, fingerprint: str) -> tuple[Credential, Member] | None:
        """Give what a certificate stands for, and whose it is; None: it is not known."""
        wanted = (
            sa.select(CREDENTIALS, MEMBERS)
            .join(MEMBERS, MEMBERS.c.name == CREDENTIALS.c.member)
            .where(CREDENTIALS.c.fingerprint == fingerprint)
        )
        with self._database.read() as connection:
            row = connection.execute(wanted).one_or_none()
        return None if row is None else (_credential(row), _member(row))

    def credentials(self, member: str) -> tuple[Credential, ...]:
        """Give the certificates of one member, also those that let nobody in any more."""
        order = (CREDENTIALS.c.until, CREDENTIALS.c.fingerprint)
        with self._database.read() as connection:
            rows = connection.execute(
                sa.select(CREDENTIALS).filter_by(member=member).order_by(*order)
            ).all()
        return tuple(_credential(row) for row in rows)


def require_unchanged(connection: sa.Connection, heard: Member | None) -> None:
    """
    Return if a member may be heard as it was when it was let in: by its state and its key.

    Args:
        connection: That writes what the member says, with nobody else writing meanwhile.
        heard: As it was let in; None: it is not looked at.

    Raises:
        NotPermitted: If it was suspended, or got another key, since.
    """
    if heard is None:
        return
    wanted = sa.select(MEMBERS.c.state, MEMBERS.c.signing_key).filter_by(name=heard.name)
    row = connection.execute(wanted).one_or_none()
    if row is None or (row.state, row.signing_key) != (heard.state.value, heard.signing_key):
        raise NotPermitted(f"{heard.name} is in another state, or has another key, by now")


def _unknown(name: str) -> NotFound:
    return NotFound(f"no member is called {name}; `hinomi hub member list` shows them")


def _member_row(member: Member) -> dict[str, object]:
    return {
        "name": member.name,
        "organisation": member.organisation,
        "kind": member.kind.value,
        "state": member.state.value,
        "contacts": list(member.contacts),
        "uses": [each.value for each in member.uses],
        "page": member.page,
        "signing_key": member.signing_key,
        "attestations": [msgspec.to_builtins(each) for each in member.attestations],
    }


def _member(row: Any) -> Member:
    return Member(
        name=row.name,
        organisation=row.organisation,
        kind=known(MemberKind, row.kind, "hub_members.kind"),
        state=known(MemberState, row.state, "hub_members.state"),
        contacts=tuple(row.contacts),
        uses=tuple(known(Use, each, "hub_members.uses") for each in row.uses),
        page=row.page,
        signing_key=row.signing_key,
        attestations=tuple(msgspec.convert(each, Attestation) for each in row.attestations),
    )


def _credential(row: Any) -> Credential:
    return Credential(
        fingerprint=row.fingerprint,
        member=row.member,
        token_digest=row.token_digest,
        outlets=tuple(known(Outlet, each, "hub_credentials.outlets") for each in row.outlets),
        until=_FIRST_DAY + timedelta(days=row.until),
        is_revoked=row.is_revoked,
    )

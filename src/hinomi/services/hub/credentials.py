"""
What a member's node is let in by: a certificate, and a token that is worth something with it alone.

The token is told once, in the welcome; the hub keeps its digest. Both may be renewed at any time:
what was given before holds until its own end, or until it is revoked.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509

from hinomi.clock import date_of
from hinomi.errors import ConfigError, Conflict, MalformedDocument, Unavailable, UsageError
from hinomi.govern.approvals import Request, State
from hinomi.govern.people import token_digest
from hinomi.hub.outlets import Openings, table
from hinomi.model.member import Credential, Member, MemberState, Outlet
from hinomi.services import approvals
from hinomi.services.home import Home
from hinomi.services.hub.authorities import (
    authority,
    authority_certificate,
    chosen,
    operators_authorities,
    read_text,
)
from hinomi.services.hub.founding import envelope_signer, host_of, list_signer
from hinomi.services.hub.scrutiny import approval_facts, asked, requests_of, require_own_key
from hinomi.services.mandates import Operation, record
from hinomi.share.certificates import (
    NodeKey,
    fingerprint,
    is_authority,
    is_for_clients,
    is_issued_by,
    is_of,
    last_day,
    parse_certificate,
    render_certificate,
    requested_key,
    require_in_time,
)
from hinomi.share.enrolment import (
    WELCOME,
    EnrolmentRequest,
    HubAddress,
    Welcome,
    render_document,
    request_digest,
    welcome_number,
)
from hinomi.store.durable import on_disk, require_file_place, write_secret

TOKEN_BYTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a certificate is to be given for."""

    request: EnrolmentRequest
    certificate: Path | None = None  # Issued elsewhere; None: the hub's own authority issues one.
    outlets: tuple[Outlet, ...] = ()  # None: all that stand open to the member now.
    reason: str = ""  # For whoever approves a request that is not known yet.


@dataclass(frozen=True, slots=True, kw_only=True)
class Certified:
    """What a member's node was given."""

    credential: Credential
    request_digest: str  # For both ends to compare.
    number: str  # Of the welcome, for both ends to compare.
    welcome: Path


def certify(home: Home, name: str, wanted: Wanted, out: Path) -> Certified | Request:
    """
    Give a member's node its certificate and token, in the file *out*.

    One person renews what a request got that was admitted with the member. Another request, be
    its signing key the member's, lets in a node that nobody looked at: that is asked for first,
    and the same call once more does it when another person has approved.

    Returns:
        What was given, or the request that waits for another person.

    Raises:
        NotFound: If there is no such member or file.
        Conflict: If it does not take part, the request is not its, or *out* exists.
        MalformedDocument: If the request proves nothing, or the certificate does not fit.
        UsageError: If an outlet is asked for that its kind may not use, or the reason is blank
            where another person is asked.
        NotPermitted: If the acting person may not ask.
        ConfigError: If the hub has no address, or its keys are damaged.
        Unavailable: If the disk refuses; then nobody is let in by what was made.
    """
    mandate = home.mandate(Operation.MEMBERS)
    _require_new(out)
    with home.casebook() as casebook:
        members = casebook.hub.members
        member = members.get(name)
        if member.state is not MemberState.ADMITTED:
            raise Conflict(f"{name} is {member.state}: certificates are for those who take part")
        require_own_key(casebook, member, wanted.request)
        _require_signing_key(member, wanted.request)
        asking = _asking(home, member, wanted)
        if asking is not None and asking.state_at(home.clock()) is not State.APPROVED:
            return asking
        certificate, elsewhere = _certificate(home, member, wanted)
        token = secrets.token_urlsafe(TOKEN_BYTES)
        credential = Credential(
            fingerprint=fingerprint(certificate),
            member=name,
            token_digest=token_digest(token),
            outlets=_outlets(home, member, wanted.outlets),
            until=last_day(certificate),
        )
        welcome = _welcome(home, credential, certificate, token, elsewhere)
        leave = {} if asking is None else approval_facts(approvals.take(home, asking.id)[1])
        facts = {**_facts(credential, wanted), **leave}
        record(home.journal(), Operation.MEMBERS, mandate, facts)
        members.add_credential(credential)
        try:
            with on_disk(out):
                write_secret(out, render_document(welcome))
        except Unavailable:
            members.revoke(credential.fingerprint)  # Nobody has its token.
            raise
    return Certified(
        credential=credential,
        request_digest=request_digest(wanted.request),
        number=welcome_number(welcome),
        welcome=out,
    )


def revoke(home: Home, name: str, said: str | None) -> tuple[Credential, ...]:
    """
    Let nobody in by a certificate any more, from the next request on.

    Args:
        home: The hub's.
        name: Whose it is.
        said: Its fingerprint, or the beginning of it; None: all of this member's.

    Raises:
        NotFound: If there is no such member, or certificate of it.
        UsageError: If several begin so.
    """
    mandate = home.mandate(Operation.MEMBERS)
    with home.casebook() as casebook:
        casebook.hub.members.get(name)
        valid = {
            each.fingerprint: each
            for each in casebook.hub.members.credentials(name)
            if not each.is_revoked
        }
        gone = tuple(valid.values())
        if said is not None:
            gone = (chosen(valid, said, f"hinomi hub member show {name}"),)
        facts = {
            "act": "revoke",
            "member": name,
            "fingerprints": [each.fingerprint for each in gone],
        }
        record(home.journal(), Operation.MEMBERS, mandate, facts)
        for each in gone:
            casebook.hub.members.revoke(each.fingerprint)
    return gone


def _require_new(out: Path) -> None:
    if out.exists():
        raise Conflict(f"{out} exists, and may hold somebody's token; name another file")
    require_file_place(out)


def _require_signing_key(member: Member, request: EnrolmentRequest) -> None:
    if member.signing_key != request.signing_key:
        raise Conflict(
            f"the request is signed for by another key than {member.name}'s; ask them, then "
            f"`hinomi hub member change {member.name} --request FILE --replace-key`"
        )


def _asking(home: Home, member: Member, wanted: Wanted) -> Request | None:
    """Ask another person about a request that was not admitted with the member; None: it was."""
    digest = request_digest(wanted.request)
    if digest in requests_of(home, member.name).admitted:
        return None
    outlets = sorted(_outlets(home, member, wanted.outlets))
    what = {
        "act": "certify node of member",
        "member": member.name,
        "organisation": member.organisation,
        "request_sha256": digest,
        "outlets": [each.value for each in outlets],
    }
    return asked(home, what, wanted.reason)


def _certificate(
    home: Home, member: Member, wanted: Wanted
) -> tuple[x509.Certificate, x509.Certificate | None]:
    """Issue a certificate, or take one that an authority of the operator's own issued."""
    key = requested_key(wanted.request.csr, "request")
    if wanted.certificate is None:
        days, day = home.register.integer("hub.certificate_days"), date_of(home.clock())
        return authority(home).issue_node(key, member.name, day, days), None
    path = str(wanted.certificate)
    found = parse_certificate(read_text(wanted.certificate), path)
    _require_fit(home, found, key, path)
    issuers = [each for each in operators_authorities(home) if is_issued_by(found, each)]
    if not issuers:
        raise MalformedDocument(
            "no authority that was entered issued it; enter its authority: `hinomi hub trust add`",
            path,
        )
    return found, issuers[0]


def _require_fit(home: Home, found: x509.Certificate, key: NodeKey, path: str) -> None:
    if not is_of(found, key):
        raise MalformedDocument("is of another key than the request's", path)
    if is_authority(found) or not is_for_clients(found):
        raise MalformedDocument("is not for a client: it is an authority's, or a server's", path)
    require_in_time(found, home.clock(), path)


def _outlets(home: Home, member: Member, said: tuple[Outlet, ...]) -> tuple[Outlet, ...]:
    """Give what a node is let through to: what was said, else all that stands open now."""
    if not said:
        return Openings.from_register(home.register).open_to(member.kind)
    allowed = table().not_refused(member.kind)
    if wrong := [each for each in said if each not in allowed]:
        raise UsageError(
            f"{wrong[0]} is not for members of the kind {member.kind}; `hinomi hub outlets`"
        )
    return tuple(each for each in Outlet if each in said)


def _welcome(
    home: Home,
    credential: Credential,
    certificate: x509.Certificate,
    token: str,
    elsewhere: x509.Certificate | None,
) -> Welcome:
    if not host_of(home.config.hub.url):
        raise ConfigError(
            f"{home.folder / 'config.toml'}: hub.url is empty: members are to know where the hub "
            "is; enter it, then `hinomi hub certify`"
        )
    signer = list_signer(home)
    return Welcome(
        format=WELCOME,
        member=credential.member,
        hub=HubAddress(
            name=signer.name,
            url=home.config.hub.url.removesuffix("/"),
            list_key=signer.verifier.render(),
            envelope_key=envelope_signer(home).verifier.render(),
            epoch_days=home.register.integer("share.epoch_days"),
        ),
        authority=render_certificate(authority_certificate(home)),
        certificate=render_certificate(certificate),
        token=token,
        outlets=credential.outlets,
        client_authority="" if elsewhere is None else render_certificate(elsewhere),
    )


def _facts(credential: Credential, wanted: Wanted) -> dict[str, object]:
    return {
        "act": "certify",
        "member": credential.member,
        "fingerprint": credential.fingerprint,
        "until": str(credential.until),
        "outlets": [each.value for each in credential.outlets],
        "issued_here": wanted.certificate is None,
        "request_sha256": request_digest(wanted.request),
    }

"""
Asking the hub: one connection by mutual TLS, with bounds on time and size.

Only the hub's own authority is trusted, no proxy and no setting is taken from the environment,
and no redirection is followed: what this node asks goes to the place that it joined, or nowhere.
"""

import ssl
import time
import zlib
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import httpx
import msgspec

from hinomi.errors import (
    ConfigError,
    Conflict,
    HinomiError,
    MalformedDocument,
    NotFound,
    NotPermitted,
    Unavailable,
)
from hinomi.services.home import Home
from hinomi.services.membership.deadline import Connection, Overdue, within
from hinomi.services.membership.joined import JoinedHub
from hinomi.services.membership.joining import AUTHORITY, CERTIFICATE, NODE_KEY, read_token
from hinomi.services.membership.validity import ANEW, require_valid
from hinomi.telemetry import mask_addresses

WAITS_S: Final = (1.0, 2.0, 4.0, 8.0)
"""How long to wait before each further attempt: five in all, and nobody waits for ever."""

TOTAL_S: Final = 300.0
"""No request takes longer, with all its attempts; one answer may drip in slowly until then."""

ALL_S: Final = 600.0
"""All requests of one command together take no longer: nobody else waits longer for its lock."""

SMALL: Final = 1 << 16
"""Most bytes of a head, an envelope, a receipt, a refusal."""

LARGE: Final = 64 << 20
"""Most bytes of a list: half a million servers."""

_GZIP: Final = 16 + zlib.MAX_WBITS
"""Says that a stream is one of gzip (RFC 1952), with its check sum."""

_TIMEOUT: Final = httpx.Timeout(30.0, connect=10.0)
_AGAIN: Final = frozenset({429, 502, 503, 504})
_WRONG: Final = frozenset({400, 413, 415, 422})
_TOLD_MOST: Final = 300
_OUT_OF_TIME: Final = frozenset({9, 10})  # Not yet valid, expired: `X509_V_ERR_…` of OpenSSL.
_ENDED: Final = "ALERT_CERTIFICATE_EXPIRED"  # Alert 45 of TLS (RFC 8446, section 6.2).
_REFUSALS: Final[Mapping[int, type[HinomiError]]] = {
    401: NotPermitted,
    403: NotPermitted,
    404: NotFound,
    409: Conflict,
}

T = TypeVar("T")


class NotTaken(MalformedDocument):
    """The hub finds what was sent wrong: sending it again would not help."""


class _Away(Exception):
    """The hub did not answer this time, for this reason."""


class HubClient:
    """Asks one hub; used as a context, which closes the connection."""

    def __init__(
        self, home: Home, membership: JoinedHub, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """
        Make ready to ask; nothing is asked yet.

        Args:
            home: Its keys are shown.
            membership: Says where the hub is.
            sleep: Waits for so many seconds.

        Raises:
            ConfigError: If a key or certificate is missing or damaged, or the certificate ended.
        """
        require_valid(home)
        self._name = membership.url
        self._sleep = sleep
        self._left_s = ALL_S
        self._connection = Connection()
        self._is_left = False  # A thread that took too long may still be in the client.
        self._client = httpx.Client(
            base_url=membership.url,
            verify=_context(home),
            headers={
                "Authorization": f"Bearer {read_token(home)}",
                "Accept-Encoding": "gzip, identity;q=0.5",  # A list is a twentieth then.
                "User-Agent": "hinomi",
            },
            timeout=_TIMEOUT,
            follow_redirects=False,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()
        if not self._is_left:
            self._client.close()

    def get(self, path: str, *, most: int = SMALL) -> bytes:
        """
        Give what stands at *path*, at most *most* bytes.

        Raises:
            Unavailable: If the hub is away, or stays too busy.
            NotFound, NotPermitted, Conflict: As the hub says.
            MalformedDocument: If the answer is too long.
            NotTaken: If the hub finds the question wrong.
        """
        return self._ask("GET", path, most=most)

    def get_text(self, path: str) -> str:
        """Give the text at *path*, as `get`."""
        body = self.get(path)
        try:
            return body.decode("utf-8")
        except UnicodeDecodeError as error:
            raise MalformedDocument("is no text in UTF-8", f"{self._name}{path}") from error

    def get_json(self, path: str, kind: type[T], *, most: int = SMALL) -> T:
        """Give the JSON at *path*, as `get`; fields that *kind* has not are passed over."""
        return self._decoded(self.get(path, most=most), path, kind)

    def put_json(
        self, path: str, body: bytes, kind: type[T], headers: Mapping[str, str] | None = None
    ) -> T:
        """
        Put *body* at *path*, and give the answer.

        The same body may be put again: what was cut off is tried again with the same bytes.
        """
        answer = self._ask("PUT", path, most=SMALL, content=body, headers=dict(headers or {}))
        return self._decoded(answer, path, kind)

    def _decoded(self, body: bytes, path: str, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(body, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise MalformedDocument("is not what a hub answers", f"{self._name}{path}") from error

    def _ask(self, method: str, path: str, *, most: int, **given: Any) -> bytes:
        begun_s = time.monotonic()
        ends_s = begun_s + min(TOTAL_S, self._left_s)
        try:
            for wait_s in (*WAITS_S, None):
                try:
                    return self._in_time(method, path, most, ends_s, given)
                except _Away as error:
                    if wait_s is None or time.monotonic() + wait_s >= ends_s:
                        raise Unavailable(
                            f"the hub {self._name} is away: {error}; try again later"
                        ) from error
                    self._sleep(wait_s)
        finally:
            self._left_s -= time.monotonic() - begun_s
        raise AssertionError  # The last attempt returns or raises.

    def _in_time(
        self, method: str, path: str, most: int, ends_s: float, given: Mapping[str, Any]
    ) -> bytes:
        """Ask once; what is not done by *ends_s* is left, wherever it stands then."""
        connection = self._connection
        traced = {**given, "extensions": {"trace": connection.trace}}
        try:
            return within(
                ends_s - time.monotonic(),
                lambda: self._once(method, path, most, ends_s, traced),
                connection,
            )
        except Overdue as error:
            self._connection, self._is_left = Connection(), True
            raise _Away("its answer took too long") from error

    def _once(
        self, method: str, path: str, most: int, ends_s: float, given: Mapping[str, Any]
    ) -> bytes:
        try:
            with self._client.stream(method, path, **given) as answer:
                limit = most if answer.is_success else SMALL
                body = _bounded(answer, limit, ends_s, f"{self._name}{path}")
        except (httpx.TransportError, OSError) as error:
            _require_certificates(error, self._name)
            raise _Away(_said(str(error)) or type(error).__name__) from error
        if answer.is_success:
            return body
        told = _told(body)
        if answer.status_code in _AGAIN:
            raise _Away(told or f"it answers {answer.status_code}")
        raise _refusal(answer.status_code, told, f"{self._name}{path}")


def _require_certificates(error: BaseException, name: str) -> None:
    """
    Return if it is not for a certificate that a connection failed: to try again may help then.

    Raises:
        ConfigError: If the hub finds that this node's certificate has ended.
        Unavailable: If it is the hub's that is wrong.
    """
    cause = _first_cause(error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        if cause.verify_code in _OUT_OF_TIME:
            raise Unavailable(
                f"the certificate of {name} has ended, or not begun, by this node's clock: is the "
                "clock right? If so, ask whoever runs the hub"
            ) from error
        raise Unavailable(
            f"who answers at {name} is not the hub that this home joined: its certificate is not "
            "of the hub's authority"
        ) from error
    if isinstance(cause, ssl.SSLError) and str(cause.reason).endswith(_ENDED):
        raise ConfigError(
            f"the hub finds that this node's certificate has ended: {ANEW}; is this node's clock "
            "right?"
        ) from error


def _context(home: Home) -> ssl.SSLContext:
    """Make the TLS context: this node's certificate, and the hub's authority alone."""
    # Not `create_default_context`: that lets the environment write the session's keys to a file.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    certificate, key, authority = (
        home.folder / each for each in (CERTIFICATE, NODE_KEY, AUTHORITY)
    )
    try:
        context.load_verify_locations(cafile=authority)
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"the certificates in {authority.parent} are missing or damaged; restore them from "
            "backup, or join anew"
        ) from error
    return context


def _bounded(answer: httpx.Response, most: int, ends_s: float, path: str) -> bytes:
    """
    Read a body of at most *most* bytes, until *ends_s*.

    What is packed is unpacked as it comes, and not beyond *most*: a small answer cannot swell.
    """
    encoding = answer.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in {"gzip", "identity"}:
        raise MalformedDocument("the answer is packed in a way that was not asked for", path)
    unpacker = zlib.decompressobj(_GZIP) if encoding == "gzip" else None
    parts: list[bytes] = []
    length = taken = 0
    for came in answer.iter_raw():
        taken += len(came)
        part = came if unpacker is None else _unpacked(unpacker, came, most - length + 1, path)
        length += len(part)
        if max(length, taken) > most:
            raise MalformedDocument(f"the answer is longer than {most:,} bytes", path)
        if time.monotonic() > ends_s:
            raise _Away("its answer took too long")
        parts.append(part)
    if unpacker is not None and (not unpacker.eof or unpacker.unused_data):
        raise MalformedDocument("the answer is not one whole gzip stream", path)
    return b"".join(parts)


def _unpacked(unpacker: "zlib._Decompress", came: bytes, most: int, path: str) -> bytes:
    """Unpack what came, to *most* bytes at most, which is at least 1."""
    try:
        return unpacker.decompress(came, most)
    except zlib.error as error:
        raise MalformedDocument("the answer is no gzip stream", path) from error


def _refusal(status: int, told: str, path: str) -> HinomiError:
    """Give the error that says what a refusal of the hub says."""
    kind = _REFUSALS.get(status)
    if kind is not None:
        return kind(f"the hub says: {told or status}")
    if 300 <= status < 400:  # noqa: PLR2004 - redirections.
        return Unavailable(f"{path} leads elsewhere ({status}): that is not followed; join anew")
    if status >= 500:  # noqa: PLR2004 - faults of the server.
        return Unavailable(f"the hub failed at {path} ({status}); ask whoever runs it")
    wrong = NotTaken if status in _WRONG else MalformedDocument
    return wrong(f"the hub says: {told or status}", path)


class _Refused(msgspec.Struct):
    error: str


def _told(body: bytes) -> str:
    """Take the one line out of a refusal; nothing where there is none."""
    try:
        return _said(msgspec.json.decode(body, type=_Refused).error)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""


def _said(text: str) -> str:
    """Make one short line of what somebody else wrote, without addresses."""
    line = "".join(each if each.isprintable() else " " for each in text)
    return mask_addresses(" ".join(line.split()))[:_TOLD_MOST]


def _first_cause(error: BaseException) -> BaseException:
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return error

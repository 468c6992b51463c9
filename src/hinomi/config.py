"""
The configuration of a home: one TOML file, defaults first, then the file.

Values that shape detection or privacy stand in the parameter register, not here.
"""

import re
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
import tomli_w

from hinomi.errors import ConfigError


class NodeKind(StrEnum):
    """What a home may take in (R3)."""

    OPERATIONAL = "operational"  # Sampled flow records only; its findings may be shared.
    LABORATORY = "laboratory"  # Takes anything, also captures; can share nothing.
    HUB = "hub"  # Takes members' statements, and no flow record at all.


class NodeConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What this home is."""

    kind: NodeKind = NodeKind.OPERATIONAL


class CollectConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How flow records are taken in; all but *transit* concerns `hinomi collect` alone."""

    transit: Literal["drop", "keep"] = "drop"
    listen: tuple[str, ...] = ("0.0.0.0:2055", "[::]:2055")
    allow: tuple[str, ...] = ()
    identify: Literal["source", "agent"] = "source"
    workers: Annotated[int, msgspec.Meta(ge=1, le=64)] = 1
    flush_seconds: Annotated[int, msgspec.Meta(ge=1, le=3600)] = 60
    receive_buffer_mib: Annotated[int, msgspec.Meta(ge=1, le=1024)] = 32
    metrics: str = "127.0.0.1:9752"
    forward: str = ""
    forward_transparent: bool = False


class CasebookConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the case book is: in a file of the home, or in a database that a team shares."""

    postgresql: str = ""
    password_file: Annotated[str, msgspec.Meta(pattern="^(/.*)?$")] = ""

    def __post_init__(self) -> None:
        """
        Refuse words that libpq does not understand, and a password.

        Raises:
            ValueError: If they are so; the message repeats nothing of them.
        """
        if self.postgresql:
            # Slow to load, and most homes have no use for it.
            from hinomi.store.postgresql import parse_conninfo  # noqa: PLC0415

            try:
                parse_conninfo(self.postgresql)
            except ValueError as error:
                raise ValueError(f"postgresql {error}") from error
        elif self.password_file:
            raise ValueError("password_file needs casebook.postgresql beside it")


class EngineConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What detection may use of the machine."""

    memory_mib: Annotated[int, msgspec.Meta(ge=256)] = 3000
    threads: Annotated[int, msgspec.Meta(ge=0, le=1024)] = 0
    spark_master: str = ""
    spark_settings: dict[str, str] = {}


class CasesConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How people are told that a case waits for them."""

    page: tuple[str, ...] = ()


class HubConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a hub answers its members; of no use to another home."""

    url: Annotated[str, msgspec.Meta(pattern=r"^(https://[^\s\"<>]+)?$")] = ""
    listen: str = "127.0.0.1:8443"
    metrics: str = "127.0.0.1:9753"
    body_most_mib: Annotated[int, msgspec.Meta(ge=1, le=256)] = 8
    requests_per_minute: Annotated[int, msgspec.Meta(ge=1)] = 600


class OperatorWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who answers subscribers, in one language."""

    name: str = ""
    contact: str = ""
    explanation: str = ""


class OperatorConfig(OperatorWords, frozen=True, forbid_unknown_fields=True):
    """Who runs this node, as its page for subscribers tells."""

    language: Literal["ja", "en"] = "ja"
    url: Annotated[str, msgspec.Meta(pattern=r"^(https?://[^\s\"<>]+)?$")] = ""
    translated: OperatorWords = OperatorWords()


class LogConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is said on standard error."""

    level: Literal["debug", "info", "warning", "error"] = "warning"


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole configuration of a home."""

    node: NodeConfig = NodeConfig()
    collect: CollectConfig = CollectConfig()
    casebook: CasebookConfig = CasebookConfig()
    engine: EngineConfig = EngineConfig()
    cases: CasesConfig = CasesConfig()
    operator: OperatorConfig = OperatorConfig()
    hub: HubConfig = HubConfig()
    log: LogConfig = LogConfig()
    parameters: dict[str, int | float | str | bool] = {}
    """Values of the register, repeated; one that differs stops the program."""


_TEMPLATE: Final = """\
# Configuration of this hinomi home. `hinomi config check` reads it and says what is wrong.
# Values that shape detection or privacy stand in register.toml, with their reasons.

[node]
# "operational": takes flow records sampled at the registered interval or sparser.
# "laboratory": takes anything, also packet captures, and can share nothing.
# "hub": takes members' statements, and no flow record at all.
kind = "{kind}"

[collect]
# Records between two addresses outside the own networks: "drop" counts and forgets
# them, "keep" stores them once for each end.
transit = "{transit}"
# What follows is for `hinomi collect`, which receives NetFlow, IPFIX and sFlow by UDP.
# Where it listens, ADDRESS:PORT; any protocol on any port.
listen = {listen}
# Who may send: addresses and prefixes of your exporters. All others are counted, never stored.
allow = {allow}
# What names an exporter: "source", the address its datagrams come from, or "agent", the
# address that sFlow datagrams claim (behind address translation).
identify = "{identify}"
# Processes that share the port; one keeps up with about a million records a second.
workers = {workers}
# How often what was received becomes durable. A kill -9 or a power cut loses at most this.
flush_seconds = {flush_seconds}
# Receive buffer of each socket, in MiB; the kernel grants more than net.core.rmem_max
# only to a process with CAP_NET_ADMIN.
receive_buffer_mib = {receive_buffer_mib}
# Where Prometheus finds the counters; empty: nowhere.
metrics = "{metrics}"
# Where every accepted datagram is passed on to, unchanged, HOST:PORT; empty: nowhere.
forward = {forward}
# Keep the exporter's own source address towards there (needs CAP_NET_RAW).
forward_transparent = {forward_transparent}

[casebook]
# A database of PostgreSQL for a team, in the words of libpq and without a password, such as
# "host=/run/postgresql dbname=hinomi user=hinomi"; empty: a file of this home.
postgresql = {casebook_postgresql}
# The file that the password is in, from / on, for its owner alone to read; empty: none is needed.
password_file = {casebook_password_file}

[engine]
# Memory that detection may use, in MiB (at least 256).
memory_mib = {memory_mib}
# Threads that detection may use; 0 is all cores.
threads = {threads}
# The Spark cluster of `hinomi detect --engine spark`, spark://HOST:PORT; empty: this machine.
spark_master = {spark_master}
# Spark's own settings, such as {{ "spark.executor.memory" = "8g" }}.
spark_settings = {spark_settings}

[cases]
# The program that tells a reviewer that cases wait, with its arguments; the numbers of the
# cases follow, never an address. Empty: nobody is told.
page = {page}

[operator]
# Who answers subscribers: shown as it stands on the page that `hinomi transparency` makes.
name = {operator_name}
# Where questions, objections and complaints go: telephone, mail, post.
contact = {operator_contact}
# What else subscribers are to know, such as how to leave services that need consent.
explanation = {operator_explanation}
# The language of these words: "ja" or "en".
language = "{operator_language}"
# The web address of a page with more; empty: none.
url = {operator_url}
# The same words in the other of the two languages; where empty, those above are shown.
translated = {operator_translated}

[log]
# What is said on standard error: "debug", "info", "warning" or "error".
level = "{level}"
"""

_HUB: Final = """
[hub]
# Where members reach it, such as https://hub.example:8443; their nodes are told so when they join.
url = {url}
# Where it answers them, ADDRESS:PORT; always by TLS, and to known certificates alone.
listen = {listen}
# Where Prometheus and health checks ask, without TLS: loopback; empty: nowhere.
metrics = {metrics}
# The largest document that a member may send, in MiB.
body_most_mib = {body_most_mib}
# How many requests one member may make in a minute.
requests_per_minute = {requests_per_minute}
"""

_REPEATED: Final = """
[parameters]
# Values of the register that this file repeats; one that differs stops the program.
{values}
"""

_UNKNOWN: Final = re.compile(r"Object contains unknown field `([^`]*)`(?: - at `\$\.?([^`]*)`)?")
_PLACE: Final = re.compile(r"(.*) - at `\$\.?([^`]*)`", re.DOTALL)


def read_config(path: Path) -> Config:
    """
    Read the configuration at *path*; what it leaves out has its default.

    Raises:
        ConfigError: If it cannot be read, is no TOML, or has an option that is unknown
            or out of range. The message names the option.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; `hinomi init` writes one") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is no UTF-8 text") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: is no TOML: {error}") from error
    try:
        return msgspec.convert(document, Config)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {_explain(str(error))}") from error


def render_config(config: Config) -> str:
    """Render *config* as TOML, each option with a comment that says what it does."""
    repeated = tomli_w.dumps(dict(config.parameters)).rstrip("\n")
    options = _TEMPLATE.format(
        kind=config.node.kind.value,
        transit=config.collect.transit,
        listen=_render_texts(config.collect.listen),
        allow=_render_texts(config.collect.allow),
        identify=config.collect.identify,
        workers=config.collect.workers,
        flush_seconds=config.collect.flush_seconds,
        receive_buffer_mib=config.collect.receive_buffer_mib,
        metrics=config.collect.metrics,
        forward=_render_text(config.collect.forward),
        forward_transparent="true" if config.collect.forward_transparent else "false",
        casebook_postgresql=_render_text(config.casebook.postgresql),
        casebook_password_file=_render_text(config.casebook.password_file),
        memory_mib=config.engine.memory_mib,
        threads=config.engine.threads,
        spark_master=_render_text(config.engine.spark_master),
        spark_settings=_render_pairs(config.engine.spark_settings),
        page=_render_texts(config.cases.page),
        operator_name=_render_text(config.operator.name),
        operator_contact=_render_text(config.operator.contact),
        operator_explanation=_render_text(config.operator.explanation),
        operator_language=config.operator.language,
        operator_url=_render_text(config.operator.url),
        operator_translated=_render_pairs(msgspec.structs.asdict(config.operator.translated)),
        level=config.log.level,
    )
    if config.node.kind is NodeKind.HUB:
        options += _HUB.format(
            url=_render_text(config.hub.url),
            listen=_render_text(config.hub.listen),
            metrics=_render_text(config.hub.metrics),
            body_most_mib=config.hub.body_most_mib,
            requests_per_minute=config.hub.requests_per_minute,
        )
    return options + (_REPEATED.format(values=repeated) if repeated else "")


def _render_texts(texts: tuple[str, ...]) -> str:
    return "[" + ", ".join(map(_render_text, texts)) + "]"


def _render_pairs(pairs: Mapping[str, str]) -> str:
    inner = ", ".join(
        f"{_render_text(name)} = {_render_text(text)}" for name, text in pairs.items()
    )
    return f"{{ {inner} }}" if inner else "{}"


def _render_text(text: str) -> str:
    # JSON's strings are TOML's basic strings.
    return msgspec.json.encode(text).decode()


def _explain(message: str) -> str:
    """Say msgspec's finding in the words of the file: the option by its dotted path."""
    if unknown := _UNKNOWN.fullmatch(message):
        name = ".".join(part for part in (unknown[2], unknown[1]) if part)
        return f"unknown option {name}; `hinomi config show` lists those that exist"
    if place := _PLACE.fullmatch(message):
        return f"{place[2]}: {place[1][:1].lower()}{place[1][1:]}"
    return message

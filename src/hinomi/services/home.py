"""
The home: one folder with everything a node keeps.

=================== ==========================================================
``config.toml``      options of the machine
``register.toml``    parameters with their reasons (R9)
``people.toml``      who may do what
``sanctioned/``      register and people as they were last put in force
``requests/``        acts that take four eyes: asked for, approved, done
``journal/``         what was done under which mandate, in a signed tree (R10)
``keys/``            of each key period and of the journal, readable by the owner alone
``casebook.sqlite``  exporters, own networks, imports, lists, unless a team's database has them
``lake/``            conversation records
``partials/``        what finished days and hours came to, for the next run
``collect/``         what the collector counts, and what its next run needs
``context/``         dated tables of others: routes, allocations, earlier lists
``models/``          models that this provider made of its own
``evidence/``        what parameters are argued with: documents named by their digests
=================== ==========================================================
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from hinomi.clock import Clock, wall_clock
from hinomi.collect.networks import parse_own_networks
from hinomi.collect.retokenise import Retokeniser
from hinomi.config import Config, NodeConfig, NodeKind, read_config, render_config
from hinomi.errors import (
    ConfigError,
    Conflict,
    MalformedDocument,
    NotFound,
    NotPermitted,
    Unavailable,
)
from hinomi.govern.mandate import Guard, Mandate
from hinomi.govern.matrix import Matrix
from hinomi.govern.parameters import Register, default_register, render_register
from hinomi.govern.people import first_people, render_people
from hinomi.govern.pseudonym import LineCipher, read_key
from hinomi.model.network import OwnNetwork
from hinomi.services.casebooks import CASEBOOK, open_where_told
from hinomi.services.journals import JOURNAL, create_journal, open_journal
from hinomi.services.mandates import Operation, mandate_for, os_user, record
from hinomi.services.register import REGISTER, read_in_force
from hinomi.services.rulings import read_matrix
from hinomi.services.sanctioned import IN_FORCE, write_sanctioned
from hinomi.services.sanctioned import PEOPLE as PEOPLE_NAME
from hinomi.services.sanctioned import REGISTER as REGISTER_NAME
from hinomi.store.casebook import CaseBook, open_casebook
from hinomi.store.durable import built_folder, on_disk, sync_folder, write_secret
from hinomi.store.evidence import EvidenceFolder
from hinomi.store.figures import FIRST as FIRST_PERIOD
from hinomi.store.journal import FileJournal
from hinomi.store.keeper import KeyKeeper
from hinomi.store.lake import LocalLake
from hinomi.store.partials import LocalPartials

CONFIG: Final = "config.toml"
PEOPLE: Final = "people.toml"
REQUESTS: Final = "requests"
LAKE: Final = "lake"
PARTIALS: Final = "partials"
KEYS: Final = "keys"
DAY_KEYS: Final = "keys/days"
COLLECT: Final = "collect"
MODELS: Final = "models"
EVIDENCE: Final = "evidence"
FIRST_KEY: Final = f"{FIRST_PERIOD}.key"


@dataclass(frozen=True, slots=True)
class Home:
    """An opened home: where it lies, how it is configured, what its register says."""

    folder: Path
    config: Config
    register: Register
    clock: Clock
    warnings: tuple[str, ...] = ()  # For whoever opened it to tell.
    keeper: KeyKeeper = field(init=False, compare=False)  # Of the keys of days.

    def __post_init__(self) -> None:
        keeper = KeyKeeper(
            self.folder / DAY_KEYS,
            self.clock,
            guard=self.guard(),
            tell=lambda act: self.journal().append(act),
        )
        object.__setattr__(self, "keeper", keeper)

    @property
    def is_laboratory(self) -> bool:
        """Tell whether anything may be taken in, and nothing shared."""
        return self.config.node.kind is NodeKind.LABORATORY

    @property
    def is_hub(self) -> bool:
        """Tell whether it takes in what members say, and no flow record."""
        return self.config.node.kind is NodeKind.HUB

    def journal(self) -> FileJournal:
        """Open the journal."""
        return open_journal(self.folder, self.clock)

    def guard(self) -> Guard:
        """Give who stands at every door of this home: refusals go into its journal."""
        return Guard(self.clock, self.matrix, lambda refusal: self.journal().append(refusal))

    def mandate(self, operation: Operation) -> Mandate:
        """
        Give the mandate of *operation* for the present OS user.

        Raises:
            NotPermitted: If the matrix refuses it, for instance since its purpose has ended;
                the refusal is in the journal.
        """
        mandate = mandate_for(operation, self.clock)
        guard = self.guard()
        self._require_kind_of(operation, mandate)
        for power in sorted(operation.powers):
            guard.admit(mandate, power, operation.data)
        return mandate

    def _require_kind_of(self, operation: Operation, mandate: Mandate) -> None:
        """Refuse a provider's act to a hub, which has no flow records, and the other way round."""
        if operation.anywhere or operation.at_hub == self.is_hub:
            return
        reason = (
            f"this home is a hub: it takes no flow records, and does not {operation.word!r}"
            if self.is_hub
            else f"this home is no hub: {operation.word!r} is for one made with `hinomi hub init`"
        )
        record(self.journal(), operation, mandate, {"refused": reason})
        raise NotPermitted(reason)

    def matrix(self) -> Matrix:
        """Read what is lawful here: the matrix with the rulings that were entered."""
        return read_matrix(self.folder, self.journal())

    def cipher(self) -> LineCipher:
        """Read the key of the present key period."""
        return self.cipher_of(self.key_period)

    def cipher_of(self, period: str) -> LineCipher:
        """Read the key of one key period, by its name; a hub has none."""
        if self.is_hub:
            raise NotPermitted("this home is a hub: it knows no lines, and has no key of them")
        return read_key(self.folder / KEYS / f"{period}.key")

    def lake(self) -> LocalLake:
        """Open the lake."""
        return LocalLake(
            self.folder / LAKE,
            self.clock,
            lateness_ms=self.register.integer("store.lateness_ms"),
            reader_grace_ms=self.register.integer("store.reader_grace_ms"),
            guard=self.guard(),
            keeper=self.keeper,
            translator=lambda old, new: Retokeniser(self.cipher_of(old), self.cipher_of(new)).batch,
        )

    def partials(self) -> LocalPartials:
        """Open the partial results."""
        return LocalPartials(
            self.folder / PARTIALS, self.clock, guard=self.guard(), keeper=self.keeper
        )

    def evidence(self) -> EvidenceFolder:
        """Open the documents that parameters are argued with."""
        return EvidenceFolder(self.folder / EVIDENCE)

    @property
    def key_period(self) -> str:
        """Name the present key period: pseudonyms of another one cannot be compared."""
        return self.lake().period().name

    def casebook(self) -> CaseBook:
        """Open the case book; the caller closes it."""

        def tell(act: Mapping[str, object]) -> None:
            record(self.journal(), Operation.MAINTAIN, self.mandate(Operation.MAINTAIN), act)

        return open_where_told(self.folder, self.config.casebook, tell)


class HomeWatch:
    """Notices that a home was removed, or another one put in its place, while a program runs."""

    def __init__(self, folder: Path) -> None:
        """Remember the home at *folder* as it is now."""
        self._folder = folder
        self._identity = self._look()

    def require(self) -> None:
        """
        Raise unless the home is still there.

        Raises:
            ConfigError: If it is not: what comes in would have no key, register or journal.
        """
        files = [self._folder / name for name in (CONFIG, REGISTER)]
        # An editor may take one of the two away for a moment, never both, nor the journal.
        whole = any(each.exists() for each in files) and (self._folder / JOURNAL).exists()
        if not whole or self._look() != self._identity:
            raise ConfigError(
                f"the home {self._folder} was removed or replaced while it was in use; "
                "put it back, or make a new one with `hinomi init`, and start again"
            )

    def _look(self) -> tuple[int, int] | None:
        try:
            found = self._folder.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """What `create_home` made."""

    folder: Path
    kind: NodeKind
    sampling_interval: int  # As declared; 0 not stated.
    own_networks: int
    register_version: str


def create_home(
    folder: Path,
    own_prefixes: Path,
    sampling: int | None = None,
    clock: Clock = wall_clock,
    *,
    made_up: bool = False,
) -> Created:
    """
    Make a new home at *folder*, whole or not at all.

    Args:
        folder: Where it shall lie; it does not exist yet, or is an empty folder.
        own_prefixes: The own networks, one a line.
        sampling: N of 1-in-N that the exporters sample at; None: not stated.
        clock: What time it is.
        made_up: Whether it is for a made-up world, whose servers have addresses of nobody.

    Raises:
        Conflict: If *folder* already holds something.
        NotFound: If *own_prefixes* does not exist.
        MalformedDocument: If a line of it is no prefix, or it names none.
        Unavailable: If the disk refuses.
    """
    if (folder / CONFIG).exists():
        raise Conflict(f"a home exists at {folder}; choose another folder with --home")
    networks = read_own_networks(own_prefixes)
    register = default_register()
    kind = NodeKind.OPERATIONAL
    if sampling is not None:
        if sampling < register.integer("collect.sampling_interval_min"):
            kind = NodeKind.LABORATORY
        register = register.with_value("collect.sampling_interval", sampling, decided_by=os_user())
    if made_up or kind is NodeKind.LABORATORY:
        register = register.with_value("guards.made_up_hosts", 1, decided_by=os_user())
    config = Config(node=NodeConfig(kind=kind))
    with built_folder(folder) as building, on_disk(folder):
        _fill(building, config, register, networks, clock)
    return Created(
        folder=folder,
        kind=kind,
        sampling_interval=register.integer("collect.sampling_interval"),
        own_networks=len(networks),
        register_version=register.version,
    )


def open_home(folder: Path, clock: Clock = wall_clock, *, governing: bool = False) -> Home:
    """
    Open the home at *folder*.

    Args:
        folder: Where it lies.
        clock: What time it is.
        governing: To mend or show its register and people: disorder there is a warning.

    Raises:
        NotFound: If there is none.
        ConfigError: If its configuration or register is wrong, or the register of an
            operational home was edited past the journal.
    """
    if not (folder / CONFIG).exists():
        raise NotFound(f"no home at {folder}; run `hinomi init`, or name one with --home")
    config = read_config(folder / CONFIG)
    found = read_in_force(folder, config, clock, governing=governing)
    home = Home(
        folder=folder,
        config=config,
        register=found.register,
        clock=clock,
        warnings=found.warnings,
    )
    if not governing:
        _require_kind(home)
    return home


def _require_kind(home: Home) -> None:
    """Refuse a home whose kind was changed: what a laboratory took in stays in a laboratory."""
    body = home.journal().body(0)
    told = {} if body is None else body.parse()
    made, said = told.get("kind"), home.config.node.kind.value
    if told.get("operation") == "init" and made not in {None, said}:
        raise ConfigError(
            f"{home.folder / CONFIG}: node.kind is {said!r}, and this home was made as {made!r} "
            "(entry 0 of the journal): put that back; another kind is another home"
        )


def require_one_period(home: Home, casebook: CaseBook) -> None:
    """
    Return if the case book and the records are under one key period.

    Raises:
        Unavailable: If a change of keys was broken off between the two.
    """
    if (casebook.own_rows.period() or FIRST_PERIOD) != home.key_period:
        raise Unavailable(
            "a change of pseudonym keys is not finished: own entries of lists, and own cases, are "
            "still under the old key; `hinomi store roll-over` finishes it"
        )


def read_own_networks(path: Path) -> tuple[OwnNetwork, ...]:
    """
    Read a file of own networks.

    Raises:
        NotFound: If it does not exist or is no file.
        MalformedDocument: If a line of it is no prefix, or it names none.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise MalformedDocument("is no UTF-8 text", str(path)) from error
    except OSError as error:
        raise NotFound(f"{path}: {error.strerror}; name a file of own prefixes") from error
    return parse_own_networks(text, str(path))


def _fill(
    folder: Path,
    config: Config,
    register: Register,
    networks: tuple[OwnNetwork, ...],
    clock: Clock,
) -> None:
    write_secret(folder / KEYS / FIRST_KEY, LineCipher.create().key)
    (folder / LAKE).mkdir()
    with open_casebook(folder / CASEBOOK) as casebook:
        casebook.replace_own_networks(networks)
    begin_home(folder, config, register, {"own_networks": len(networks)}, clock)


def begin_home(
    folder: Path, config: Config, register: Register, facts: Mapping[str, object], clock: Clock
) -> None:
    """Write what every home begins with: configuration, register, people, journal."""
    _write(folder / CONFIG, render_config(config))
    people = first_people(os_user())
    told = {REGISTER_NAME: render_register(register), PEOPLE_NAME: render_people(people)}
    for name, text in told.items():
        _write(folder / f"{name}.toml", text)
    entry = create_journal(folder, clock).append(
        {
            "operation": "init",
            "who": os_user(),
            "kind": config.node.kind.value,
            **facts,
            REGISTER_NAME: register.version,
            PEOPLE_NAME: people.version,
            IN_FORCE: [*told],
        }
    )
    for name, text in told.items():
        write_sanctioned(folder, name, text.encode("utf-8"), entry)
    for path in (folder / KEYS, folder):
        sync_folder(path)


def _write(path: Path, text: str) -> None:
    with path.open("x", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())

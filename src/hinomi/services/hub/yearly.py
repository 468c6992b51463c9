"""The hub's yearly page: figures of its lists in, one self-contained HTML page out."""

import base64
import hashlib
import tomllib
from datetime import date
from functools import cache
from importlib import metadata, resources
from typing import Final

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from hinomi.clock import date_of
from hinomi.errors import NotFound
from hinomi.govern.coarsening import Count, least_count
from hinomi.govern.plainwords import Language, Words
from hinomi.hub.yearly import Of, Year, compose
from hinomi.model.listing import render_epoch
from hinomi.services.home import Home
from hinomi.services.hub.founding import list_signer
from hinomi.services.mandates import Operation, record

_FIRST_DAY: Final = date(1970, 1, 1)

_PAGES: Final = Environment(
    loader=PackageLoader("hinomi.services", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


class _Said(msgspec.Struct, frozen=True):
    texts: dict[str, Words]


@cache
def words() -> dict[str, Words]:
    """Give the words of the page."""
    file = resources.files("hinomi.hub").joinpath("yearly.toml")
    return msgspec.convert({"texts": tomllib.loads(file.read_text("utf-8"))}, _Said).texts


def yearly_page(home: Home, year: int, language: Language) -> str:
    """
    Render the page of a year: figures of all lists whose epoch began in it; journalled.

    Raises:
        NotFound: If no list was published in that year, or its figures are not kept any more.
    """
    mandate = home.mandate(Operation.WEIGH)
    facts = {"act": "report", "year": year}
    record(home.journal(), Operation.WEIGH, mandate, facts)
    days = home.register.integer("share.epoch_days")
    first = -(-(date(year, 1, 1) - _FIRST_DAY).days // days)
    last = ((date(year + 1, 1, 1) - _FIRST_DAY).days - 1) // days
    with home.casebook() as casebook:
        rows = [
            (render_epoch(each.epoch, days), each.told)
            for each in casebook.hub.figures.between(first, last)
        ]
    if not rows:
        raise NotFound(
            f"no list of {year} has figures: none was published, or they are past "
            "retention.operations_days"
        )
    return render_year(
        compose(rows, least=least_count(home.register)),
        year=year,
        hub=list_signer(home).name.removesuffix("/list"),
        made=date_of(home.clock()),
        lease_days=home.register.integer("share.lease_days"),
        language=language,
    )


def render_year(
    found: Year, *, year: int, hub: str, made: date, lease_days: int, language: Language
) -> str:
    """
    Render the page: the same page for the same arguments.

    Returns:
        HTML that needs nothing else: no script, no picture, no font from anywhere. Its policy
        lets a browser apply the page's own style sheet, known by its hash, and nothing besides.
    """
    style = "".join(_source(name) for name in ("subscriber.css", "hubyear.css"))
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    speech = _Speech(language)
    return _PAGES.get_template("hubyear.html.j2").render(
        style=Markup(style),  # noqa: S704 - A file of the package.
        style_hash=f"sha256-{digest}",
        language=language,
        year=found,
        number=year,
        hub=hub,
        made=made.isoformat(),
        lease_days=lease_days,
        say=speech.say,
        count=speech.count,
        percent=speech.percent,
        interval=speech.interval,
        version=metadata.version("hinomi"),
    )


def _source(name: str) -> str:
    """Read a file beside the templates."""
    folder = resources.files("hinomi.services").joinpath("templates")
    return folder.joinpath(name).read_text("utf-8")


class _Speech:
    """How things are said in one language."""

    def __init__(self, language: Language) -> None:
        self._language: Language = language

    def say(self, key: str, **named: object) -> str:
        """Say one of the page's own texts."""
        return words()[key].render(self._language, **named)

    def count(self, count: Count | None) -> str:
        """Say a count that was coarsened."""
        if count is None:
            return self.say("none")
        if "fewer_than" in count:
            return self.say("fewer", count=count["fewer_than"])
        about = count["about"]
        return f"{about:,}" if about < 100 else self.say("about", count=f"{about:,}")  # noqa: PLR2004 - two digits are exact.

    def percent(self, of: Of) -> str:
        """Say a share."""
        return self.say("none") if of.share is None else f"{of.share.value:.1%}"

    def interval(self, of: Of) -> str:
        """Say how far a share may be off."""
        if of.share is None:
            return self.say("of_count", count=0)
        low, high = f"{of.share.low:.1%}", f"{of.share.high:.1%}"
        return self.say("of", low=low, high=high, count=f"{of.count:,}")

"""The page for subscribers as text: its document in, one self-contained HTML page out."""

import base64
import calendar
import hashlib
from collections.abc import Mapping
from importlib import metadata
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from hinomi.govern.plainwords import Language, Words, plain_words
from hinomi.govern.transparency import SECTIONS

_PAGES: Final = Environment(
    loader=PackageLoader("hinomi.services", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)

_MYRIADS: Final = ((10**12, "兆"), (10**8, "億"), (10**4, "万"))
"""Japanese counts in steps of ten thousand."""

_EXACT_BELOW: Final = 100
"""Two digits say these as they are."""

_HOURS_OF_A_DAY: Final = 24


def render_subscriber_page(document: Mapping[str, object], language: Language) -> str:
    """
    Render the page: the same page for the same arguments.

    Args:
        document: As `govern.transparency.compose` makes it; nothing else is told.
        language: In which.

    Returns:
        HTML that needs nothing else: no script, no picture, no font from anywhere. Its
        policy lets a browser apply the page's own style sheet, known by its hash, and
        nothing besides.
    """
    style, _, _ = _PAGES.loader.get_source(_PAGES, "subscriber.css")  # type: ignore[union-attr]
    words = plain_words()
    speech = _Speech(language, document)
    return _PAGES.get_template("subscriber.html.j2").render(
        style=Markup(style),  # noqa: S704 - A file of the package.
        style_hash=_hash(style),
        language=language,
        doc=document,
        sections=SECTIONS,
        words=words,
        documents=words.documents,
        say=speech.say,
        tell=speech.tell,
        count=speech.count,
        number=speech.number,
        day=speech.day,
        limit=speech.limit,
        change=speech.change,
        listed=speech.listed,
        interval=speech.interval,
        version=metadata.version("hinomi"),
    )


def _hash(style: str) -> str:
    """Name the style sheet for the policy (CSP Level 3, section 2.3.1, hash-source)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


class _Speech:
    """How things are said in one language."""

    def __init__(self, language: Language, document: Mapping[str, Any]) -> None:
        self._language: Language = language
        self._least = document["least_count"]
        self._texts = plain_words().texts

    def say(self, key: str, **named: object) -> str:
        """Say one of the page's own texts."""
        return self._texts[key].render(self._language, **named)

    def tell(self, words: Words | Mapping[str, str]) -> str:
        """Say what has words of its own in both languages."""
        if isinstance(words, Words):
            return words.render(self._language)
        return words[self._language]

    def count(self, count: Mapping[str, int]) -> str:
        """Say a count that was coarsened."""
        if "fewer_than" in count:
            return self.say("count_fewer", least=count["fewer_than"])
        about = count["about"]
        if about == 0:
            return self.say("count_zero")
        if about < _EXACT_BELOW:
            return str(about)
        return self.say("count_about", number=self.number(about))

    def number(self, number: int) -> str:
        """Say a number as people of the language read it."""
        if self._language == "ja":
            for size, word in _MYRIADS:
                if number >= size:
                    return f"{number / size:,.10g}{word}"
        return f"{number:,}"

    def day(self, day: str) -> str:
        """Say a day, or a month, as people of the language write it."""
        year, month, *rest = day.split("-")
        said = str(int(month)) if self._language == "ja" else calendar.month_name[int(month)]
        if not rest:
            return self.say("month_value", year=year, month=said)
        return self.say("day_value", year=year, month=said, day=int(rest[0]))

    def interval(self, interval: int) -> str:
        """Say a sampling interval."""
        if not interval:
            return self.say("unknown_interval")
        return self.say("interval", interval=f"{interval:,}")

    def listed(self, keys: list[str], words: Mapping[str, Words]) -> str:
        """Say several things that have words, in a row."""
        between = "、" if self._language == "ja" else ", "
        return between.join(words[key].render(self._language) for key in keys)

    def limit(self, limit: Mapping[str, Any]) -> str:
        """Say a time limit."""
        kind, hours = limit["limit"], limit.get("hours", 0)
        if kind == "hours" and hours and hours % _HOURS_OF_A_DAY == 0:
            return self.say("limit_days", days=f"{hours // _HOURS_OF_A_DAY:,}")
        if kind == "hours":
            return self.say("limit_hours", hours=f"{hours:,}")
        if kind == "as-registered":
            return f"{limit['value']} {limit['unit']}"
        return self.say(f"limit_{kind.replace('-', '_')}")

    def change(self, change: Mapping[str, Any]) -> str:
        """Say what was changed."""
        if change["kind"] == "parameter" and change["name"] is None:
            return self.say("change_unnamed")
        return self.say(f"change_{change['kind']}", name=change["name"])

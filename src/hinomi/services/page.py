"""The report page as text: a detection in, one self-contained HTML document out."""

from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from hinomi.clock import render_time
from hinomi.services.detecting import Detection

_PAGES: Final = Environment(
    loader=PackageLoader("hinomi.services", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render_page(detection: Detection, *, made_ms: int) -> str:
    """
    Render the report page of one run.

    Args:
        detection: What the run found.
        made_ms: When, in ms since the Unix epoch.
    """
    return _PAGES.get_template("report.html.j2").render(
        detection=detection, window=detection.window.render(), made=render_time(made_ms)
    )

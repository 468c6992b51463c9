"""A real browser for tests: Debian's Chromium, driven by Playwright; nothing is fetched."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import pytest

from peers import program

WCAG: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa")
"""What axe-core looks for: WCAG 2.0 and 2.1, levels A and AA."""


def module(name: str) -> Any:
    """Import a module of the tests' own needs; skip without it, or fail where all is required."""
    try:
        return import_module(name)
    except ImportError:
        reason = f"{name.split('.', maxsplit=1)[0]} is not installed (make install)"
        if os.environ.get("HINOMI_REQUIRE_PEERS") == "1":
            pytest.fail(reason)
        pytest.skip(reason)


@contextmanager
def chromium() -> Iterator[Any]:
    """Start Chromium without a window; skip where browser or driver is missing."""
    found = program("chromium")
    driver = module("playwright.sync_api")
    with driver.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found,
            args=["--no-sandbox"],  # CI runs as root, where Chromium has no sandbox.
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def shown(browser: Any, page: Path, *, width: int, scheme: str) -> Iterator[tuple[Any, list[str]]]:
    """
    Open a page from the disk.

    Args:
        browser: As `chromium` gives it.
        page: The file.
        width: Of the window, CSS pixels.
        scheme: light or dark.

    Returns:
        The page in the browser, and all that it asked for besides itself.
    """
    # The page's own policy forbids scripts, and so the one that checks it.
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True
    )
    asked: list[str] = []
    try:
        opened = context.new_page()
        opened.on("request", lambda request: asked.append(request.url))
        opened.goto(page.as_uri())
        asked.remove(page.as_uri())
        yield opened, asked
    finally:
        context.close()


def violations(opened: Any) -> list[str]:
    """Let axe-core judge a page: rules of WCAG that it breaks, and where; skip without axe."""
    axe = module("axe_playwright_python.sync_playwright")
    options = {"runOnly": {"type": "tag", "values": list(WCAG)}}
    found = axe.Axe().run(opened, options=options).response
    assert found["passes"], "axe-core checked nothing"
    return [
        f"{rule['id']}: {node['html']}" for rule in found["violations"] for node in rule["nodes"]
    ]

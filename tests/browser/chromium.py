"""The system's Chromium, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

FLAGS = [
    "--no-sandbox",  # a container's root has no other way to run it
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
# Evaluate this before looking: waits until all that was changed is drawn and nothing moves.
SETTLED = """async () => {
    const frame = () => new Promise(requestAnimationFrame);
    do { await frame(); await frame(); } while (document.getAnimations().length);
}"""
MISSING = """\
The browser tests need Chromium: apt-get install chromium, or name the program in \
IAMSITE_TEST_BROWSER."""


def program() -> str:
    """Where Chromium is. Raises FileNotFoundError with what to install."""
    named = os.environ.get("IAMSITE_TEST_BROWSER")
    found = shutil.which(named) if named else shutil.which("chromium")
    if found is None:
        raise FileNotFoundError(f"{named} is no program. {MISSING}" if named else MISSING)
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """One browser without a screen; close its contexts, not itself."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()

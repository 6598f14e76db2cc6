"""The pages that a person sees while they sign in, in a real browser: true, plain, and for everybody."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from closient_mcp.auth.oauth.redirects import start_url
from closient_mcp.auth.sign_in.callback_server import CallbackServer
from closient_mcp.auth.sign_in.pages import DONE, STALE, Page, failed

from ..fakes.command_line import CommandResult, run_process
from ..fakes.paths import TESTS
from ..fakes.programs import program
from ..fakes.service import Sandbox

pytestmark = [pytest.mark.all, pytest.mark.timeout(180)]

Seen: TypeAlias = dict[str, Any]

_CLIENTS = TESTS / "interop" / "clients"
_SECONDS = 90
_LONG = failed(f"https://as.example reported {'a-word-without-an-end' * 20}.", "Sign in again. <b>&amp;</b>")


@dataclass(frozen=True)
class Browser:
    """Chromium with alice in front of it."""

    command: str
    environment: dict[str, str]
    seen: Path

    def pages(self) -> list[Seen]:
        return [json.loads(line) for line in self.seen.read_text().splitlines()] if self.seen.exists() else []

    def wait_for(self, number: int) -> list[Seen]:
        """So many pages; the last may still be looked at when the command has ended."""
        until = time.monotonic() + _SECONDS
        while len(self.pages()) < number and time.monotonic() < until:
            time.sleep(0.1)
        return self.pages()

    def open(self, url: str) -> Seen:
        """What she sees at a URL."""
        subprocess.run(
            [*self.command.split(), url], env={**os.environ, **self.environment}, timeout=_SECONDS, check=True
        )
        return self.pages()[-1]


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    node = program("node")
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        pytest.skip("Chromium is missing")
    if not (_CLIENTS / "node_modules" / "playwright-core").exists():
        pytest.skip("playwright-core is not installed: make test-all (needs npm)")
    seen = tmp_path / "seen"
    return Browser(f"{node} {_CLIENTS / 'person_in_chromium.mjs'}", {"CHROMIUM": chromium, "SEEN": str(seen)}, seen)


@pytest.fixture
def show() -> Iterator[Callable[[Page], str]]:
    """The URL at which a listener shows a page."""
    opened: list[CallbackServer] = []

    def begin(page: Page) -> str:
        listener = CallbackServer()
        opened.append(listener)
        listener.begin("a-state", page, lambda _: page)
        return start_url(listener.redirect_uri, "a-state")

    yield begin
    for listener in opened:
        listener.close()


def check(page: Seen) -> None:
    """What holds of every page: for a screen reader, a phone, the dark, and without requests to others."""
    assert page["lang"] == "en"
    assert not page["wide"]
    assert {scheme: found["rules"] for scheme, found in page["schemes"].items()} == {"light": [], "dark": []}
    assert [found["ink"] for found in page["schemes"].values()] == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]


@pytest.mark.parametrize("page", [DONE, STALE, _LONG], ids=["done", "stale", "failed with a long word"])
def test_a_page_of_the_sign_in_is_for_everybody_and_asks_nobody_for_anything(
    browser: Browser, show: Callable[[Page], str], page: Page
) -> None:
    url = show(page)
    seen = browser.open(url)
    check(seen)
    assert (seen["status"], seen["title"]) == (page.status, page.title)
    assert seen["text"] == "\n\n".join(filter(None, (page.title, page.text, page.next_step)))
    # Not even for an icon, which is in the page.
    assert seen["requests"] == [url]


def test_a_url_that_is_not_for_a_person_says_so(browser: Browser, show: Callable[[Page], str]) -> None:
    seen = browser.open(f"{show(DONE)}/elsewhere")
    check(seen)
    assert (seen["status"], seen["title"]) == (404, "Not found")


def login(sandbox: Sandbox, browser: Browser, home: Path, button: str) -> CommandResult:
    environment = {"CLOSIENT_MCP_HOME": str(home), "BROWSER": f"{browser.command} %s {button}", **browser.environment}
    return run_process("login", site=sandbox.url, **environment)


@pytest.mark.parametrize(
    ("button", "code", "title"), [("allow", 0, "You are signed in"), ("deny", 1, "You are not signed in")]
)
def test_a_person_signs_in_by_the_keyboard_alone(
    browser: Browser, sandbox: Sandbox, tmp_path: Path, button: str, code: int, title: str
) -> None:
    ran = login(sandbox, browser, tmp_path / "mcp", button)
    assert ran.code == code, ran.err
    assert sandbox.count("POST", "/oauth/token/") == (1 if button == "allow" else 0)
    signing_in, consent, last = browser.wait_for(3)
    for page in (signing_in, consent, last):
        check(page)
    # What the person agrees to is before their eyes.
    assert "Closient MCP" in consent["text"]
    assert "products:read" in consent["text"]
    assert last["title"] == title
    # The page is loaded from a URL without the code, and nothing else is.
    redirect, shown = (asked for asked in last["requests"] if sandbox.url not in asked)
    assert "state=" in redirect
    assert shown == last["url"]
    assert "?" not in shown

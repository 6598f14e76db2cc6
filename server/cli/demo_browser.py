"""A simulated browser for the demo: signs in to the sandbox and allows access.

Started with a URL, as a browser is: `python -m closient_mcp.server.cli.demo_browser URL`.
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser

import httpx2

_FIELDS = {"username": "alice", "password": "sandbox"}
_BUTTON = "allow"
_MAX_PAGES = 5


class _Form(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.buttons: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag in ("input", "button") and (name := values.get("name")):
            (self.fields if tag == "input" else self.buttons)[name] = values.get("value") or ""


def approve(url: str) -> None:
    """Submit the forms at the URL until none is left."""
    with httpx2.Client(follow_redirects=True, trust_env=False, verify=False) as browser:
        page = browser.get(url)
        for _ in range(_MAX_PAGES):
            form = _Form(page.text)
            if "password" in form.fields:
                answers = {**form.fields, **_FIELDS}
            elif _BUTTON in form.buttons:
                answers = {**form.fields, _BUTTON: form.buttons[_BUTTON]}
            else:
                return
            page = browser.post(str(page.url), data=answers)


if __name__ == "__main__":
    approve(sys.argv[1])

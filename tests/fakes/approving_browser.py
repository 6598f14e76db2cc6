"""A browser with a person in front of it: opens the URL it is given, signs in, decides, and follows.

approving_browser.py URL [allow|deny] [USERNAME]

It writes no log, which would be taken for that of a command in the same process.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from html.parser import HTMLParser
from http.client import HTTPResponse
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPCookieProcessor, OpenerDirector, ProxyHandler, build_opener

# Where the browser reports each tab.
TABS = "TABS"


class Form(HTMLParser):
    """The fields and buttons of a page's form."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.buttons: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag in ("input", "button") and (name := values.get("name")):
            (self.fields if tag == "input" else self.buttons)[name] = values.get("value") or ""


@dataclass(frozen=True)
class Page:
    """What a tab shows."""

    status: int
    url: str
    text: str


def main(url: str, button: str = "allow", username: str = "alice", *, tabs: str | None = os.environ.get(TABS)) -> None:
    """Go through the sign-in to its end."""
    browser = build_opener(ProxyHandler({}), HTTPCookieProcessor())
    page = _page(browser, url)
    for _ in range(6):
        form = Form(page.text)
        if "password" in form.fields:
            fields = {**form.fields, "username": username, "login": username, "password": "sandbox"}
        elif button in form.buttons:
            fields = {**form.fields, button: form.buttons[button]}
        elif button == "deny" and (abort := re.search(r'href="([^"]+/abort)"', page.text)):
            page = _page(browser, urljoin(page.url, abort[1]))  # oidc-provider's pages have a link for it
            continue
        elif (button == "allow" and form.fields.get("prompt") == "consent") or "user_code" in form.fields:
            fields = form.fields  # oidc-provider's pages, whose one button has no name
        else:
            break
        page = _page(browser, page.url, urlencode(fields).encode())
    # Each line is a tab that was opened, and what it showed last.
    if tabs:
        title = page.text.split("<title>")[1].split("</title>")[0]
        with open(tabs, "a", encoding="utf-8") as pipe:  # noqa: PTH123 (starts sooner without pathlib)
            pipe.write(f"{page.status} {title} {page.url}\n")


def _page(browser: OpenerDirector, url: str, form: bytes | None = None) -> Page:
    try:
        response: HTTPResponse | HTTPError = browser.open(url, form)
    except HTTPError as error:
        response = error
    with response:
        return Page(int(response.status or 0), response.url, response.read().decode())


if __name__ == "__main__":
    main(*sys.argv[1:])

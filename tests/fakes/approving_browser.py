"""A browser with a person in front of it: opens the address it is given, signs in, decides, and follows.

approving_browser.py ADDRESS [allow|deny] [USERNAME]
"""

from __future__ import annotations

import os
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

import httpx2


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


def main(address: str, button: str = "allow", username: str = "alice") -> None:
    """Go through the sign-in to its end."""
    with httpx2.Client(follow_redirects=True, trust_env=False, verify=False) as browser:
        page = browser.get(address)
        for _ in range(6):
            form = Form(page.text)
            if "password" in form.fields:
                fields = {**form.fields, "username": username, "login": username, "password": "sandbox"}
            elif button in form.buttons:
                fields = {**form.fields, button: form.buttons[button]}
            elif button == "deny" and (abort := re.search(r'href="([^"]+/abort)"', page.text)):
                page = browser.get(urljoin(str(page.url), abort[1]))  # oidc-provider's pages have a link for it
                continue
            elif (button == "allow" and form.fields.get("prompt") == "consent") or "user_code" in form.fields:
                fields = form.fields  # oidc-provider's pages, whose one button has no name
            else:
                break
            page = browser.post(str(page.url), data=fields)
    # Each line is a tab that was opened, and what it showed last.
    if journal := os.environ.get("TABS"):
        with Path(journal).open("a", encoding="utf-8") as file:
            title = page.text.split("<title>")[1].split("</title>")[0]
            file.write(f"{page.status_code} {title} {page.url}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])

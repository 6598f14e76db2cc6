"""The pages that the user sees during a sign-in."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from string import Template


@dataclass(frozen=True, slots=True)
class Page:
    """What the user sees, ending with what to do next; it is escaped when it is sent.

    With a `location`, the browser goes on there: at once, or with status 200 when the user follows a link. With a
    `field`, its label, the user enters a password, which is sent to the URL of the page as `password`.
    """

    status: int
    title: str = ""
    text: str = ""
    next_step: str = ""
    location: str = ""
    cookie: str = ""
    field: str = ""
    is_done: bool = False


DONE = Page(
    200, "You are signed in", next_step="Close this tab and go back to your assistant or terminal.", is_done=True
)
STALE = Page(
    400,
    "This page is out of date",
    "It belongs to a sign-in that has ended or was started again.",
    "Start the sign-in again from your assistant or terminal.",
)
NOT_YET = Page(503, "Not loaded in advance", "Open this URL to sign in.")


def failed(text: str, next_step: str) -> Page:
    """The page for a sign-in that failed."""
    return Page(200, "You are not signed in", text, next_step)


def other_browser(next_step: str) -> Page:
    """The page for a browser in which the sign-in did not begin."""
    return Page(
        403,
        "This sign-in was not started in this browser",
        "Its result is accepted only where it was started, so that no one else can sign in as you.",
        next_step,
    )


def is_loaded_in_advance(header: Callable[[str], str | None]) -> bool:
    """Whether a browser asks for a page that the user has not opened yet, by the request's headers."""
    return any("prefetch" in (header(name) or "") for name in ("sec-purpose", "purpose", "x-moz"))


def rendered(page: Page, service: str) -> tuple[dict[str, str], bytes]:
    """The headers, but for the cookie, and the body of a page; it names the `service`."""
    template = Template(files(__package__ or "").joinpath("page.html").read_text(encoding="utf-8"))
    mark = "done" if page.is_done or page.field else "problem"
    content = _content(page, service)
    body = template.substitute(title=html.escape(page.title), mark=mark, content=content).encode()
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Cache-Control": "no-store",
        # With no-referrer, browsers would not say which page a form was sent from (Fetch, "append a request Origin").
        "Referrer-Policy": "same-origin" if page.field else "no-referrer",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
        "frame-ancestors 'none'; base-uri 'none'",
        "Content-Length": str(len(body)),
    }
    return {"Location": page.location, **headers} if page.location and not page.text else headers, body


def _content(page: Page, service: str) -> str:
    paragraphs = [
        ("service", f"Sign-in to {service}" if service else ""),
        ("text", page.text),
        ("next", page.next_step),
    ]
    service_line, text, next_step = (
        f'<p class="{kind}">{_with_code(written)}</p>\n' if written else "" for kind, written in paragraphs
    )
    link = f'<p><a href="{html.escape(page.location)}" class="go" rel="noreferrer">Continue</a></p>'
    more = link if page.location else _form(page.field) if page.field else ""
    return f"{service_line}<h1>{html.escape(page.title)}</h1>\n{text}{next_step}{more}"


def _form(label: str) -> str:
    field = '<input name="password" type="password" autocomplete="current-password" required>'
    label = f"<label>{html.escape(label)} {field}</label>"
    return f'<form method="post">{label} <button class="go">Continue</button></form>'


def _with_code(text: str) -> str:
    """The text in HTML, with commands between backticks as code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", html.escape(text))

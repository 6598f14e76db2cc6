"""A browser that keeps cookies and follows redirects between our server and the services that it sends people to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import urljoin, urlsplit

import httpx2

REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True)
class Shown:
    """What a tab shows at the end, or where a redirect would lead if it is not followed."""

    status: int
    url: str
    text: str
    headers: httpx2.Headers


@dataclass
class Browser:
    """Pages under `public_url` are those of the replicas, of each in turn; `cookies` are by origin."""

    replicas: Iterator[httpx2.AsyncClient]
    public_url: str
    cookies: defaultdict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    visited: list[str] = field(default_factory=list[str])

    def sign_in_at(self, url: str, user: str) -> None:
        """Be signed in at a fake service as this user."""
        self.cookies[_origin(url)]["user"] = user

    async def open(self, url: str, stop_before: str = "never") -> Shown:
        """Open a page, and follow redirects but for the first to a URL that begins with `stop_before`."""
        return await self._follow(await self._send("GET", url), stop_before)

    async def submit(self, url: str, *, origin: str | None = None, **fields: str) -> Shown:
        """Submit a form, from a page of the same origin unless another is given, and follow redirects."""
        headers = {"origin": _origin(url) if origin is None else origin}
        return await self._follow(await self._send("POST", url, headers, fields), "never")

    async def _follow(self, shown: Shown, stop_before: str) -> Shown:
        for _ in range(10):
            location = shown.headers.get("location", "")
            if shown.status not in REDIRECTS:
                return shown
            target = urljoin(shown.url, location)
            if target.startswith(stop_before):
                return Shown(shown.status, target, shown.text, shown.headers)
            shown = await self._send("GET", target)
        raise AssertionError(f"too many redirects: {self.visited}")

    async def _send(
        self, method: str, url: str, headers: dict[str, str] | None = None, form: dict[str, str] | None = None
    ) -> Shown:
        self.visited.append(url)
        jar = self.cookies[_origin(url)]
        sent = {**(headers or {}), "cookie": "; ".join(f"{name}={value}" for name, value in jar.items())}
        if url.startswith(self.public_url):
            response = await next(self.replicas).request(
                method, url.removeprefix(self.public_url), headers=sent, data=form
            )
        else:
            async with httpx2.AsyncClient(trust_env=False, verify=False) as client:
                response = await client.request(method, url, headers=sent, data=form)
        for line in response.headers.get_list("set-cookie"):
            for name, cookie in SimpleCookie(line).items():
                if cookie["max-age"] == "0":
                    jar.pop(name, None)
                else:
                    jar[name] = cookie.value
        return Shown(response.status_code, url, response.text, response.headers)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"

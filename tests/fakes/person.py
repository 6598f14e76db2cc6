"""A person with a browser in front of the sandbox, and an application that wants access."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx2

from .approving_browser import Form
from .service import Sandbox

VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
CALLBACK = "http://127.0.0.1:8765/callback"

PUBLIC_CLIENT = {
    "client_name": "Acme Shopping Agent",
    "redirect_uris": [CALLBACK],
    "grant_types": ["authorization_code", "refresh_token"],
    "scope": "search:read products:read resolver:read",
    "token_endpoint_auth_method": "none",
}


def http_client(sandbox: Sandbox, headers: dict[str, str] | None = None) -> httpx2.Client:
    """A client of the sandbox, without the certificates that plain http has no use for and that load slowly."""
    return httpx2.Client(base_url=sandbox.url, headers=headers, verify=False, trust_env=False)


@dataclass
class Person:
    """A user who signs in and decides, and keeps cookies as a browser does."""

    sandbox: Sandbox
    browser: httpx2.Client
    username: str = "alice"

    def page(self, query: dict[str, str]) -> httpx2.Response:
        """Where the authorization endpoint leads to, signed in where it asks for that."""
        response = self.browser.get(f"{self.sandbox.url}/oauth/authorize/", params=query)
        if response.is_redirect and "/oauth/login/" in response.headers["location"]:
            return self._sign_in(urljoin(self.sandbox.url, response.headers["location"]))
        return response

    def decides(self, query: dict[str, str], button: str = "allow") -> dict[str, str]:
        """The query with which the person comes back to the application."""
        page = self.page(query)
        if page.status_code == 200:
            form = Form(page.text)
            page = self.browser.post(str(page.url), data={**form.fields, button: form.buttons[button]})
        assert page.status_code == 302, page.text
        return {name: values[0] for name, values in parse_qs(urlsplit(page.headers["location"]).query).items()}

    def _sign_in(self, url: str) -> httpx2.Response:
        fields = Form(self.browser.get(url).text).fields
        fields |= {"username": self.username, "password": "sandbox"}
        response = self.browser.post(url, data=fields)
        if not response.is_redirect:
            return response
        return self.browser.get(urljoin(self.sandbox.url, response.headers["location"]))


@dataclass(frozen=True)
class Application:
    """A client of the sandbox's OAuth server."""

    sandbox: Sandbox
    registered: dict[str, Any]
    http: httpx2.Client

    @property
    def client_id(self) -> str:
        return str(self.registered["client_id"])

    def query(self, **changes: str) -> dict[str, str]:
        """The authorization request; an empty value leaves a parameter out."""
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": CALLBACK,
            "scope": "search:read products:read",
            "state": "a state",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **changes,
        }
        return {name: value for name, value in query.items() if value}

    def token(self, **form: str) -> httpx2.Response:
        """Ask the token endpoint, with the client's own authentication."""
        if self.registered["token_endpoint_auth_method"] == "client_secret_basic":
            secret = (self.client_id, str(self.registered["client_secret"]))
            return self.http.post(f"{self.sandbox.url}/oauth/token/", data=form, auth=secret)
        return self.http.post(f"{self.sandbox.url}/oauth/token/", data={"client_id": self.client_id, **form})

    def redeem(self, code: str, **changes: str) -> httpx2.Response:
        """Exchange a code."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
        return self.token(**{**form, **changes})

    def refresh(self, refresh_token: str) -> httpx2.Response:
        """Exchange a refresh token."""
        return self.token(grant_type="refresh_token", refresh_token=refresh_token)


def register(sandbox: Sandbox, http: httpx2.Client, **changes: Any) -> Application:
    """An application that has registered; a public client by default."""
    response = http.post(f"{sandbox.url}/oauth/register/", json={**PUBLIC_CLIENT, **changes})
    assert response.status_code == 201, response.text
    return Application(sandbox, response.json(), http)


@contextmanager
def signed_in_person(sandbox: Sandbox, username: str = "alice") -> Generator[Person]:
    """A person whose browser is closed in the end."""
    with http_client(sandbox) as browser:
        yield Person(sandbox, browser, username)


def signed_in(sandbox: Sandbox, http: httpx2.Client, scope: str, username: str = "alice") -> dict[str, Any]:
    """The tokens of a person who let a newly registered application have these scopes."""
    application = register(sandbox, http)
    with signed_in_person(sandbox, username) as person:
        back = person.decides(application.query(scope=scope))
    tokens: dict[str, Any] = application.redeem(back["code"]).json()
    return {**tokens, "client_id": application.client_id}


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    """The header that carries an access token."""
    return {"Authorization": f"Bearer {tokens['access_token']}"}

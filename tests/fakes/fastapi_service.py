"""A service of a kind that no preset knows: two FastAPI applications, a catalog, and an OAuth server of its own."""

from __future__ import annotations

import base64
import hashlib
import html
import secrets
import socket
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import urlencode

import uvicorn
from fastapi import Body, Depends, FastAPI, Form, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from fastapi.security import OAuth2AuthorizationCodeBearer
from pydantic import BaseModel, Field, field_validator

from .limits import SECONDS

_TOKEN = OAuth2AuthorizationCodeBearer("/oauth/authorize", "/oauth/token", auto_error=False)


@dataclass
class Shop:
    """What the service knows, and how often each of its paths was asked for."""

    url: str = ""
    clients: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    codes: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    tokens: set[str] = field(default_factory=set[str])
    refresh_tokens: set[str] = field(default_factory=set[str])
    orders: dict[int, dict[str, Any]] = field(default_factory=dict[int, dict[str, Any]])
    arrived: Counter[str] = field(default_factory=Counter[str])
    # The credential of each call of the APIs, or nothing.
    carried: list[str] = field(default_factory=list[str])


class Address(BaseModel):
    """Where an order goes."""

    street: str
    city: str = Field(min_length=2)


class Line(BaseModel):
    """One article of an order."""

    sku: str
    count: int = Field(ge=1, le=100)

    @field_validator("sku")
    @classmethod
    def known(cls, sku: str) -> str:
        """What no schema can tell: whether there is such an article."""
        if not sku.startswith("tea-"):
            raise ValueError("there is no such article")
        return sku


class NewOrder(BaseModel):
    """An order to place."""

    lines: list[Line] = Field(min_length=1)
    to: Address
    note: str | None = None


class Status(StrEnum):
    """How far an order is."""

    OPEN = "open"
    SHIPPED = "shipped"


def _bearer(shop: Shop) -> Callable[..., Awaitable[str]]:
    async def check(token: Annotated[str | None, Depends(_TOKEN)]) -> str:
        if token not in shop.tokens:
            raise HTTPException(401, "Who are you?", {"WWW-Authenticate": "Bearer"})
        return str(token)

    return check


def _orders(shop: Shop) -> FastAPI:
    app = FastAPI(title="Orders", dependencies=[Depends(_bearer(shop))])

    @app.get("/orders")
    async def list_orders(status: Status | None = None) -> list[dict[str, Any]]:
        """All orders, or those of one status."""
        return [order for order in shop.orders.values() if status in (None, order["status"])]

    @app.post("/orders", status_code=201)
    async def create_order(order: NewOrder) -> dict[str, Any]:
        """Place an order."""
        number = len(shop.orders) + 1
        shop.orders[number] = {"id": number, "status": "open", **order.model_dump()}
        return shop.orders[number]

    @app.put("/orders/{number}/status")
    async def set_status(number: int, status: Annotated[Status, Body(embed=True)]) -> dict[str, Any]:
        """Say how far an order is."""
        if number not in shop.orders:
            raise HTTPException(404, "There is no such order")
        shop.orders[number]["status"] = status
        return shop.orders[number]

    @app.delete("/orders/{number}", status_code=204)
    async def delete_order(number: int) -> None:
        """Take an order back."""
        if shop.orders.pop(number, None) is None:
            raise HTTPException(404, "There is no such order")

    return app


def _stock() -> FastAPI:
    app = FastAPI(title="Stock")

    @app.get("/items/{sku}")
    async def get_item(sku: str) -> dict[str, Any]:
        """How many of an article there are; for everybody."""
        return {"sku": sku, "count": 7}

    return app


def _oauth(shop: Shop, app: FastAPI) -> None:
    """Authorization code with PKCE (RFC 7636), registration (RFC 7591), refresh with rotation (RFC 9700 §4.14.2)."""

    @app.get("/.well-known/oauth-authorization-server")
    async def metadata() -> dict[str, Any]:
        return {
            "issuer": shop.url,
            "authorization_endpoint": f"{shop.url}/oauth/authorize",
            "token_endpoint": f"{shop.url}/oauth/token",
            "registration_endpoint": f"{shop.url}/oauth/register",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none"],
        }

    @app.post("/oauth/register", status_code=201)
    async def register(wanted: Annotated[dict[str, Any], Body()]) -> dict[str, Any]:
        client_id = secrets.token_urlsafe(12)
        shop.clients[client_id] = wanted["redirect_uris"]
        return {**wanted, "client_id": client_id, "token_endpoint_auth_method": "none"}

    @app.get("/oauth/authorize")
    async def ask(request: Request) -> HTMLResponse:
        hidden = "".join(
            f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
            for name, value in request.query_params.items()
        )
        return HTMLResponse(
            f'<title>Shop</title><form method="post">{hidden}<input name="username">'
            '<input name="password" type="password"><button name="allow" value="1">Allow</button>'
            '<button name="deny" value="1">Deny</button></form>'
        )

    @app.post("/oauth/authorize")
    async def decide(request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        known = form["redirect_uri"] in shop.clients.get(form["client_id"], [])
        if not known or form.get("password") != "sandbox" or form["code_challenge_method"] != "S256":
            return HTMLResponse("<title>No</title>", 400)
        code = secrets.token_urlsafe(16)
        shop.codes[code] = form
        answer = {"state": form["state"], **({"error": "access_denied"} if "deny" in form else {"code": code})}
        return RedirectResponse(f"{form['redirect_uri']}?{urlencode(answer)}", 303)

    @app.post("/oauth/token")
    async def token(
        grant_type: Annotated[str, Form()],
        client_id: Annotated[str, Form()],
        code: Annotated[str, Form()] = "",
        redirect_uri: Annotated[str, Form()] = "",
        code_verifier: Annotated[str, Form()] = "",
        refresh_token: Annotated[str, Form()] = "",
    ) -> JSONResponse:
        if grant_type == "refresh_token":
            good = refresh_token in shop.refresh_tokens
            shop.refresh_tokens.discard(refresh_token)
        else:
            asked = shop.codes.pop(code, {})
            digest = base64.urlsafe_b64encode(hashlib.sha256(code_verifier.encode()).digest()).rstrip(b"=").decode()
            expected = (asked.get("client_id"), asked.get("redirect_uri"), asked.get("code_challenge"))
            good = expected == (client_id, redirect_uri, digest)
        if not good:
            return JSONResponse({"error": "invalid_grant"}, 400)
        access, refresh = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        shop.tokens.add(access)
        shop.refresh_tokens.add(refresh)
        return JSONResponse(
            {"access_token": access, "token_type": "Bearer", "expires_in": 3600, "refresh_token": refresh}
        )


def _application(shop: Shop) -> FastAPI:
    app = FastAPI(openapi_url=None)
    apis = ("orders", "stock")

    @app.middleware("http")
    async def note(request: Request, proceed: Callable[[Request], Awaitable[Response]]) -> Response:
        path = request.url.path
        shop.arrived[f"{request.method} {path}"] += 1
        if path.startswith(tuple(f"/{api}/" for api in apis)) and not path.endswith("/openapi.json"):
            shop.carried.append(request.headers.get("authorization", ""))
        return await proceed(request)

    @app.get("/.well-known/api-catalog")
    async def catalog() -> JSONResponse:
        linkset = [
            {
                "anchor": f"{shop.url}/{api}",
                "service-desc": [{"href": f"{shop.url}/{api}/openapi.json", "type": "application/openapi+json"}],
            }
            for api in apis
        ]
        return JSONResponse({"linkset": linkset}, media_type="application/linkset+json")

    _oauth(shop, app)
    app.mount("/orders", _orders(shop))
    app.mount("/stock", _stock())
    return app


@contextmanager
def running_shop() -> Generator[Shop]:
    """The service on a port of its own, in a thread."""
    shop = Shop()
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        shop.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(_application(shop), log_level="warning", lifespan="off", ws="none"))
        listening.listen()
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            yield shop
        finally:
            server.should_exit = True
            thread.join(SECONDS)
            assert not thread.is_alive()

"""A whole run with every kind of credential, and every secret of it looked for in everything that came of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, quote, quote_plus, urlsplit

import pytest

from ..fakes.close_service import CloseStandIn, running_close
from ..fakes.command_line import free_port, run
from ..fakes.fluent_service import INTEGRATION, FluentStandIn, running_fluent
from ..fakes.limits import SECONDS
from ..fakes.paths import BROWSER_COMMAND
from ..fakes.server_process import started
from ..fakes.service import Received, Reply, Sandbox, Service, document, operation
from ..fakes.tabs import Tabs, reported_tabs

SHOP_KEY = "shop-key-41c9d2b7"
# What a form, a URL and JSON each write in their own way.
ODD = 'e8 57/+%ü"&'
KEPT = ("access_token", "refresh_token", "client_secret", "registration_token", "state", "verifier", "nonce")
# The last two repeat the key that they were sent.
CALLS = ("account_whoami", "close_users_get_me", "fluent_find_variants", "shop_get_echo", "shop_get_refusal")

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="processes show their arguments elsewhere"),
]


@dataclass
class Watch:
    """Looks, all the while, at what is in a folder and at the arguments of every process.

    `kept` is where each browser leaves what was in the folder when it was opened, for that is soon gone.
    """

    folder: Path
    kept: Path
    secrets: dict[str, str] = field(default_factory=dict[str, str])
    arguments: set[str] = field(default_factory=set[str])

    def look(self) -> None:
        for file in (*self.folder.glob("*.json"), *self.kept.glob("*/*.json")):
            with suppress(OSError, ValueError):
                record: dict[str, Any] = json.loads(file.read_text())
                for value in record.values():
                    if isinstance(value, dict):
                        self._note(cast(dict[str, Any], value))
        for process in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                self.arguments.add(process.read_text(errors="replace").replace("\0", " "))

    def _note(self, part: dict[str, Any]) -> None:
        """The tokens, the client, or what is pending."""
        self.secrets.update({part[name]: name for name in KEPT if part.get(name)})


@contextmanager
def watched(folder: Path, kept: Path) -> Generator[Watch]:
    watch, over = Watch(folder, kept), threading.Event()

    def keep_looking() -> None:
        while not over.wait(0.02):
            watch.look()

    thread = threading.Thread(target=keep_looking)
    thread.start()
    try:
        yield watch
    finally:
        over.set()
        thread.join(SECONDS)


@pytest.fixture
def close() -> Iterator[CloseStandIn]:
    with running_close() as running:
        running.redirect_uri = f"http://127.0.0.1:{free_port()}/callback"
        running.client_secret = f"close-{ODD}"
        yield running


@pytest.fixture
def fluent() -> Iterator[FluentStandIn]:
    with running_fluent() as running:
        running.users["ana"] = f"password-{ODD}"
        running.clients[INTEGRATION] = f"integration-{ODD}"
        yield running


@pytest.fixture
def tabs(tmp_path: Path) -> Iterator[Tabs]:
    with reported_tabs(tmp_path) as reported:
        yield reported


def serve_shop(shop: Service) -> None:
    """An API with a key, whose operations tell what they were sent."""

    def echo(got: Received) -> Reply:
        return Reply({"you sent": dict(got.headers)})

    def refuse(got: Received) -> Reply:
        return Reply({"detail": f"you sent {dict(got.headers)}"}, 400)

    paths = {f"/{name}": {"get": operation(operationId=f"get_{name}")} for name in ("echo", "refusal")}
    shop.routes |= {"/openapi.json": Reply(document(paths)), "/echo": echo, "/refusal": refuse}


def settings(sandbox: Sandbox, close: CloseStandIn, fluent: FluentStandIn, shop: Service) -> str:
    own_client = (
        f'client_id = "{close.client_id}", client_secret = {{ env = "CLOSE_CLIENT_SECRET" }}, '
        f'authorization_endpoint = "{close.sign_in}/oauth2/authorize/", redirect_uri = "{close.redirect_uri}"'
    )
    names = ("username", "password", "client_id", "client_secret")
    password = ", ".join(f'{name} = {{ env = "FLUENT_{name.upper()}" }}' for name in names)
    key = 'grant = "api_key", key = { env = "SHOP_KEY" }, in = "header", name = "X-Shop-Key"'
    return f"""
expose = "all"
[systems.closient]
site = "{sandbox.url}"
[systems.close]
site = "{close.url}"
credential = {{ {own_client} }}
[systems.fluent]
base = "{fluent.url}"
account = "ACME"
retailer = 1
credential = {{ grant = "password", {password} }}
[systems.shop]
description = "{shop.url}/openapi.json"
base = "{shop.url}"
credential = {{ {key} }}
"""


def written_forms(secret: str) -> set[str]:
    """A secret as it may be written."""
    return {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), json.dumps(secret)[1:-1]}


def serve_and_call(*arguments: str, **environment: str) -> str:
    """All output of a server, on stdout and on stderr, while each tool was called twice."""
    frames: list[dict[str, Any]] = []
    with started("--log-level", "debug", *arguments, **environment) as process:
        frames.append(process.shake_hands())
        process.send("tools/list", 2)
        frames.append(process.answer(2))
        for number, tool in enumerate(CALLS * 2, 3):
            process.send("tools/call", number, name=tool, arguments={})
            frames.append(process.answer(number))
        code, message = process.finish()
    failed = [bool(frame["result"].get("isError")) for frame in frames[2:]]
    assert code == 0
    assert failed == [False, False, False, False, True] * 2, frames[2:]
    assert sum("you sent" in json.dumps(frame) for frame in frames) == 4
    return json.dumps(frames, ensure_ascii=False) + json.dumps(frames) + message


def test_rule_1_no_secret_of_a_whole_run_is_anywhere_but_where_it_belongs(
    sandbox: Sandbox, close: CloseStandIn, fluent: FluentStandIn, service: Service, tmp_path: Path, tabs: Tabs
) -> None:
    home, log, kept = tmp_path / "mcp", tmp_path / "log", tmp_path / "kept"
    home.mkdir()
    kept.mkdir()
    keeping = f'cp {home}/credentials/*.json "$(mktemp -d {kept}/XXXXXX)"; exec {BROWSER_COMMAND.replace("%s", "$0")}'
    serve_shop(service)
    (home / "closient-mcp.toml").write_text(settings(sandbox, close, fluent, service))
    environment = {
        "CLOSIENT_MCP_HOME": str(home),
        "BROWSER": f"sh -c '{keeping}' %s",
        "TABS": str(tabs.path),
        "CLOSE_CLIENT_SECRET": close.client_secret,
        "FLUENT_USERNAME": "ana",
        "FLUENT_PASSWORD": fluent.users["ana"],
        "FLUENT_CLIENT_ID": INTEGRATION,
        "FLUENT_CLIENT_SECRET": fluent.clients[INTEGRATION],
        "SHOP_KEY": SHOP_KEY,
    }
    message: dict[str, str] = {}
    with watched(home / "credentials", kept) as watch:
        message["the first run"] = serve_and_call(**environment)
        watch.look()
        # Everything is renewed, and the log goes to a file this time.
        sandbox.control("expire-tokens")
        close.tokens.clear()
        fluent.expire_tokens()
        message["the second run"] = serve_and_call("--log-file", str(log), **environment)
        watch.look()
        for command in (["status"], ["status", "--json"], ["config", "show"], ["logout", "--forget"]):
            ran = run(*command, "--log-level", "debug", site="", **environment)
            assert ran.code == 0, ran.err
            message[" ".join(command)] = ran.out + ran.err
    message["the log"] = log.read_text(encoding="utf-8")
    message["the arguments of processes"] = "\n".join(watch.arguments)

    forms = [parse_qs(got.body.decode()) for got in close.received if got.path == "/oauth2/token/"]
    codes = {form["code"][0]: "a code" for form in forms if "code" in form}
    asked_for = [parse_qs(got.query) for got in close.received if got.path == "/oauth2/authorize/"]
    states = {query["state"][0]: "a state" for query in asked_for}
    assert [urlsplit(tab.split()[-1]).query for tab in tabs.shown(2)] == ["", ""]
    secrets = {
        **watch.secrets,
        **codes,
        **states,
        **{form["code_verifier"][0]: "a verifier" for form in forms if "code_verifier" in form},
        close.client_secret: "Close's secret",
        fluent.users["ana"]: "a password",
        fluent.clients[INTEGRATION]: "Fluent's secret",
        SHOP_KEY: "a key",
    }
    # Two sign-ins by a person and one by a password, each renewed once: the tokens of all were seen.
    found = list(secrets.values())
    assert found.count("access_token") == 6
    assert found.count("refresh_token") == 6
    assert len(codes) == len(states) == 1
    assert found.count("verifier") + found.count("a verifier") == 2
    assert "registration_token" in found

    # A code and a state are in the URL that brings the browser back to this machine, and the state in the
    # one that it is sent out with: there they have to be. No other URL holds anything.
    urls = [f"{got.path}?{got.query}" for got in (*close.received, *fluent.received, *service.received)]
    asked = [url for url in urls if url.startswith("/oauth2/authorize/")]
    message["the URLs that servers saw"] = "\n".join(url for url in urls if url not in asked)
    assert len(asked) == 1
    message["the URL of the sign-in"] = "".join(asked)
    for place, text in message.items():
        looked_for = {
            secret: name for secret, name in secrets.items() if not ("the sign-in" in place and secret in states)
        }
        shown = [name for secret, name in looked_for.items() if any(form in text for form in written_forms(secret))]
        assert shown == [], place

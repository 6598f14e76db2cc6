"""Rules of access: which systems and tiers a caller gets, in lists and in calls, and whose results are whose."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest

from ...fakes.http_server import HttpServer, bearer, serving, settings_in
from ...fakes.issuer import Issuer, running_issuer
from ...fakes.limits import SECONDS
from ...fakes.service import Received, Reply, Service, document, operation

ORDERS = {
    "/orders": {
        "get": operation(operationId="list_orders", summary="List orders"),
        "post": operation(operationId="create_order", summary="Create an order"),
    },
    "/orders/{id}": {
        "delete": operation(
            operationId="delete_order",
            summary="Delete an order",
            parameters=[{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
        ),
    },
}
RULES = """
[[http.access]]
scope = "acme:read"
systems = ["acme"]
allow = "read"
[[http.access]]
group = "clerks"
systems = ["acme"]
allow = "create"
[[http.access]]
subject = "root"
"""


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running_issuer() as running:
        yield running


def text(service: Service, issuer: Issuer, *, rules: str = RULES, expose: str = "all", credential: str = "") -> str:
    """The settings of two systems with the same operations."""
    service.routes["/openapi.json"] = Reply(document(ORDERS))
    service.routes["/orders"] = Reply([{"order": number} for number in range(2000)])
    system = f'description = "{service.url}/openapi.json"\n{credential}'
    return (
        f'expose = "{expose}"\nresult_characters = 2000\n[http]\npublic_url = "https://mcp.example.com"\n'
        f'auth = {{ mode = "oauth", issuer = "{issuer.url}" }}\n{rules}'
        f"[systems.acme]\n{system}\n[systems.vault]\n{system}\n"
    )


ACME_READ = {"acme_list_orders"}
ACME_CREATE = {"acme_list_orders", "acme_create_order"}
ACME = {*ACME_CREATE, "acme_delete_order"}
EVERYTHING = {*ACME, *(name.replace("acme", "vault") for name in ACME)}


@pytest.mark.parametrize(
    ("claims", "tools"),
    [
        ({"scope": "acme:read"}, ACME_READ),
        ({"scope": "acme:read", "groups": ["clerks"]}, ACME_CREATE),
        ({"groups": ["clerks"]}, ACME_CREATE),
        ({"sub": "root"}, EVERYTHING),
        ({"scope": "root", "groups": ["root", "acme:read"]}, set[str]()),
        ({"scope": "acme:readonly", "sub": "clerks"}, set[str]()),
    ],
    ids=["scope", "scope and group", "group", "subject", "values of other claims", "similar values"],
)
async def test_a_caller_sees_what_the_rules_give(
    tmp_path: Path, service: Service, issuer: Issuer, claims: dict[str, Any], tools: set[str]
) -> None:
    async with serving(settings_in(tmp_path, text(service, issuer))) as server:
        listed = await server.tools(issuer.token(**claims))
        assert {name for name in listed if name.endswith(("_orders", "_order"))} == tools


async def test_rule_5_a_call_above_a_callers_tier_or_of_another_system_is_refused(
    tmp_path: Path, service: Service, issuer: Issuer
) -> None:
    async with serving(settings_in(tmp_path, text(service, issuer))) as server:
        token = issuer.token(scope="acme:read")
        for name in ("acme_create_order", "acme_delete_order", "vault_list_orders", "vault_delete_order"):
            succeeded, message = await server.call(token, name, id="1")
            assert not succeeded
            assert message.startswith(f"Unknown tool: {name}")
            assert "vault" not in message.removeprefix(f"Unknown tool: {name}")
        assert (await server.call(token, "acme_list_orders"))[0]
    assert {(got.method, got.path) for got in service.received if "order" in got.path} == {("GET", "/orders")}


async def test_rule_5_finders_find_describe_and_call_only_what_a_caller_may_use(
    tmp_path: Path, service: Service, issuer: Issuer
) -> None:
    async with serving(settings_in(tmp_path, text(service, issuer, expose="core"))) as server:
        reader, root = issuer.token(scope="acme:read"), issuer.token(sub="root")
        listed = await server.tools(reader)
        assert {name for name in listed if name.endswith("_operation")} == {"describe_operation", "read_operation"}
        assert "destructive_operation" in await server.tools(root)
        assert await found(server, reader) == ACME_READ
        assert await found(server, root) == EVERYTHING
        assert await found(server, reader) == ACME_READ
        for name in ("vault_list_orders", "acme_delete_order"):
            for tool in ("describe_operation", "read_operation"):
                succeeded, message = await server.call(reader, tool, name=name)
                assert not succeeded
                assert "There is no operation" in message
        assert (await server.call(reader, "destructive_operation", name="acme_delete_order"))[0] is False
        assert (await server.call(reader, "read_operation", name="acme_list_orders"))[0]
    assert "DELETE" not in {got.method for got in service.received}


async def found(server: HttpServer, token: str) -> set[str]:
    """The operations that `find_operations` shows a caller."""
    succeeded, answer = await server.call(token, "find_operations", query="orders", limit=50)
    assert succeeded, answer
    return {line["name"] for line in json.loads(answer)["operations"]}


async def test_the_instructions_do_not_name_systems_that_a_caller_may_not_use(
    tmp_path: Path, service: Service, issuer: Issuer
) -> None:
    async with serving(settings_in(tmp_path, text(service, issuer))) as server:
        answer = await server.request("server/discover", {"Authorization": f"Bearer {issuer.token()}"})
        assert answer.status_code == 200
        assert "vault" not in answer.text


async def test_a_caller_gets_the_prompts_of_their_systems(tmp_path: Path, service: Service, issuer: Issuer) -> None:
    skill = {"name": "find-it", "type": "skill-md", "description": "Find it.", "url": "/SKILL.md"}
    service.routes["/.well-known/agent-skills/index.json"] = Reply({"skills": [skill]})
    service.routes["/SKILL.md"] = Reply("Look for it.", headers={"content-type": "text/markdown"})
    rules = RULES.replace("acme", "closient")
    sites = "".join(
        f'[systems.{name}]\npreset = "closient"\nsite = "{service.url}"\ncredential = "none"\n'
        for name in ("closient", "vault")
    )
    config = (
        f'[http]\npublic_url = "https://mcp.example.com"\nauth = {{ mode = "oauth", issuer = "{issuer.url}" }}\n'
        f"{rules}{sites}"
    )
    async with serving(settings_in(tmp_path, config)) as server:
        reader = bearer(issuer.token(scope="closient:read"))
        assert await prompts(server, reader) == {"find-it"}
        assert await prompts(server, bearer(issuer.token())) == set()
        assert await prompts(server, bearer(issuer.token(sub="root"))) == {"find-it", "vault-find-it"}
        assert "Look for it." in (await server.request("prompts/get", reader, name="find-it")).text
        refused = await server.request("prompts/get", reader, name="vault-find-it")
        assert refused.json()["error"]["message"] == "Unknown prompt: vault-find-it; did you mean find-it?"


async def test_a_document_cannot_have_arguments_compared_with_headers(tmp_path: Path, service: Service) -> None:
    marked = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "x-mcp-header": "Order"}}
    paths = {"/orders/{id}": {"get": operation(operationId="get_order", parameters=[marked])}}
    service.routes |= {"/openapi.json": Reply(document(paths)), "/orders/1": Reply({"id": "1"})}
    async with serving(
        settings_in(tmp_path, f'[systems.acme]\ndescription = "{service.url}/openapi.json"\n')
    ) as server:
        assert "x-mcp-header" not in (await server.request("tools/list")).text
        answer = await server.request("tools/call", name="acme_get_order", arguments={"id": "1"})
        assert answer.json()["result"]["structuredContent"] == {"id": "1"}


async def prompts(server: HttpServer, headers: dict[str, str]) -> set[str]:
    """The names of the prompts that are listed for a caller."""
    answer = await server.request("prompts/list", headers)
    return {prompt["name"] for prompt in answer.json()["result"]["prompts"]}


async def test_rule_5_a_result_belongs_to_its_caller(tmp_path: Path, service: Service, issuer: Issuer) -> None:
    async with serving(settings_in(tmp_path, text(service, issuer, rules=""))) as server:
        answer = await server.request(
            "tools/call", {"Authorization": f"Bearer {issuer.token()}"}, name="acme_list_orders", arguments={}
        )
        note = answer.json()["result"]["content"][-1]["text"]
        arguments = json.JSONDecoder().raw_decode(note[note.index("{") :])[0]
        assert (await server.call(issuer.token(), "read_result", **arguments))[0]
        assert not (await server.call(issuer.token(sub="bob"), "read_result", **arguments))[0]
        # Another token of the same caller.
        assert (await server.call(issuer.token(jti="another"), "read_result", **arguments))[0]


KEY = 'credential = { grant = "api_key", key = { env = "KEY" }, in = "header", name = "X-API-Key"'


@pytest.mark.parametrize(("shared", "sent"), [("", None), (", shared = true", "the-operators-key")])
async def test_rule_5_callers_share_a_credential_only_if_the_settings_say_so(
    tmp_path: Path, service: Service, issuer: Issuer, shared: str, sent: str | None
) -> None:
    config = text(service, issuer, rules="", credential=f"{KEY}{shared} }}\n")
    async with serving(settings_in(tmp_path, config, KEY="the-operators-key")) as server:
        for subject in ("ann", "bob"):
            await server.call(issuer.token(sub=subject), "acme_list_orders")
    assert {got.headers.get("x-api-key") for got in service.received if got.path == "/orders"} == {sent}


async def test_files_of_the_servers_machine_are_not_for_callers(
    tmp_path: Path, service: Service, issuer: Issuer
) -> None:
    config = f'files = ["."]\n{text(service, issuer, rules="")}'
    binary = {"schema": {"type": "string", "format": "binary"}}
    upload = operation(operationId="send_file", requestBody={"content": {"application/octet-stream": binary}})
    service.routes["/openapi.json"] = Reply(document({"/files": {"post": upload}}))
    async with serving(settings_in(tmp_path, config)) as server:
        (tmp_path / "secret.txt").write_text("secret")
        succeeded, message = await server.call(issuer.token(), "acme_send_file", body={"path": "secret.txt"})
        assert not succeeded
        assert "path" in message
    assert "/files" not in {got.path for got in service.received}


async def test_rule_5_long_calls_of_a_caller_do_not_delay_another(
    tmp_path: Path, service: Service, issuer: Issuer
) -> None:
    released = threading.Event()

    def slow(_: Received) -> Reply:
        released.wait(SECONDS)
        return Reply({"order": 1})

    config = text(service, issuer, rules="")
    service.routes["/orders/1"] = slow
    ann, bob = issuer.token(), issuer.token(sub="bob")
    async with serving(settings_in(tmp_path, config)) as server, anyio.create_task_group() as group:
        for _ in range(12):
            group.start_soon(partial(server.call, ann, "acme_delete_order", id="1"))
        await anyio.to_thread.run_sync(service.wait_for, lambda: service.count("/orders/1") == 8)
        assert (await server.call(bob, "acme_list_orders"))[0]
        assert service.count("/orders/1") == 8
        released.set()
    assert service.count("/orders/1") == 12

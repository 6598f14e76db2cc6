"""What the agent reads of the errors of real services: everything that may help, and nothing secret."""

from __future__ import annotations

import json
from typing import Any

import pytest

from closient_mcp.tools.errors import UpstreamError
from closient_mcp.tools.http.messages import Response
from closient_mcp.tools.results.responses import read_response

from ...fakes.paths import VECTORS

CASES: list[dict[str, Any]] = json.loads((VECTORS / "error_responses.json").read_bytes())


def failure(status: int, body: Any = b"", **headers: str) -> UpstreamError:
    content = body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {"content-type": "application/json"} | {name.replace("_", "-"): text for name, text in headers.items()}
    with pytest.raises(UpstreamError) as caught:
        read_response(Response(status, given, content, "https://h.example/a"), "acme")
    return caught.value


@pytest.mark.parametrize("case", [pytest.param(case, id=case["case"]) for case in CASES])
def test_the_reason_of_an_error_reaches_the_agent(case: dict[str, Any]) -> None:
    found = failure(case["status"], case["body"], **case["headers"])
    shown = f"{found.message} {found.next_step} {json.dumps(found.details)}"
    assert [text for text in case["expect"]["text_has"] if text not in shown] == []


def test_members_that_no_rule_knows_follow_the_message() -> None:
    body = {
        "status": 409,
        "error": {"message": "Insufficient balance", "balance": "12.50", "missing": {"amount": 7.5, "of": ["a", "b"]}},
        "timestamp": "2026-04-26T02:34:56+00:00",
    }
    found = failure(409, body)
    more = "balance: 12.50; missing.amount: 7.5; missing.of: a, b"
    assert found.message == f"acme answered HTTP 409: Insufficient balance. More of its answer: {more}."


def test_a_body_without_a_message_is_told_by_its_members() -> None:
    assert failure(400, {"limit": 5, "given": 7}).message == "acme answered HTTP 400: limit: 5; given: 7."


def test_rule_1_secrets_in_an_error_body_are_hidden() -> None:
    body = {
        "message": "no",
        "access_token": "t-1",
        "auth": {"client_secret": "s-1"},
        "note": "sent eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln here",
        "link": "https://user:pw@h.example/x?api_key=k-1&page=2",
    }
    text = failure(400, body).message
    assert "access_token: [hidden]; note: sent [hidden] here; link: https://h.example/x?api_key=[hidden]&page=2" in text
    assert not any(secret in text for secret in ("t-1", "s-1", "k-1", "pw@", "eyJ"))


def test_rule_2_what_follows_the_message_is_bounded_and_clean() -> None:
    body = {
        "message": "no",
        "stack": "at x\n" * 5_000,
        **{f"m{i}": f"value\u202e {i} " + "x" * 500 for i in range(500)},
    }
    text = failure(500, body).message
    assert len(text) < 2_500
    assert "\u202e" not in text
    assert "more." in text
    assert failure(500, {"message": "no", "a": {"b": [{"c": [[{"d": [["deep"]]}]]}]}}).message


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"errors":"Not Found"}', "Not Found"),
        (b"42", "42"),
        (b'<error code="E5" message="too &lt; big"/>', "too < big"),
        (b'<?xml version="1.0"?><rsp stat="fail">\n<err code="1" msg="No photo" /></rsp>', "No photo"),
        (b"<r:Fault xmlns:r='urn:x' reason='No photo'></r:Fault>", "No photo"),
    ],
)
def test_the_reason_of_an_error_is_found_wherever_it_is(body: bytes, reason: str) -> None:
    assert failure(422, body).message.startswith(f"acme answered HTTP 422: {reason}.")


def test_the_visible_text_of_an_error_page_is_the_reason() -> None:
    head = "<head><title>Oops</title><style>b{}</style></head>"
    page = f"<html>{head}<body><h1>Oops</h1><p>Disk <b>full</b></p></body></html>"
    found = failure(502, page, content_type="text/html")
    assert found.message == "acme answered HTTP 502: a web page (Oops): Disk full."


def test_elements_of_xml_that_no_rule_knows_follow_the_message() -> None:
    xml = "<Error><Code>NoSuchKey</Code><Message>No such key.</Message><Key>a/b.txt</Key><HostId>h1</HostId></Error>"
    found = failure(404, xml, content_type="application/xml")
    assert found.message == "acme answered HTTP 404: No such key. More of its answer: Key: a/b.txt; HostId: h1."


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"x_error_message": "start date is wrong"}, "start date is wrong (x-error-message)"),
        ({"grpc_message": "no", "x_error_code": "7"}, "no (grpc-message); 7 (x-error-code)"),
        ({"x_message_id": "1"}, "it gave no reason"),
    ],
)
def test_headers_are_the_reason_of_an_empty_body(headers: dict[str, str], reason: str) -> None:
    assert failure(400, b"", **headers).message == f"acme answered HTTP 400: {reason}."


@pytest.mark.parametrize(
    "body",
    [
        {"ok": False, "error": "missing_scope"},
        {"success": False, "errors": [{"code": 7, "message": "missing_scope"}]},
        {"success": False, "message": "missing_scope"},
        {"jsonrpc": "2.0", "id": 1, "error": {"code": -32601, "message": "missing_scope"}},
        {"data": None, "errors": [{"message": "missing_scope", "path": ["a"]}]},
        {"Success": False, "Message": "missing_scope"},
        {"success": False, "error": 1, "hint": "missing_scope"},
        {"isSuccess": "false", "errorMessage": "missing_scope"},
        {"error": True, "message": "missing_scope"},
        {"code": 500, "msg": "missing_scope", "data": None},
        {"type": "about:blank", "title": "missing_scope", "status": 403},
        {"error": {"code": 403, "message": "missing_scope"}},
    ],
)
def test_a_failure_with_a_status_of_success_is_an_error(body: dict[str, Any]) -> None:
    found = failure(200, body)
    assert "missing_scope" in found.message
    assert found.details["status"] == 200


@pytest.mark.parametrize(
    "body",
    [
        {"ok": False},
        {"ok": True, "error": "x"},
        {"error": "x"},
        {"error": True},
        {"error": {"message": "x"}},
        {"id": 7, "code": 404, "message": "x"},
        {"code": 200, "message": "x"},
        {"status": "error", "message": "x"},
        {"success": 0, "error": 1},
        {"success": True, "message": "x"},
        {"jsonrpc": "2.0", "id": 1, "result": {"error": {"message": "x"}}},
    ],
)
def test_other_bodies_with_a_status_of_success_are_results(body: dict[str, Any]) -> None:
    response = Response(200, {"content-type": "application/json"}, json.dumps(body).encode(), "https://h.example/a")
    assert json.loads(read_response(response, "acme").text) == body


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/problem+json", {"title": "missing_scope"}),
        ("application/vnd.api+json", {"errors": [{"title": "missing_scope"}]}),
        (
            "text/xml; charset=utf-8",
            b"<s:Envelope><s:Body><s:Fault><faultstring>missing_scope</faultstring></s:Fault></s:Body></s:Envelope>",
        ),
    ],
)
def test_a_media_type_tells_a_failure_with_a_status_of_success(content_type: str, body: Any) -> None:
    assert failure(200, body, content_type=content_type).message == (
        "acme answered HTTP 200 with an error: missing_scope."
    )


@pytest.mark.parametrize(
    ("status", "body", "headers", "step"),
    [
        (429, {"error": {"details": [{"retryDelay": "3.5s"}]}}, {}, "Wait 4 seconds, then try again."),
        (429, {"retry_after_ms": 2500}, {}, "Wait 3 seconds, then try again."),
        (503, {"retry_after": "30"}, {}, "Wait 30 seconds, then try again."),
        (403, {"message": "slow down"}, {"retry_after": "600"}, "Wait 10 minutes, then try again."),
        (429, {}, {"retry_after": "36000"}, "Wait 10 hours, then try again."),
        (429, {"retry_after": -1}, {}, "Wait a while, then try again."),
        (429, {"retry_after": 10**12}, {}, "Wait a while, then try again."),
    ],
)
def test_waits_are_read_in_their_unit_and_told_in_a_readable_one(
    status: int, body: Any, headers: dict[str, str], step: str
) -> None:
    assert failure(status, body, **headers).next_step == step

"""What a rejected request means: the table, its documentation, and the responses that it is read from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import httpx2
import pytest

from closient_mcp.auth.oauth.http import BUSY, Response
from closient_mcp.auth.oauth.rejections import (
    TABLE,
    Meaning,
    RequestKind,
    classify,
    read_error,
    read_rejection,
    read_sentence,
)

from ...fakes.pages import DOCS, check_generated, table

ALL: tuple[RequestKind, ...] = (
    "authorization", "exchange", "device", "refresh", "probe", "password", "client_credentials", "api",
)  # fmt: skip
TOKENS: tuple[RequestKind, ...] = ("exchange", "device", "refresh", "probe", "password", "client_credentials")


def _rows() -> Iterator[tuple[str, ...]]:
    for row in TABLE:
        statuses = "408, 425, 429, 5xx, none" if row.statuses is BUSY else ", ".join(map(str, row.statuses))
        errors = ", ".join(f"`{error}`" for error in row.errors) + (" with a reason" if row.reason else "")
        names = {"error": "OAuth error (JSON, form)", "object": "other JSON, form", "none": "none of these"}
        bodies = "any" if len(row.bodies) == len(names) else ", ".join(names[body] for body in row.bodies)
        cells = (", ".join(row.requests) or "any", statuses or "any", errors or "any", bodies)
        yield (*cells, row.meaning, row.section, row.servers or "-")


def test_the_documentation_shows_the_table() -> None:
    header = ("request", "status", "error", "body", "meaning", "specified in", "servers")
    check_generated(DOCS / "rejections.md", table(header, _rows()))


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.meaning}-{row.section[:20]}")
def test_each_row_has_a_source_and_is_reached(row: object) -> None:
    position = next(number for number, each in enumerate(TABLE) if each is row)
    this = TABLE[position]
    assert this.section.startswith("RFC ")
    body = this.bodies[0]
    error = (this.errors or ("any_code",))[0] if body == "error" else ""
    status = min(this.statuses, default=400)
    description = "a reason" if this.reason else ""
    kinds = this.requests or ALL
    first = [
        next(each for each in TABLE if each.matches(kind, status, error, body, bool(description))) for kind in kinds
    ]
    assert any(each is this for each in first)
    assert this.meaning in {classify(kind, status, error, description, body) for kind in kinds}


@pytest.mark.parametrize("request_kind", ALL)
@pytest.mark.parametrize("status", [0, 408, 425, 429, 500, 502, 503, 504])
@pytest.mark.parametrize("error", ["", "invalid_grant", "invalid_client", "access_denied"])
def test_a_server_that_is_busy_or_silent_has_decided_nothing(
    request_kind: RequestKind, status: int, error: str
) -> None:
    assert classify(request_kind, status, error) is Meaning.LATER


@pytest.mark.parametrize("request_kind", TOKENS)
@pytest.mark.parametrize("status", [200, 204, 301, 400, 401, 403, 404, 410, 418])
def test_rfc_6749_5_2_a_page_is_no_decision(request_kind: RequestKind, status: int) -> None:
    assert read_rejection(request_kind, Response(status), 0.0).meaning is Meaning.LATER


@pytest.mark.parametrize("body", [{"message": "Token expired"}, {"detail": "x"}, {"error": {"code": 4}}, {"ok": False}])
@pytest.mark.parametrize("status", [400, 401, 403, 422])
@pytest.mark.parametrize(
    ("request_kind", "meaning"),
    [
        ("refresh", Meaning.SIGN_IN_INVALID),
        ("password", Meaning.SIGN_IN_INVALID),
        ("exchange", Meaning.MISCONFIGURED),
        ("probe", Meaning.LATER),
        ("device", Meaning.LATER),
    ],
)
def test_a_rejection_without_a_code_is_a_decision_where_waiting_would_not_end(
    request_kind: RequestKind, meaning: Meaning, status: int, body: Mapping[str, object]
) -> None:
    assert read_rejection(request_kind, Response(status, body), 0.0).meaning is meaning


@pytest.mark.parametrize(("status", "meaning"), [(401, Meaning.CLIENT_INVALID), (400, Meaning.MISCONFIGURED)])
def test_rfc_6749_5_2_a_client_that_acts_for_itself_is_rejected_by_401(status: int, meaning: Meaning) -> None:
    assert read_rejection("client_credentials", Response(status, {"message": "No"}), 0.0).meaning is meaning


@pytest.mark.parametrize("request_kind", TOKENS)
@pytest.mark.parametrize("error", ["ratelimited", "rate_limit_exceeded", "internal_error", "service_unavailable"])
def test_a_passing_failure_decides_nothing_whatever_the_status(request_kind: RequestKind, error: str) -> None:
    assert classify(request_kind, 200, error) is Meaning.LATER


@pytest.mark.parametrize(
    ("request_kind", "error"),
    [("device", "authorization_declined"), ("authorization", "user_cancelled_login")],
)
def test_a_no_of_the_user_has_several_names(request_kind: RequestKind, error: str) -> None:
    assert classify(request_kind, 400, error, "The user declined.") is Meaning.DECLINED


@pytest.mark.parametrize("status", [200, 400, 401, 403, 422])
@pytest.mark.parametrize("error", ["invalid_grant", "invalid_request", "bad_refresh_token", "expired", "access_denied"])
def test_every_error_of_a_refresh_is_the_end_of_the_sign_in(status: int, error: str) -> None:
    assert classify("refresh", status, error) is Meaning.SIGN_IN_INVALID


@pytest.mark.parametrize("error", ["invalid_client", "unauthorized_client"])
@pytest.mark.parametrize("request_kind", TOKENS)
def test_rfc_6749_5_2_a_rejected_client_is_gone_for_every_request(request_kind: RequestKind, error: str) -> None:
    assert classify(request_kind, 401, error) is Meaning.CLIENT_INVALID


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        ("invalid_grant", Meaning.SIGN_IN_INVALID),
        ("bad_refresh_token", Meaning.SIGN_IN_INVALID),
        ("invalid_request", Meaning.CLIENT_INVALID),
        ("client_not_found", Meaning.CLIENT_INVALID),
        ("access_denied", Meaning.CLIENT_INVALID),
        ("temporarily_unavailable", Meaning.LATER),
    ],
)
def test_a_client_is_known_only_where_nothing_but_the_made_up_token_is_rejected(error: str, meaning: Meaning) -> None:
    assert classify("probe", 400, error) is meaning


@pytest.mark.parametrize(
    ("description", "meaning"),
    [
        ("User is not assigned to the client application.", Meaning.NOT_PERMITTED),
        ("", Meaning.DECLINED),
        (" ", Meaning.DECLINED),
        ("The resource owner or authorization server denied the request.", Meaning.DECLINED),
        ("The resource owner or authorization server denied the request", Meaning.DECLINED),
    ],
)
@pytest.mark.parametrize("request_kind", ["authorization", "device"])
def test_rfc_6749_4_1_2_1_a_denial_with_a_reason_is_not_the_users(
    request_kind: RequestKind, description: str, meaning: Meaning
) -> None:
    assert classify(request_kind, 302, "access_denied", description) is meaning


@pytest.mark.parametrize("request_kind", ["exchange", "client_credentials"])
def test_no_user_declines_where_none_is_asked(request_kind: RequestKind) -> None:
    assert classify(request_kind, 400, "access_denied") is Meaning.NOT_PERMITTED


@pytest.mark.parametrize(
    ("status", "error", "meaning"),
    [
        (401, "", Meaning.SIGN_IN_INVALID),
        (401, "invalid_request", Meaning.SIGN_IN_INVALID),
        (403, "invalid_token", Meaning.SIGN_IN_INVALID),
        (401, "insufficient_scope", Meaning.NOT_PERMITTED),
        (403, "insufficient_scope", Meaning.NOT_PERMITTED),
        (403, "", Meaning.NOT_PERMITTED),
    ],
)
def test_rfc_6750_3_1_what_an_api_rejects(status: int, error: str, meaning: Meaning) -> None:
    assert classify("api", status, error) is meaning


@pytest.mark.parametrize(
    ("body", "error", "sentence"),
    [
        ({"error": "invalid_grant", "error_description": "gone"}, "invalid_grant", "gone"),
        ({"error": "odd", "message": "Odd."}, "odd", "Odd."),
        ({"ok": False, "error": "invalid_refresh_token"}, "invalid_refresh_token", ""),
        ({"errors": [{"code": "401", "message": "Incorrect retailerId"}]}, "unknown_error", "Incorrect retailerId"),
        ({"errors": [{"message": "Bad credentials"}]}, "invalid_grant", "Bad credentials"),
        ({"errors": [{"message": {"error": "e", "error_description": "d"}}]}, "e", "d"),
        ({"error": {"code": 401, "message": "Expired", "status": "UNAUTHENTICATED"}}, "", "Expired"),
        ({"type": "about:blank", "title": "Unauthorized", "detail": "No such key"}, "", "No such key"),
        ({"detail": "Unauthorized"}, "", "Unauthorized"),
        ({"detail": [{"loc": ["a"]}], "error": 5, "errors": {}}, "", ""),
        ({"detail": [{"loc": ["header"], "msg": "No such key"}]}, "", "No such key"),
        ({"errors": ["Token expired", "x"]}, "unknown_error", "Token expired"),
        ({"errors": [{"status": "401", "title": "Unauthorized", "detail": "Expired"}]}, "", "Expired"),
        ({"errors": [], "message": "Expired"}, "", "Expired"),
        ({"errorMessage": "Expired"}, "", "Expired"),
        ({"error": "e", "error_description": "a\x1b[31m\u202eb" + "c" * 400}, "e", "a [31m b" + "c" * 292),
    ],
)
def test_a_code_and_a_sentence_are_read_from_every_form_of_error(
    body: Mapping[str, object], error: str, sentence: str
) -> None:
    assert read_error(body) == (error, sentence)


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (400, {"error": "invalid_grant", "error_description": "used"}, '"invalid_grant" (used)'),
        (500, {"errors": [{"code": "500", "message": "Index is down"}]}, "HTTP 500 (Index is down)"),
        (404, {"errors": [{"code": "404", "message": "No such account"}]}, "HTTP 404 (No such account)"),
        (503, {"detail": "Maintenance until noon"}, "HTTP 503 (Maintenance until noon)"),
        (403, {"detail": "No"}, "HTTP 403 (No)"),
        (502, None, "HTTP 502"),
        (200, None, "HTTP 200 with something that is not JSON, such as a web page"),
    ],
)
def test_the_servers_own_sentence_is_told_whatever_the_status(
    status: int, body: Mapping[str, object] | None, reason: str
) -> None:
    assert read_rejection("refresh", Response(status, body), 0.0).reason == reason


async def test_rule_2_what_an_api_says_as_text_is_cut_and_printable() -> None:
    response = httpx2.Response(401, text="\x1b[2JYour key was revoked.\n" + "y" * 1000)
    sentence = await read_sentence(response)
    assert sentence.startswith(" [2JYour key was revoked. y")
    assert len(sentence) == 300
    assert await read_sentence(httpx2.Response(401, html="<p>Please sign in")) == ""


async def test_rule_1_a_secret_where_what_an_api_says_is_cut_is_hidden() -> None:
    response = httpx2.Response(401, text="y" * 290 + "the-api-key")
    assert (await read_sentence(response, lambda text: text.replace("the-api-key", "[secret]"))).endswith("y[secret]")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b'{"errors":[{"code":"401","message":"Incorrect retailerId"}]}', "Incorrect retailerId"),
        (b'{"error": "Your key has expired"}', "Your key has expired"),
        (b"<html>", ""),
        (b"", ""),
        (b'{"detail": "x"}'.ljust(70_000), ""),
    ],
)
async def test_what_an_api_says_is_read_up_to_a_limit(content: bytes, sentence: str) -> None:
    assert await read_sentence(httpx2.Response(401, content=content)) == sentence

"""The errors of real services, each as one readable error."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closient_mcp.tools.errors import UpstreamError
from closient_mcp.tools.http.messages import Response
from closient_mcp.tools.results.error_bodies import ErrorBody, read_error
from closient_mcp.tools.results.responses import read_response


def read(body: Any, content_type: str = "application/json") -> ErrorBody:
    return read_error(body if isinstance(body, bytes) else json.dumps(body).encode(), content_type)


def failure(status: int, body: Any = b"", **headers: str) -> UpstreamError:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    with pytest.raises(UpstreamError) as caught:
        read_response(Response(status, given, content, "https://h.example/a?key=hidden"), "acme")
    return caught.value


@pytest.mark.parametrize(
    ("body", "message", "code", "fields"),
    [
        pytest.param(
            {
                "type": "about:blank",
                "title": "Your request is not valid.",
                "invalid-params": [{"name": "age", "reason": "must be positive"}],
            },
            "Your request is not valid. (age: must be positive)",
            "",
            ("age: must be positive",),
            id="RFC 9457",
        ),
        pytest.param(
            {"detail": [{"loc": ["query", "n"], "msg": "Field required", "type": "missing"}]},
            "the input is not valid (query.n: Field required)",
            "missing",
            ("query.n: Field required",),
            id="FastAPI",
        ),
        pytest.param(
            {"detail": {"message": "No such thing", "code": "no_thing"}},
            "No such thing",
            "no_thing",
            (),
            id="FastAPI with an object",
        ),
        pytest.param(
            {"name": ["This field is required."], "tags": {"0": ["Too long."]}, "non_field_errors": ["Pick one."]},
            "Pick one. (name: This field is required.; tags.0: Too long.)",
            "",
            ("name: This field is required.", "tags.0: Too long."),
            id="Django REST framework",
        ),
        pytest.param(
            {
                "errors": [
                    {
                        "status": "422",
                        "code": "blank",
                        "title": "Invalid",
                        "detail": "Name is blank",
                        "source": {"pointer": "/data/attributes/name"},
                    }
                ]
            },
            "the input is not valid (/data/attributes/name: Name is blank)",
            "blank",
            ("/data/attributes/name: Name is blank",),
            id="JSON:API",
        ),
        pytest.param(
            {
                "error": {
                    "code": 400,
                    "message": "Invalid value.",
                    "status": "INVALID_ARGUMENT",
                    "details": [
                        {
                            "@type": "type.googleapis.com/google.rpc.BadRequest",
                            "fieldViolations": [{"field": "page_size", "description": "too large"}],
                        },
                        {"@type": "type.googleapis.com/google.rpc.Help"},
                    ],
                }
            },
            "Invalid value. (page_size: too large)",
            "INVALID_ARGUMENT",
            ("page_size: too large",),
            id="Google",
        ),
        pytest.param(
            {"__type": "com.amazonaws.dynamodb.v20120810#ValidationException", "message": "No key"},
            "No key",
            "ValidationException",
            (),
            id="AWS",
        ),
        pytest.param({"Message": "User is not allowed"}, "User is not allowed", "", (), id="AWS with a capital"),
        pytest.param(
            {
                "error": {
                    "type": "invalid_request_error",
                    "code": "parameter_missing",
                    "message": "Missing amount.",
                    "param": "amount",
                }
            },
            "Missing amount.",
            "parameter_missing",
            ("amount: Missing amount.",),
            id="Stripe",
        ),
        pytest.param(
            {
                "error": {
                    "code": "BadArgument",
                    "message": {"lang": "en", "value": "Not valid"},
                    "details": [{"code": "NullValue", "target": "phone", "message": "must not be null"}],
                }
            },
            "Not valid (phone: must not be null)",
            "BadArgument",
            ("phone: must not be null",),
            id="OData",
        ),
        pytest.param(
            {
                "kind": "Status",
                "apiVersion": "v1",
                "status": "Failure",
                "message": "pods x is invalid",
                "reason": "Invalid",
                "details": {"name": "x", "kind": "pods", "causes": [{"field": "spec", "message": "wrong"}]},
                "code": 422,
            },
            "pods x is invalid (spec: wrong)",
            "Invalid",
            ("spec: wrong",),
            id="Kubernetes",
        ),
        pytest.param(
            {"errorMessages": ["No project"], "errors": {"summary": "You must say more"}},
            "No project (summary: You must say more)",
            "",
            ("summary: You must say more",),
            id="Jira",
        ),
        pytest.param(
            {
                "errorCode": "E0000001",
                "errorSummary": "Api validation failed",
                "errorCauses": [{"errorSummary": "no"}],
            },
            "Api validation failed (no)",
            "E0000001",
            (),
            id="Okta",
        ),
        pytest.param(
            {
                "type": "https://tools.ietf.org/html/rfc9110",
                "title": "One or more validation errors occurred.",
                "errors": {"Name": ["The Name field is required."], "Age": ["a", "b"]},
            },
            "One or more validation errors occurred. (Name: The Name field is required.; Age: a, b)",
            "",
            ("Name: The Name field is required.", "Age: a, b"),
            id="ASP.NET",
        ),
        pytest.param(
            {"detail": "bad", "violations": [{"propertyPath": "email", "message": "not an email", "code": "c1"}]},
            "bad (email: not an email)",
            "c1",
            ("email: not an email",),
            id="Symfony",
        ),
        pytest.param(
            {"fault": {"faultstring": "Invalid ApiKey", "detail": {"errorcode": "oauth.v2.InvalidApiKey"}}},
            "Invalid ApiKey (errorcode: oauth.v2.InvalidApiKey)",
            "",
            ("errorcode: oauth.v2.InvalidApiKey",),
            id="Apigee",
        ),
        pytest.param(
            {"code": 20404, "message": "Not found", "more_info": "https://t.example/20404", "status": 404},
            "Not found",
            "20404",
            (),
            id="Twilio",
        ),
        pytest.param(
            {"success": False, "error": {"issues": [{"path": ["a", 0], "message": "Required"}], "name": "ZodError"}},
            "the input is not valid (a.0: Required)",
            "",
            ("a.0: Required",),
            id="zod",
        ),
        pytest.param(
            {
                "message": "Validation Failed",
                "errors": [{"field": "title", "code": "missing_field"}],
            },
            "Validation Failed (title: missing_field)",
            "",
            ("title: missing_field",),
            id="GitHub",
        ),
        pytest.param({"code": 404, "error": "not_found", "message": "No"}, "No", "not_found", (), id="number and word"),
        pytest.param({"code": 404, "error": "Not here", "message": "No"}, "No", "404", (), id="number and words"),
        pytest.param(
            {"code": 400, "message": "bad", "errors": [{"field": "a", "code": "missing", "message": "give it"}]},
            "bad (a: give it)",
            "missing",
            ("a: give it",),
            id="a word beside an input",
        ),
        pytest.param(
            {"errors": {"name": [{"message": "too long", "code": "max"}]}},
            "the input is not valid (name: too long)",
            "",
            ("name: too long",),
            id="objects by input",
        ),
        pytest.param({"response": {"error": {"error": {"message": "deep"}}}}, "deep", "", (), id="wrapped thrice"),
        pytest.param(
            {"error": {"code": "VALIDATION_ERROR", "message": "Invalid input.", "status": 422, "details": None}},
            "Invalid input.",
            "VALIDATION_ERROR",
            (),
            id="Closient's older form",
        ),
    ],
)
def test_every_known_shape_of_an_error_is_read(body: Any, message: str, code: str, fields: tuple[str, ...]) -> None:
    found = read(body)
    assert (found.message, found.code, found.fields) == (message, code, fields)


_SOAP_11 = (
    '<?xml version="1.0"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
    "<soap:Fault><faultcode>soap:Client</faultcode><faultstring>No such &lt;order&gt;</faultstring></soap:Fault>"
    "</soap:Body></soap:Envelope>"
)
_SOAP_12 = (
    "<env:Envelope><env:Body><env:Fault><env:Code><env:Value>env:Sender</env:Value></env:Code><env:Reason>"
    '<env:Text xml:lang="en">No such order</env:Text></env:Reason></env:Fault></env:Body></env:Envelope>'
)
_S3 = "<Error><Code>NoSuchKey</Code><Message>The key does not exist.</Message><RequestId>R1</RequestId></Error>"


@pytest.mark.parametrize(
    ("body", "message", "code", "request_id"),
    [
        (_SOAP_11, "No such <order>", "soap:Client", ""),
        (_SOAP_12, "No such order", "env:Sender", ""),
        (_S3, "The key does not exist.", "NoSuchKey", "R1"),
        ("<error><description><![CDATA[a < b]]></description></error>", "a < b", "", ""),
        ("<odd/>", "a web page or XML (no title)", "", ""),
    ],
)
def test_errors_in_xml_are_read(body: str, message: str, code: str, request_id: str) -> None:
    found = read(body.encode(), "text/xml")
    assert (found.message, found.code, found.request_id) == (message, code, request_id)


def test_errors_are_read_in_their_own_charset() -> None:
    assert read("Größe fehlt".encode("latin-1"), "text/plain; charset=latin-1").message == "Größe fehlt"
    assert read('{"detail":"Größe fehlt"}'.encode("utf-16"), "application/json").message == "Größe fehlt"


def test_closients_problem_details_keep_what_helps() -> None:
    problem = {
        "type": "https://closient.com/docs/errors/not_found",
        "title": "Not Found",
        "status": 404,
        "detail": "No product found for GTIN 00614141123452",
        "error_code": "not_found",
        "retryable": False,
        "timestamp": "2026-04-26T02:34:56+00:00",
        "request_id": "r-1",
    }
    error = failure(404, problem, content_type="application/problem+json")
    assert error.message == "acme answered HTTP 404: No product found for GTIN 00614141123452."
    assert error.details == {
        "status": 404,
        "url": "https://h.example/a",
        "code": "not_found",
        "request_id": "r-1",
        "retryable": False,
    }


@pytest.mark.parametrize(
    ("body", "headers", "seconds"),
    [
        ({"error_code": "rate_limited", "retry_after_seconds": 7}, {}, 7.0),
        ({"error": {"code": "RATE_LIMITED", "message": "slow", "retry_after": 8}}, {}, 8.0),
        ({"error": {"message": "slow", "rate_reset": 0.87, "rate_limit": 40}}, {}, 0.87),
        ({"retry_after_seconds": 7}, {"retry_after": "9"}, 9.0),
    ],
)
def test_the_wait_is_read_from_the_body_without_a_header(body: Any, headers: dict[str, str], seconds: float) -> None:
    error = failure(429, body, **headers)
    assert error.details["retry_after_seconds"] == seconds
    assert error.next_step.startswith("Wait ")


@pytest.mark.parametrize("wait", [-1, 1e9, "soon", True, None])
def test_an_implausible_wait_is_ignored(wait: Any) -> None:
    assert read({"detail": "slow", "retry_after": wait}).wait is None


@pytest.mark.parametrize(
    ("body", "headers", "identifier"),
    [
        ({"detail": "no", "requestId": "b1"}, {}, "b1"),
        ({"error": {"message": "no", "trace_id": "b2"}}, {}, "b2"),
        ({"detail": "no", "requestId": "b1"}, {"x_request_id": "h1"}, "h1"),
        (b"", {"x_amzn_requestid": "h2"}, "h2"),
    ],
)
def test_the_name_of_the_request_is_kept(body: Any, headers: dict[str, str], identifier: str) -> None:
    assert failure(500, body, **headers).details["request_id"] == identifier


def test_the_documentation_url_is_kept_without_secrets() -> None:
    body = {"error": {"message": "no", "doc_url": "https://docs.example/e?token=t&page=2"}}
    assert read(body).documentation == "https://docs.example/e?token=[hidden]&page=2"
    assert read({"message": "no", "documentation_url": "javascript:alert(1)"}).documentation == ""


def test_rfc_6750_the_challenge_is_reported() -> None:
    header = 'Bearer realm="x", error="invalid_token", error_description="The access token \\"a\\" expired"'
    error = failure(401, b"", www_authenticate=header)
    assert error.message == 'acme answered HTTP 401: The access token "a" expired.'
    assert error.details["www_authenticate"] == {
        "error": "invalid_token",
        "error_description": 'The access token "a" expired',
    }


def test_rfc_6750_a_scope_that_lacks_is_what_to_ask_for() -> None:
    header = 'Bearer error="insufficient_scope", scope="qr:generate products:read"'
    error = failure(403, {"detail": "no"}, www_authenticate=header)
    assert error.next_step.startswith(
        "The operation needs the scope qr:generate products:read: `closient-mcp login acme` asks"
    )
    assert error.message == "acme answered HTTP 403: no."


def test_the_first_of_several_challenges_is_reported() -> None:
    header = 'Bearer error="invalid_token", DPoP error="use_dpop_nonce"'
    assert failure(401, b"", www_authenticate=header).details["www_authenticate"] == {"error": "invalid_token"}


def test_a_challenge_of_another_status_is_ignored() -> None:
    assert "www_authenticate" not in failure(400, b"", www_authenticate='Bearer error="invalid_request"').details


def test_the_allowed_methods_are_reported() -> None:
    assert failure(405, b"", allow="GET, HEAD").details["allow"] == "GET, HEAD"


def test_an_error_that_aws_names_in_a_header_has_its_code() -> None:
    error = failure(400, {"message": "no"}, x_amzn_errortype="ThrottlingException:http://internal/")
    assert error.details["code"] == "ThrottlingException"


@pytest.mark.parametrize(
    ("status", "does"),
    [
        (406, "accepted media type"),
        (408, "try again"),
        (410, "Check the identifiers"),
        (412, "read it again"),
        (413, "Send less"),
        (414, "shorter arguments"),
        (423, "locked"),
        (428, "ETag"),
        (431, "shorter arguments"),
        (451, "legal reasons"),
        (418, "Check the arguments"),
        (501, "doesn't support this"),
        (599, "check first whether it did"),
    ],
)
def test_each_status_says_what_to_do_next(status: int, does: str) -> None:
    assert does in failure(status).next_step


def test_rule_2_text_of_an_error_is_stripped_of_hidden_characters() -> None:
    found = read(
        {"detail": "a\u202eb", "error_code": "c\u200bd", "errors": [{"field": "e\u0000f", "message": "g\u2066h"}]}
    )
    assert (found.message, found.code, found.fields) == ("ab (ef: gh)", "cd", ("ef: gh",))


_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["error", "errors", "detail", "details", "message", "code", "status", "fault", "kind", "causes", "loc",
                 "@type", "fieldViolations", "source", "field", "field-errors", "retry_after", "__all__", "type"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)  # fmt: skip


@given(_JSON)
def test_no_shape_of_an_error_breaks_the_reading(body: Any) -> None:
    found = read(body)
    assert len(found.message) <= 800
    assert len(found.fields) <= 20


@pytest.mark.parametrize("piece", ["<a>", "<![CDATA[", "<faultstring>", "<Message><![CDATA[", '{"error":'])
def test_rule_2_a_huge_error_is_cut(piece: str) -> None:
    assert len(read(piece.encode() * 100_000, "text/xml").message) <= 800

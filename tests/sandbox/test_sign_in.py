"""Signing in: consent, codes, tokens, refresh, revocation, and every way in which they are refused."""

import re
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, quote_plus, urlsplit

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from ..fakes.approving_browser import Form
from ..fakes.person import CALLBACK, VERIFIER, Application, Person, bearer, http_client, register, signed_in_person
from ..fakes.service import Sandbox


@pytest.fixture
def http(sandbox: Sandbox) -> Iterator[httpx2.Client]:
    with http_client(sandbox) as client:
        yield client


@pytest.fixture
def alice(sandbox: Sandbox) -> Iterator[Person]:
    with signed_in_person(sandbox) as person:
        yield person


@pytest.fixture
def application(sandbox: Sandbox, http: httpx2.Client) -> Application:
    return register(sandbox, http)


def test_a_wrong_password_stays_on_the_sign_in_page(application: Application, alice: Person) -> None:
    alice.username = "mallory"
    page = alice.page(application.query())

    assert "wrong" in page.text
    assert Form(page.text).fields.keys() >= {"username", "password", "next", "csrfmiddlewaretoken"}


def test_sign_in_redirects_only_within_the_sandbox(sandbox: Sandbox, alice: Person) -> None:
    url = f"{sandbox.url}/oauth/login/?next=https://evil.example/"
    fields = Form(alice.browser.get(url).text).fields
    response = alice.browser.post(url, data={**fields, "username": "alice", "password": "sandbox"})

    assert response.headers["location"] == "/"


def test_forms_need_a_csrf_token(application: Application, alice: Person) -> None:
    page = alice.page(application.query())
    response = alice.browser.post(str(page.url), data={"allow": "true"})

    assert response.status_code == 403
    assert "text/html" in response.headers["content-type"]


def test_forms_are_accepted_as_browsers_send_them(application: Application, alice: Person) -> None:
    alice.browser.headers["Origin"] = alice.sandbox.url

    assert alice.decides(application.query())["code"]
    # Under no-referrer a browser would send `Origin: null` with the form.
    assert alice.page(application.query()).headers["referrer-policy"] == "same-origin"


def test_consent_names_the_application_and_describes_each_scope(application: Application, alice: Person) -> None:
    page = alice.page(application.query(scope="search:read products:write")).text

    assert "Acme Shopping Agent wants access" in page
    assert "Read the catalog and offers nearby" in page
    assert "127.0.0.1:8765" in page


def test_consent_always_shows_the_page(application: Application, alice: Person) -> None:
    alice.page(application.query())

    assert alice.decides(application.query(prompt="none"))["error"] == "consent_required"


def test_consent_warns_of_scopes_that_change_things(application: Application, alice: Person) -> None:
    assert "Be careful" not in alice.page(application.query()).text
    page = alice.page(application.query(scope="search:read products:write")).text

    assert "Be careful" in page
    assert "more than it registered for" in page


def test_pages_hold_no_script_and_load_nothing(application: Application, alice: Person) -> None:
    page = alice.page(application.query())

    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
    assert not re.search(r"<script|\ssrc=|@import|<link(?! rel=.icon. href=.data:)", page.text)


def test_a_clients_name_is_escaped(sandbox: Sandbox, http: httpx2.Client, alice: Person) -> None:
    named = register(sandbox, http, client_name="<script>alert(1)</script>")

    assert "<script>" not in alice.page(named.query()).text


def test_deny_returns_access_denied(sandbox: Sandbox, application: Application, alice: Person) -> None:
    back = alice.decides(application.query(), "deny")

    assert back == {"error": "access_denied", "state": "a state", "iss": sandbox.url}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": "", "code_challenge_method": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": ""}, "invalid_request"),
        ({"response_type": "token"}, "unauthorized_client"),
        ({"response_type": "nonsense"}, "unsupported_response_type"),
        ({"scope": "moon:read"}, "invalid_scope"),
        ({"prompt": "none"}, "login_required"),
    ],
    ids=str,
)
def test_errors_are_returned_with_state_and_issuer(
    sandbox: Sandbox, application: Application, http: httpx2.Client, changes: dict[str, str], error: str
) -> None:
    response = http.get("/oauth/authorize/", params=application.query(**changes))
    back = {name: values[0] for name, values in parse_qs(urlsplit(response.headers["location"]).query).items()}

    assert response.headers["location"].startswith(CALLBACK)
    assert (back["error"], back["iss"]) == (error, sandbox.url)
    assert back.get("state") == "a state"


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": "http://127.0.0.1:8765/other"},
        {"redirect_uri": "http://localhost:8765/callback"},
        {"redirect_uri": "http://127.0.0.1:8765/callback?more=1"},
        {"client_id": "unknown"},
    ],
    ids=str,
)
def test_an_unregistered_client_or_redirect_uri_gets_an_error_page(
    application: Application, http: httpx2.Client, changes: dict[str, str]
) -> None:
    response = http.get("/oauth/authorize/", params=application.query(**changes))

    assert response.status_code == 400
    assert "location" not in response.headers


def test_a_changed_form_cannot_redirect_elsewhere(application: Application, alice: Person) -> None:
    page = alice.page(application.query())
    fields = {**Form(page.text).fields, "redirect_uri": "https://evil.example/"}
    response = alice.browser.post(str(page.url), data={**fields, "deny": "true"})

    assert response.status_code == 400
    assert "location" not in response.headers


@pytest.mark.parametrize(
    ("registered", "asked"),
    [
        ("http://127.0.0.1/callback", "http://127.0.0.1:50123/callback"),
        ("http://127.0.0.1:8765/callback", "http://127.0.0.1:50123/callback"),
        ("http://[::1]/callback", "http://[::1]:50123/callback"),
    ],
)
def test_any_port_of_a_loopback_redirect_is_accepted(
    sandbox: Sandbox, http: httpx2.Client, alice: Person, registered: str, asked: str
) -> None:
    application = register(sandbox, http, redirect_uris=[registered])
    back = alice.decides(application.query(redirect_uri=asked))

    assert application.redeem(back["code"], redirect_uri=asked).status_code == 200


def test_a_reused_code_is_invalid_grant(application: Application, alice: Person) -> None:
    code = alice.decides(application.query())["code"]

    assert application.redeem(code).status_code == 200
    assert application.redeem(code).json()["error"] == "invalid_grant"


def test_a_reused_code_ends_all_tokens_that_came_from_it(
    http: httpx2.Client, application: Application, alice: Person
) -> None:
    def status(tokens: dict[str, str]) -> int:
        return http.get("/products/api/v1/trade-items?page_size=1", headers=bearer(tokens)).status_code

    code = alice.decides(application.query())["code"]
    first = application.redeem(code).json()
    renewed = application.token(grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
    other = application.redeem(alice.decides(application.query())["code"]).json()

    assert status(renewed) == 200
    application.redeem(code)
    assert status(renewed) == 401
    again = application.token(grant_type="refresh_token", refresh_token=renewed["refresh_token"])
    assert again.json()["error"] == "invalid_grant"
    assert status(other) == 200


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_verifier": "w" * 64}, "invalid_grant"),
        ({"redirect_uri": "http://127.0.0.1:9/callback"}, "invalid_grant"),
        ({"code": "unknown"}, "invalid_grant"),
        ({"grant_type": "nonsense"}, "unsupported_grant_type"),
    ],
    ids=str,
)
def test_a_code_is_bound_to_its_request(
    application: Application, alice: Person, changes: dict[str, str], error: str
) -> None:
    code = alice.decides(application.query())["code"]
    response = application.redeem(**{"code": code, **changes})

    assert response.status_code == 400
    assert response.json()["error"] == error


def test_a_code_without_its_verifier_is_an_invalid_request(application: Application, alice: Person) -> None:
    code = alice.decides(application.query())["code"]
    response = application.token(grant_type="authorization_code", code=code, redirect_uri=CALLBACK)

    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


def test_a_code_of_another_client_is_rejected(
    sandbox: Sandbox, application: Application, http: httpx2.Client, alice: Person
) -> None:
    code = alice.decides(application.query())["code"]

    assert register(sandbox, http).redeem(code).json()["error"] == "invalid_grant"


def test_token_responses_are_not_cached(application: Application, alice: Person) -> None:
    response = application.redeem(alice.decides(application.query())["code"])

    assert response.headers["cache-control"] == "no-store"
    assert response.headers["content-type"] == "application/json"


def test_reusing_a_refresh_token_revokes_its_family(
    application: Application, http: httpx2.Client, alice: Person
) -> None:
    first = application.redeem(alice.decides(application.query())["code"]).json()
    second = application.refresh(first["refresh_token"]).json()

    assert second["refresh_token"] != first["refresh_token"]
    assert second["scope"] == first["scope"]
    assert application.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"
    assert application.refresh(second["refresh_token"]).json()["error"] == "invalid_grant"
    assert http.get("/products/api/v1/trade-items", headers=bearer(second)).status_code == 401


def test_of_two_refreshes_at_the_same_moment_one_wins(application: Application, alice: Person) -> None:
    tokens = application.redeem(alice.decides(application.query())["code"]).json()
    with ThreadPoolExecutor(4) as pool:
        responses = list(pool.map(application.refresh, [tokens["refresh_token"]] * 4))

    assert sorted(response.status_code for response in responses) == [200, 400, 400, 400]


@pytest.mark.parametrize("name", ["access_token", "refresh_token"])
def test_revocation_ends_both_tokens(application: Application, http: httpx2.Client, alice: Person, name: str) -> None:
    tokens = application.redeem(alice.decides(application.query())["code"]).json()
    revoked = http.post("/oauth/revoke_token/", data={"token": tokens[name], "client_id": application.client_id})

    assert revoked.status_code == 200
    assert http.get("/products/api/v1/trade-items", headers=bearer(tokens)).status_code == 401
    assert application.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_revoking_an_unknown_token_succeeds(application: Application, http: httpx2.Client) -> None:
    response = http.post("/oauth/revoke_token/", data={"token": "unknown", "client_id": application.client_id})

    assert response.status_code == 200


def test_introspection_works_for_confidential_clients(sandbox: Sandbox, http: httpx2.Client, alice: Person) -> None:
    application = register(sandbox, http, token_endpoint_auth_method="client_secret_basic")
    tokens = application.redeem(alice.decides(application.query())["code"]).json()
    secret = (application.client_id, application.registered["client_secret"])
    facts = http.post("/oauth/introspect/", data={"token": tokens["access_token"]}, auth=secret).json()

    assert (facts["active"], facts["client_id"], facts["username"]) == (True, application.client_id, "alice")
    assert http.post("/oauth/introspect/", data={"token": "x"}, auth=secret).json() == {"active": False}
    assert http.post("/oauth/introspect/", data={"token": "x"}).status_code in (401, 403)


def test_an_id_token_is_signed_and_names_the_user(application: Application, http: httpx2.Client, alice: Person) -> None:
    query = application.query(scope="openid profile email search:read", nonce="a nonce")
    tokens = application.redeem(alice.decides(query)["code"]).json()
    metadata = http.get("/.well-known/openid-configuration").json()
    keys = KeySet.import_key_set(http.get(metadata["jwks_uri"]).json())
    token = jwt.decode(tokens["id_token"], keys, algorithms=["RS256"])
    userinfo = http.get("/oauth/userinfo/", headers=bearer(tokens)).json()

    assert token.header["alg"] == "RS256"
    assert (token.claims["nonce"], token.claims["preferred_username"]) == ("a nonce", "alice")
    assert token.claims["iss"] == metadata["issuer"]
    assert userinfo == {name: token.claims[name] for name in ("sub", "name", "preferred_username", "email")}


def test_without_openid_the_id_token_names_the_user_by_sub_alone(
    application: Application, http: httpx2.Client, alice: Person
) -> None:
    tokens = application.redeem(alice.decides(application.query(nonce="a nonce"))["code"]).json()
    metadata = http.get("/.well-known/openid-configuration").json()
    claims = jwt.decode(tokens["id_token"], KeySet.import_key_set(http.get(metadata["jwks_uri"]).json())).claims

    assert tokens["scope"] == "search:read products:read"
    assert (claims["iss"], claims["aud"], claims["nonce"]) == (metadata["issuer"], application.client_id, "a nonce")
    assert claims["sub"]
    assert not claims.keys() & {"name", "preferred_username", "email"}
    assert "id_token" not in application.refresh(tokens["refresh_token"]).json()


def test_a_refresh_returns_a_new_id_token(application: Application, alice: Person) -> None:
    tokens = application.redeem(alice.decides(application.query(scope="openid search:read"))["code"]).json()

    assert application.refresh(tokens["refresh_token"]).json()["id_token"]


def test_the_requested_scope_may_exceed_the_registered_one(application: Application, alice: Person) -> None:
    back = alice.decides(application.query(scope="search:read products:write"))

    assert application.redeem(back["code"]).json()["scope"] == "search:read products:write"


@pytest.mark.parametrize(("path", "status"), [("", 200), ("/products", 200), ("/search", 401)])
def test_a_token_for_one_resource_is_rejected_elsewhere(
    sandbox: Sandbox, application: Application, http: httpx2.Client, alice: Person, path: str, status: int
) -> None:
    back = alice.decides(application.query(resource=sandbox.url + path))
    tokens = application.redeem(back["code"]).json()

    assert http.get("/products/api/v1/trade-items", headers=bearer(tokens)).status_code == status


def test_without_a_scope_the_registered_scopes_are_used(application: Application, alice: Person) -> None:
    tokens = application.redeem(alice.decides(application.query(scope=""))["code"]).json()

    assert tokens["scope"] == "search:read products:read resolver:read"


def test_basic_authentication_may_be_form_encoded(sandbox: Sandbox, http: httpx2.Client, alice: Person) -> None:
    application = register(sandbox, http, token_endpoint_auth_method="client_secret_basic")
    code = alice.decides(application.query())["code"]
    secret = f"{quote_plus(application.client_id)}:{quote_plus(application.registered['client_secret'])}"
    response = http.post(
        "/oauth/token/",
        data={
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        },
        headers={"Authorization": f"Basic {b64encode(secret.encode()).decode()}"},
    )

    assert response.status_code == 200


def test_failed_basic_authentication_is_challenged_as_basic(http: httpx2.Client) -> None:
    response = http.post("/oauth/token/", data={"grant_type": "client_credentials"}, auth=("nobody", "x"))

    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Basic")


def test_a_client_uses_only_the_grants_it_registered(sandbox: Sandbox, http: httpx2.Client) -> None:
    application = register(sandbox, http, token_endpoint_auth_method="client_secret_basic")

    assert application.token(grant_type="client_credentials").json()["error"] == "unauthorized_client"


def test_one_client_may_register_user_and_client_grants(sandbox: Sandbox, http: httpx2.Client, alice: Person) -> None:
    application = register(
        sandbox,
        http,
        grant_types=["authorization_code", "refresh_token", "client_credentials"],
        token_endpoint_auth_method="client_secret_basic",
    )

    assert application.token(grant_type="client_credentials").status_code == 200
    assert application.redeem(alice.decides(application.query())["code"]).status_code == 200


def test_forgotten_clients_are_invalid_at_the_token_endpoint(application: Application, http: httpx2.Client) -> None:
    http.post("/__sandbox__/forget-clients")
    response = application.refresh("anything")

    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")


def test_a_device_is_connected_on_another_screen(sandbox: Sandbox, http: httpx2.Client, alice: Person) -> None:
    grant = "urn:ietf:params:oauth:grant-type:device_code"
    application = register(sandbox, http, grant_types=[grant], redirect_uris=[])
    asked = http.post(
        "/oauth/device-authorization/", data={"client_id": application.client_id, "scope": "search:read"}
    ).json()
    poll = {"grant_type": grant, "device_code": asked["device_code"]}

    assert application.token(**poll).json()["error"] == "authorization_pending"
    alice.browser.follow_redirects = True
    sign_in = alice.browser.get(asked["verification_uri_complete"])
    fields = {**Form(sign_in.text).fields, "username": "alice", "password": "sandbox"}
    code = alice.browser.post(str(sign_in.url), data=fields)
    confirm = alice.browser.post(str(code.url), data=Form(code.text).fields)
    alice.browser.post(str(confirm.url), data={**Form(confirm.text).fields, "action": "accept"})
    tokens = application.token(**poll).json()

    assert tokens["scope"] == "search:read"
    assert tokens["access_token"]

"""The pages and endpoints of the authorization server: the toolkit's, changed where Closient documents others."""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.contrib.auth.views import LoginView
from django.forms import CharField, HiddenInput
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from . import registration
from .models import registered
from .scopes import SCOPES
from .toolkit import (
    AllowForm,
    Application,
    AuthorizationView,
    CustomOAuth2Error,
    DeviceAuthorizationView,
    DeviceConfirmView,
    DeviceGrantStatusView,
    DeviceUserCodeView,
    IntrospectTokenView,
    InvalidRequestError,
    JwksInfoView,
    OAuth2Error,
    OAuthToolkitError,
    RevokeTokenView,
    TokenView,
    UserInfoView,
)


class ConsentForm(AllowForm):
    """The request's parameters, kept in the consent page until the decision."""

    # The toolkit strips spaces from `state`, so that the client does not recognize it.
    state = CharField(required=False, strip=False, widget=HiddenInput())


class Authorize(AuthorizationView):
    """The authorization endpoint and its consent page."""

    template_name = "consent.html"
    form_class = ConsentForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Validate the request before the user signs in; the toolkit asks for the password first."""
        self.oauth2_data = {}
        if request.method == "GET":
            try:
                self._check(request)
            except OAuthToolkitError as error:
                return self.error_response(error, application=None)
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        """Grant or deny, but only back to a URL that the client has registered."""
        application = Application.objects.filter(client_id=form.cleaned_data["client_id"]).first()
        if application is None or not application.redirect_uri_allowed(form.cleaned_data["redirect_uri"]):
            return _error_page(
                self.request,
                "This application is not registered for this URL.",
            )
        return super().form_valid(form)

    def form_invalid(self, form: Any) -> HttpResponse:
        """Show an error without redirecting."""
        return _error_page(self.request, "The form is incomplete.")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add descriptions of the requested scopes to the consent page."""
        context = super().get_context_data(**kwargs)
        registered_scopes = registered(kwargs["client_id"]).get("scope", "").split()
        context["asked"] = [
            {
                "name": scope,
                "description": SCOPES[scope],
                "writes": scope.endswith(":write"),
                "unregistered": scope.endswith(":write") and scope not in registered_scopes,
            }
            for scope in kwargs["scopes"]
        ]
        context["writes"] = any(scope["writes"] for scope in context["asked"])
        context["metadata"] = registered(kwargs["client_id"])
        context["returns_to"] = urlsplit(str(kwargs["redirect_uri"])).netloc
        return context

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        """Show the consent page, or the error in the request."""
        error = context.get("error")
        if error is not None:
            return _error_page(
                self.request,
                f"{error.error}: {error.description or 'invalid request.'}",
            )
        return super().render_to_response(context, **kwargs)

    def redirect(self, redirect_to: str, application: Any) -> HttpResponse:
        """Redirect to the client, with `iss` also on errors (RFC 9207)."""
        return super().redirect(_with_issuer(redirect_to), application)

    def _check(self, request: HttpRequest) -> None:
        _, credentials = self.validate_authorization_request(request)
        if "code_challenge" in credentials and request.GET.get("code_challenge_method") != "S256":
            _fail(InvalidRequestError(description="code_challenge_method must be S256."), credentials)
        if "none" in request.GET.get("prompt", "").split() and request.user.is_authenticated:
            _fail(CustomOAuth2Error("consent_required", description="The user must consent."), credentials)


class SignIn(LoginView):
    """The sign-in page."""

    template_name = "login.html"


class Token(TokenView):
    """The token endpoint."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer a token request."""
        response = super().post(request, *args, **kwargs)
        scheme = request.headers.get("Authorization", "").partition(" ")[0]
        if response.status_code == 401 and scheme.lower() == "basic":
            # RFC 6749 section 5.2: the challenge has the scheme that the client used.
            response.headers["WWW-Authenticate"] = 'Basic realm="closient"'
        response.headers["Cache-Control"] = "no-store"
        return response


def _fail(error: OAuth2Error, credentials: dict[str, Any]) -> None:
    error.state = credentials.get("state")
    raise OAuthToolkitError(error=error, redirect_uri=credentials["redirect_uri"])


def _error_page(request: HttpRequest, text: str) -> HttpResponse:
    """An error that must not be sent to the URL in the request."""
    text = f"{text} Close this page and start the sign-in again."
    return render(request, "message.html", {"title": "Cannot sign in", "text": text}, status=400)


def _with_issuer(url: str) -> str:
    parts = urlsplit(url)
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != "iss"]
    query.append(("iss", settings.SANDBOX_URL))
    return urlunsplit(parts._replace(query=urlencode(query)))


urlpatterns = [
    path("login/", SignIn.as_view(), name="login"),
    path("authorize/", Authorize.as_view(), name="authorize"),
    path("token/", Token.as_view(), name="token"),
    path("revoke_token/", RevokeTokenView.as_view(), name="revoke-token"),
    path("introspect/", IntrospectTokenView.as_view(), name="introspect"),
    path("userinfo/", UserInfoView.as_view(), name="user-info"),
    path(".well-known/jwks.json", JwksInfoView.as_view(), name="jwks-info"),
    path("register/", registration.register),
    path("register/<str:client_id>/", registration.manage, name="registration"),
    path("device-authorization/", DeviceAuthorizationView.as_view(), name="device-authorization"),
    path("device/", DeviceUserCodeView.as_view(template_name="device.html"), name="device"),
    path(
        "device-confirm/<slug:client_id>/<slug:user_code>",
        DeviceConfirmView.as_view(template_name="device_confirm.html"),
        name="device-confirm",
    ),
    path(
        "device-grant-status/<slug:client_id>/<slug:user_code>",
        DeviceGrantStatusView.as_view(template_name="device_status.html"),
        name="device-grant-status",
    ),
]

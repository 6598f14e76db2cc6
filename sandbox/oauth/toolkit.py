"""Types for the parts of Django OAuth Toolkit and OAuthLib that we use; both ship none."""

from typing import TYPE_CHECKING, Any

from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from django.forms import Form
    from django.http import HttpRequest, HttpResponse
    from django.views.generic import FormView, View

    class AllowForm(Form): ...

    class AuthorizationView(FormView[AllowForm]):
        oauth2_data: dict[str, Any]

        def error_response(self, error: "OAuthToolkitError", application: Any) -> HttpResponse: ...
        def redirect(self, redirect_to: str, application: Any) -> HttpResponse: ...
        def validate_authorization_request(self, request: HttpRequest) -> tuple[list[str], dict[str, Any]]: ...
        def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse: ...
        def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse: ...

    class TokenView(View):
        def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse: ...

    class DeviceAuthorizationView(View): ...

    class DeviceConfirmView(View):
        template_name: str

    class DeviceGrantStatusView(View):
        template_name: str

    class DeviceUserCodeView(View):
        template_name: str

    class IntrospectTokenView(View): ...

    class JwksInfoView(View): ...

    class RevokeTokenView(View): ...

    class UserInfoView(View): ...

    class BaseScopes: ...

    class OAuth2Validator:
        def confirm_redirect_uri(
            self, client_id: str, code: str, redirect_uri: str, client: Any, *args: Any, **kwargs: Any
        ) -> bool: ...
        def validate_code(
            self, client_id: str, code: str, client: Any, request: Any, *args: Any, **kwargs: Any
        ) -> bool: ...
        def get_authorization_code_nonce(
            self, client_id: str, code: str, redirect_uri: str, request: Any
        ) -> str | None: ...
        def finalize_id_token(
            self, id_token: dict[str, Any], token: dict[str, str], token_handler: Any, request: Any
        ) -> str: ...
        def save_bearer_token(self, token: dict[str, str], request: Any, *args: Any, **kwargs: Any) -> Any: ...

    class OAuthToolkitError(Exception):
        def __init__(self, error: "OAuth2Error", redirect_uri: str | None = None) -> None: ...

    class OAuth2Error(Exception):
        state: str | None

        def __init__(self, *, description: str) -> None: ...

    class InvalidGrantError(OAuth2Error): ...

    class InvalidRequestError(OAuth2Error): ...

    class CustomOAuth2Error(OAuth2Error):
        def __init__(self, error: str, *, description: str) -> None: ...

else:
    AllowForm = import_string("oauth2_provider.forms.AllowForm")
    AuthorizationView = import_string("oauth2_provider.views.AuthorizationView")
    TokenView = import_string("oauth2_provider.views.TokenView")
    DeviceAuthorizationView = import_string("oauth2_provider.views.DeviceAuthorizationView")
    DeviceConfirmView = import_string("oauth2_provider.views.DeviceConfirmView")
    DeviceGrantStatusView = import_string("oauth2_provider.views.DeviceGrantStatusView")
    DeviceUserCodeView = import_string("oauth2_provider.views.DeviceUserCodeView")
    IntrospectTokenView = import_string("oauth2_provider.views.IntrospectTokenView")
    JwksInfoView = import_string("oauth2_provider.views.JwksInfoView")
    RevokeTokenView = import_string("oauth2_provider.views.RevokeTokenView")
    UserInfoView = import_string("oauth2_provider.views.UserInfoView")
    BaseScopes = import_string("oauth2_provider.scopes.BaseScopes")
    OAuth2Validator = import_string("oauth2_provider.oauth2_validators.OAuth2Validator")
    OAuthToolkitError = import_string("oauth2_provider.exceptions.OAuthToolkitError")
    OAuth2Error = import_string("oauthlib.oauth2.rfc6749.errors.OAuth2Error")
    InvalidGrantError = import_string("oauthlib.oauth2.rfc6749.errors.InvalidGrantError")
    InvalidRequestError = import_string("oauthlib.oauth2.rfc6749.errors.InvalidRequestError")
    CustomOAuth2Error = import_string("oauthlib.oauth2.rfc6749.errors.CustomOAuth2Error")

AccessToken: Any = import_string("oauth2_provider.models.AccessToken")
Application: Any = import_string("oauth2_provider.models.Application")
RefreshToken: Any = import_string("oauth2_provider.models.RefreshToken")

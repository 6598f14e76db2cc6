"""Django OAuth Toolkit and OAuthLib, which ship no types: everything of theirs comes in as Any, and only here."""

from typing import Any

from django.utils.module_loading import import_string

AccessToken: Any = import_string("oauth2_provider.models.AccessToken")
Application: Any = import_string("oauth2_provider.models.Application")

AllowForm: Any = import_string("oauth2_provider.forms.AllowForm")
BaseScopes: Any = import_string("oauth2_provider.scopes.BaseScopes")
OAuth2Validator: Any = import_string("oauth2_provider.oauth2_validators.OAuth2Validator")
OAuthToolkitError: Any = import_string("oauth2_provider.exceptions.OAuthToolkitError")

AuthorizationView: Any = import_string("oauth2_provider.views.AuthorizationView")
DeviceAuthorizationView: Any = import_string("oauth2_provider.views.DeviceAuthorizationView")
DeviceConfirmView: Any = import_string("oauth2_provider.views.DeviceConfirmView")
DeviceGrantStatusView: Any = import_string("oauth2_provider.views.DeviceGrantStatusView")
DeviceUserCodeView: Any = import_string("oauth2_provider.views.DeviceUserCodeView")
IntrospectTokenView: Any = import_string("oauth2_provider.views.IntrospectTokenView")
JwksInfoView: Any = import_string("oauth2_provider.views.JwksInfoView")
RevokeTokenView: Any = import_string("oauth2_provider.views.RevokeTokenView")
TokenView: Any = import_string("oauth2_provider.views.TokenView")
UserInfoView: Any = import_string("oauth2_provider.views.UserInfoView")

CustomOAuth2Error: Any = import_string("oauthlib.oauth2.rfc6749.errors.CustomOAuth2Error")
InvalidGrantError: Any = import_string("oauthlib.oauth2.rfc6749.errors.InvalidGrantError")
InvalidRequestError: Any = import_string("oauthlib.oauth2.rfc6749.errors.InvalidRequestError")

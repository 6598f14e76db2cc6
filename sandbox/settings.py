"""Django's settings, in code because the URL varies."""

import logging
import secrets
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings


def configure(url: str, variants: Sequence[str] = ()) -> None:
    """Configure Django for this URL."""
    # Otherwise every rejected request is printed; the log under /__sandbox__/ has them all.
    requests = logging.getLogger("django.request")
    requests.setLevel(logging.ERROR)
    requests.addFilter(lambda record: getattr(record, "status_code", None) != HTTPStatus.NOT_IMPLEMENTED)
    logging.getLogger("django.security").setLevel(logging.CRITICAL)
    settings.configure(
        DEBUG=False,
        SECRET_KEY=secrets.token_urlsafe(48),
        ALLOWED_HOSTS=["127.0.0.1", "localhost", "[::1]"],
        SANDBOX_URL=url,
        SANDBOX_VARIANTS=tuple(variants),
        # In memory, because it starts the same every time; each thread would have its own.
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "oauth2_provider",
            "closient_mcp.sandbox.data",
            "closient_mcp.sandbox.oauth",
        ],
        MIDDLEWARE=[
            "closient_mcp.sandbox.gateway.middleware.GatewayMiddleware",
            "django.middleware.security.SecurityMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
        ],
        ROOT_URLCONF="closient_mcp.sandbox.urls",
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [Path(__file__).parent / "templates"],
                "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
            }
        ],
        # The password is public, and client secrets are long and random: a slow hash adds nothing.
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        # A redirect to the URL with a slash would lose a POST's body.
        APPEND_SLASH=False,
        LOGIN_URL="/oauth/login/",
        LOGIN_REDIRECT_URL="/",
        CSRF_FAILURE_VIEW="closient_mcp.sandbox.pages.csrf_failure",
        # Cookies ignore ports: another Django project on this machine would overwrite the default names.
        SESSION_COOKIE_NAME="closient_sandbox_session",
        CSRF_COOKIE_NAME="closient_sandbox_csrf",
        CSRF_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SECURE_CONTENT_TYPE_NOSNIFF=True,
        # With no-referrer, browsers send forms with `Origin: null`, which Django rejects.
        SECURE_REFERRER_POLICY="same-origin",
        X_FRAME_OPTIONS="DENY",
        DATA_UPLOAD_MAX_MEMORY_SIZE=1_048_576,
        USE_TZ=True,
        TIME_ZONE="UTC",
        USE_I18N=False,
        LOGGING_CONFIG=None,
        OAUTH2_PROVIDER=_oauth(url),
    )


def _oauth(url: str) -> dict[str, Any]:
    return {
        "SCOPES_BACKEND_CLASS": "closient_mcp.sandbox.oauth.scopes.Scopes",
        "OAUTH2_VALIDATOR_CLASS": "closient_mcp.sandbox.oauth.validator.Validator",
        "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
        "ID_TOKEN_EXPIRE_SECONDS": 3600,
        "REFRESH_TOKEN_REUSE_PROTECTION": True,
        "OIDC_ENABLED": True,
        "OIDC_ISS_ENDPOINT": url,
        "OIDC_RSA_PRIVATE_KEY": _signing_key(),
        "OAUTH_DEVICE_VERIFICATION_URI": f"{url}/oauth/device/",
        "OAUTH_DEVICE_VERIFICATION_URI_COMPLETE": url + "/oauth/device/?user_code={user_code}",
        **{
            f"COMPLIANT_BCP_RFC9700_{rule}": True
            for rule in (
                "IMPLICIT_GRANT",
                "PASSWORD_GRANT",
                "PKCE_METHOD",
                "PKCE_REQUIRED",
                "ACCESS_TOKEN_TRANSPORT",
                "AUTHZ_RESPONSE_ISS",
                "TOKEN_STORAGE",
                "REFRESH_TOKEN",
                "REDIRECT_URI_SCHEME",
                "REDIRECT_URI_MATCHING",
            )
        },
    }


def _signing_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()

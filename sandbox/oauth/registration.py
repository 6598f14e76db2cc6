"""Dynamic client registration (RFC 7591), and reading, changing and deleting a registration (RFC 7592)."""

import hmac
import json
import secrets
import time
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from .client_metadata import GRANT_TYPES, InvalidMetadataError, validated_metadata
from .models import Registration
from .toolkit import Application

_FRESH = {"Cache-Control": "no-store", "Pragma": "no-cache"}


@csrf_exempt
@require_POST
def register(request: HttpRequest) -> HttpResponse:
    """Register a client, or return the one that the same software registered with the same metadata."""
    try:
        metadata = validated_metadata(_read(request))
    except InvalidMetadataError as refused:
        return _refusal(refused)
    registration = _known(metadata) or _new(metadata)
    return JsonResponse(_information(registration), status=201, headers=_FRESH)


@csrf_exempt
@require_http_methods(["GET", "PUT", "DELETE"])
def manage(request: HttpRequest, client_id: str) -> HttpResponse:
    """Read, replace or delete a registration, authorized by its registration access token."""
    registration = _authenticated(request, client_id)
    if registration is None:
        return JsonResponse(
            {"error": "invalid_token", "error_description": "This is not the registration's access token."},
            status=401,
            headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
        )
    if request.method == "DELETE":
        Application.objects.filter(client_id=client_id).delete()
        registration.delete()
        return HttpResponse(status=204)
    if request.method == "PUT":
        try:
            registration.metadata = validated_metadata(_read(request))
        except InvalidMetadataError as refused:
            return _refusal(refused)
        registration.access_token = secrets.token_urlsafe(32)
        registration.save()
        Application.objects.filter(client_id=client_id).update(**_columns(registration.metadata))
    return JsonResponse(_information(registration), headers=_FRESH)


def forget_all() -> int:
    """Delete every client and its tokens."""
    count, _ = Application.objects.all().delete()
    Registration.objects.all().delete()
    return int(count)


def _read(request: HttpRequest) -> dict[str, Any]:
    try:
        given = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise InvalidMetadataError("invalid_client_metadata", "The body must be JSON.") from error
    if not isinstance(given, dict):
        raise InvalidMetadataError("invalid_client_metadata", "The body must be a JSON object.")
    return given  # pyright: ignore[reportUnknownVariableType]  # keys of a JSON object are strings


def _known(metadata: dict[str, Any]) -> Registration | None:
    software_id = metadata.get("software_id")
    if not software_id:
        return None
    candidates = Registration.objects.filter(software_id=software_id)
    return next((candidate for candidate in candidates if candidate.metadata == metadata), None)


@transaction.atomic
def _new(metadata: dict[str, Any]) -> Registration:
    secret = "" if metadata["token_endpoint_auth_method"] == "none" else secrets.token_urlsafe(48)
    application = Application.objects.create(
        # Without an algorithm the toolkit's token endpoint fails for the scope `openid`.
        algorithm="RS256",
        registration_source="dcr",
        client_secret=secret or secrets.token_urlsafe(48),
        **_columns(metadata),
    )
    return Registration.objects.create(
        client_id=application.client_id,
        software_id=metadata.get("software_id", ""),
        metadata=metadata,
        issued_at=int(time.time()),
        secret=secret,
        access_token=secrets.token_urlsafe(32),
    )


def _columns(metadata: dict[str, Any]) -> dict[str, str]:
    """The toolkit's columns, which hold only one grant type."""
    grants = [GRANT_TYPES[grant] for grant in metadata["grant_types"] if GRANT_TYPES[grant]]
    return {
        "name": metadata.get("client_name", ""),
        "redirect_uris": " ".join(metadata["redirect_uris"]),
        "client_type": "public" if metadata["token_endpoint_auth_method"] == "none" else "confidential",
        "authorization_grant_type": grants[0],
    }


def _information(registration: Registration) -> dict[str, Any]:
    """The client information response (RFC 7591 section 3.2.1)."""
    url = f"{settings.SANDBOX_URL}/oauth/register/{registration.client_id}/"
    secret = {"client_secret": registration.secret} if registration.secret else {}
    return {
        "client_id": registration.client_id,
        **secret,
        "client_id_issued_at": registration.issued_at,
        "client_secret_expires_at": 0,
        **registration.metadata,
        "registration_client_uri": url,
        "registration_access_token": registration.access_token,
    }


def _authenticated(request: HttpRequest, client_id: str) -> Registration | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    registration = Registration.objects.filter(client_id=client_id).first()
    if registration is None or scheme.lower() != "bearer":
        return None
    matches = hmac.compare_digest(registration.access_token.encode(), token.strip().encode())
    return registration if matches else None


def _refusal(refused: InvalidMetadataError) -> HttpResponse:
    return JsonResponse({"error": refused.error, "error_description": refused.description}, status=400, headers=_FRESH)

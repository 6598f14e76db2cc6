"""Adapts the credentials in the settings to callers over HTTP."""

from __future__ import annotations

from dataclasses import replace

from ..settings.http_model import HttpSettings, TokenAuth
from ..settings.model import ApiKey, NoCredential, Settings, SignIn, SystemSettings

CALLBACK = "/callback"


def for_callers(settings: Settings) -> Settings:
    """The settings for authenticated callers: they cannot send local files.

    If there can be several, a credential is used only if it is `shared`, or if each caller signs in: that needs a
    system with a sign-in, and `http.public_url` unless they sign in on another device.
    """
    auth = settings.http.auth
    if auth is None:
        return settings
    if isinstance(auth, TokenAuth) and len(auth.tokens) == 1:
        return replace(settings, files=())
    kept = [_for_several(system, settings.http) for system in settings.systems]
    warnings = [f"{system.name}: {why}" for (system, why) in kept if why]
    systems = tuple(system for system, _ in kept)
    return replace(settings, systems=systems, files=(), warnings=(*settings.warnings, *warnings))


def _for_several(system: SystemSettings, http: HttpSettings) -> tuple[SystemSettings, str]:
    """The system for several callers, and why its credential is not used if that is so."""
    credential = system.credential
    if isinstance(credential, NoCredential) or credential.shared:
        return system, ""
    if isinstance(credential, SignIn) and system.has_login:
        problem = _problem(credential, http)
        if not problem:
            return replace(system, credential=_per_caller(credential, http)), ""
    else:
        to_share = credential.to_share if isinstance(credential, ApiKey) else "set shared = true"
        problem = f"its credential is not used, because callers would share it. If they may, {to_share}."
    return replace(system, credential=NoCredential(credential.source)), problem


def _problem(credential: SignIn, http: HttpSettings) -> str:
    """Why callers cannot sign in for themselves; empty if they can."""
    redirect_uri = credential.profile.redirect_uri
    if credential.profile.grant == "device_code":
        return ""
    if not http.public_url:
        return (
            "callers cannot sign in, because the server has no URL that they could come back to. Set "
            "http.public_url to the URL at which they reach it."
        )
    if redirect_uri is not None and not redirect_uri.startswith(f"{http.public_url}/"):
        return (
            f"callers cannot sign in, because they would not come back to this server from {redirect_uri}. Register "
            f"{http.public_url}{CALLBACK} for its client, and set redirect_uri to it."
        )
    return ""


def _per_caller(credential: SignIn, http: HttpSettings) -> SignIn:
    profile = replace(credential.profile, per_caller=True)
    if profile.grant == "authorization_code":
        profile = replace(profile, redirect_uri=profile.redirect_uri or f"{http.public_url}{CALLBACK}")
    return replace(credential, profile=profile)

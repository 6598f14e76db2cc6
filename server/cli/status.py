"""`closient-mcp status`: what can be reached, how many tools that gives, and what was skipped and why."""

from __future__ import annotations

from ...auth.errors import AuthError
from ...auth.oauth.discovery import same_origin
from ...auth.oauth.http import shown_scopes
from ...auth.secrets.references import SecretError
from ...tools.catalog.discovery import DocumentSource
from ...tools.formats.json_values import JsonObject, JsonValue, as_list, as_object, as_text
from ...tools.formats.text import counted, utc_time
from ...tools.problems import Problem
from ...tools.tiers.tier import TIERS
from ..bridge.composition import Bridge
from ..bridge.connection import Connection
from ..bridge.report import skipped_of, unknown_apis
from ..settings.model import ApiKey, NoCredential, SignIn, SystemSettings
from .caller_sign_ins import sign_ins_line, sign_ins_of

_SHOWN_SUBJECTS = 3


def status_of(bridge: Bridge) -> JsonObject:
    """The state of every system as JSON."""
    return {
        "systems": {name: _system_status(connection, bridge) for name, connection in bridge.connections.items()},
        "tools": len(bridge.tools.all()),
        "listed": len(bridge.tools.listed()),
        "expose": bridge.settings.exposure.mode,
        "skipped": [_problem(problem) for problem in unknown_apis(bridge.settings, bridge.tools)],
        "allow": bridge.settings.allow,
    }


def _system_status(connection: Connection, bridge: Bridge) -> JsonObject:
    settings, system = connection.settings, connection.system
    skipped: list[JsonValue] = [_problem(problem) for problem in skipped_of(settings, bridge.tools)]
    return {
        "site": settings.site,
        **_source(settings.source),
        "reachable": not system.unreachable,
        "failure": system.unreachable or None,
        "apis": len(system.entries),
        "documents": sum(not document.failure for document in system.documents.values()),
        "operations": len(system.operations()),
        "tools": len([t for t in bridge.tools.all() if t.system == settings.name]),
        "credential": _credential(connection, bridge),
        "callers": _callers(connection, bridge),
        "skipped": skipped,
        "stale": [{"what": stale.url, "from": stale.timestamp, "why": stale.reason} for stale in system.stale()],
        "changed": len(connection.baseline.changed_tools),
    }


def _source(source: DocumentSource) -> JsonObject:
    if source.document_urls:
        return {"description": list[JsonValue](source.document_urls)}
    return {"catalog": source.catalog or f"{source.site.rstrip('/')}/.well-known/api-catalog"}


def _credential(connection: Connection, bridge: Bridge) -> JsonObject:
    credential, session = connection.settings.credential, connection.session
    if isinstance(credential, ApiKey):
        return _key(credential, bridge)
    if isinstance(credential, NoCredential) or session is None:
        return {"kind": "none", "source": credential.source}
    profile = credential.profile
    state: JsonObject = {"kind": "oauth", "grant": profile.grant, "source": credential.source}
    try:
        record = session.store.read()
    except AuthError as error:
        return {**state, "signed_in": False, "failure": f"{error.message} {error.next_step}"}
    if record.server and not same_origin(record.server.issuer, profile.issuer):
        state["issuer"] = record.server.issuer
    tokens = record.tokens
    if tokens is None:
        return {**state, "signed_in": False}
    scopes: list[JsonValue] = [*sorted(tokens.scope.split())]
    ends = None if tokens.expires_at is None else utc_time(tokens.expires_at)
    renewable = tokens.refresh_token is not None
    state |= {"signed_in": True, "user": record.user or None, "scopes": scopes, "expires": ends, "renewable": renewable}
    if tokens.details:
        state["details"] = {**tokens.details}
    in_redis = bridge.sign_ins.connection is not None
    state["store"] = "redis" if in_redis else "keyring" if record.keyring_id else "file"
    state["store_wanted"] = "redis" if in_redis else profile.store
    if record.history.withheld:
        state["withheld"] = [*record.history.withheld]
    warnings = (profile.differences(tokens.details), session.messages.no_refresh_token(tokens))
    if warning := " ".join(filter(None, warnings)):
        state["warning"] = warning
    return state


def _callers(connection: Connection, bridge: Bridge) -> list[JsonValue] | None:
    """The callers who are signed in; None if that is not known, because the store cannot be read."""
    try:
        return list[JsonValue](sign_ins_of(connection, bridge.sign_ins))
    except AuthError:
        return None


def _key(key: ApiKey, bridge: Bridge) -> JsonObject:
    state: JsonObject = {"kind": "api_key", "source": key.source, "in": f"{key.location} {key.name}".strip()}
    try:
        secret = key.key.open(bridge.calls.redaction)
        fault = key.hints.fault(secret.reveal())
        return {**state, "ending": secret.ending, **({"failure": fault} if fault else {})}
    except SecretError as error:
        return {**state, "failure": f"{error}. {error.next_step}"}


def _problem(problem: Problem) -> JsonObject:
    values: JsonObject = {"what": problem.subject, "why": problem.reason, "effect": problem.effect}
    return {**values, "pointer": problem.pointer} if problem.pointer else values


def status_lines(bridge: Bridge) -> list[str]:
    """The state of every system as lines of text."""
    lines: list[str] = []
    for connection in bridge.connections.values():
        lines += _system_lines(connection, bridge)
    allow = bridge.settings.allow
    shown = "" if allow == TIERS[-1] else f"--allow {allow}, "
    lines.append(f"Tools: {len(bridge.tools.listed())} listed, {len(bridge.tools.all())} callable ({shown}--expose "
                 f"{bridge.settings.exposure.mode})")  # fmt: skip
    lines += [f"  {p.subject}: {p.reason}; {p.effect}" for p in unknown_apis(bridge.settings, bridge.tools)]
    return lines


def _system_lines(connection: Connection, bridge: Bridge) -> list[str]:
    settings, system = connection.settings, connection.system
    lines = [f"{settings.name} at {settings.site}"]
    if system.unreachable:
        lines.append(f"  not reachable: {system.unreachable}")
    if not system.failure:
        read = sum(not d.failure for d in system.documents.values())
        documents, operations = counted(len(system.entries), "document"), counted(len(system.operations()), "operation")
        lines.append(f"  {read} of {documents} read, {operations}")
    lines.append(f"  {_credential_line(_credential(connection, bridge), settings)}")
    if callers := _callers(connection, bridge):
        lines.append(f"  {sign_ins_line(callers)}")
    lines += [f"  {stale.url} is from {stale.timestamp}, because {stale.reason}" for stale in system.stale()]
    if changed := connection.baseline.changed_tools:
        lines.append(f"  {counted(len(changed), 'tool')} changed since first seen; "
                     "`closient-mcp tools --changed` shows how")  # fmt: skip
    if skipped := skipped_of(settings, bridge.tools):
        lines.append(f"  skipped: {len(skipped)}")
        lines += [f"    {line}" for line in grouped_lines(skipped)]
    return lines


def grouped_lines(problems: list[Problem]) -> list[str]:
    """Problems by their effect, those with the same reason on one line."""
    groups: dict[str, dict[str, list[str]]] = {}
    for problem in problems:
        groups.setdefault(problem.effect, {}).setdefault(problem.reason, []).append(problem.subject)
    lines: list[str] = []
    for effect, reasons in groups.items():
        lines.append(f"{effect}: {sum(map(len, reasons.values()))}")
        for reason, subjects in reasons.items():
            more = f" and {len(subjects) - _SHOWN_SUBJECTS} more" if len(subjects) > _SHOWN_SUBJECTS else ""
            lines.append(f"  {', '.join(subjects[:_SHOWN_SUBJECTS])}{more}: {reason}")
    return lines


def _credential_line(state: JsonObject, settings: SystemSettings) -> str:
    if failure := state.get("failure"):
        return f"credential: {failure}"
    if state["kind"] == "none":
        return "credential: none"
    if state["kind"] == "api_key":
        which = f" …{state['ending']}" if state["ending"] else ""
        return f"credential: API key{which} from {state['source']}"
    unattended = not settings.has_login
    if not state["signed_in"] and unattended:
        return f"credential: {state['grant']}, not used yet; the first call signs in"
    if not state["signed_in"]:
        return f"credential: not signed in; run `closient-mcp login {settings.name}`, or make a call that needs it"
    assert isinstance(settings.credential, SignIn)
    details = {name: as_text(value) for name, value in as_object(state.get("details")).items()}
    who = settings.credential.profile.described(as_text(state["user"]), details)
    scopes = shown_scopes([str(scope) for scope in as_list(state["scopes"])])
    renewed = f"until {state['expires']}" if state["expires"] else ""
    if state["renewable"] or unattended:
        renewed = f"{renewed}, then renewed automatically" if renewed else "renewed automatically"
    renewed = renewed or "until the service rejects it"
    warning = f"\n  {state['warning']}" if "warning" in state else ""
    where = f" with {state['issuer']}" if "issuer" in state else ""
    if withheld := shown_scopes([str(scope) for scope in as_list(state.get("withheld", []))]):
        scopes = f"{scopes}; not granted: {withheld}" if scopes else f"none; not granted: {withheld}"
    kept = {"keyring": ", kept in the keyring", "redis": ", kept in Redis"}.get(as_text(state["store"]), "")
    if state["store_wanted"] == "keyring" and not kept:
        kept = ", kept in a file and not in the keyring"
    return f"credential: signed in{who}{where}, {renewed}{kept}{f'; scopes: {scopes}' if scopes else ''}{warning}"

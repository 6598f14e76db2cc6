"""`closient-mcp status`: what can be reached, which tools that gives, and what was skipped and why."""

from __future__ import annotations

from datetime import UTC, datetime

from ...auth.errors import AuthError
from ...auth.oauth.discovery import same_origin
from ...auth.secrets.references import SecretError
from ...tools.formats.json_values import JsonObject, JsonValue, as_list
from ...tools.problems import Problem
from ..bridge.composition import Bridge
from ..bridge.report import skipped_of
from ..settings.model import ApiKey, NoCredential, SystemSettings


def status_of(bridge: Bridge) -> JsonObject:
    """The state of every system, as plain data."""
    systems: JsonObject = {}
    for settings in bridge.settings.systems:
        systems[settings.name] = _system_status(settings, bridge)
    return {
        "systems": systems,
        "tools": len(bridge.tools.all()),
        "listed": len(bridge.tools.listed()),
        "expose": bridge.settings.exposure.mode,
        "read_only": bridge.settings.read_only,
    }


def _system_status(settings: SystemSettings, bridge: Bridge) -> JsonObject:
    system = bridge.systems[settings.name]
    read = [d for d in system.documents.values() if not d.failure]
    skipped: list[JsonValue] = [_problem(problem) for problem in skipped_of(settings, bridge.tools)]
    return {
        "site": settings.site,
        **_way(settings),
        "reachable": not system.unreachable,
        "failure": system.unreachable or None,
        "apis": len(system.entries),
        "descriptions": len(read),
        "operations": len(system.operations()),
        "tools": len([t for t in bridge.tools.all() if t.system == settings.name]),
        "credential": _credential(settings, bridge),
        "skipped": skipped,
        "stale": [{"what": one.url, "from": one.moment, "why": one.why} for one in system.stale()],
        "changed": len(bridge.loader.first_seen[settings.name].tools),
    }


def _way(settings: SystemSettings) -> JsonObject:
    way = settings.way
    if way.descriptions:
        return {"description": list[JsonValue](way.descriptions)}
    return {"catalog": way.catalog or f"{way.site.rstrip('/')}/.well-known/api-catalog"}


def _credential(settings: SystemSettings, bridge: Bridge) -> JsonObject:
    given = settings.credential
    if isinstance(given, ApiKey):
        return _key(given, bridge)
    if isinstance(given, NoCredential):
        return {"kind": "none", "source": given.source}
    state: JsonObject = {"kind": "oauth", "grant": given.profile.grant, "source": given.source}
    try:
        record = bridge.sessions[settings.name].store.read()
    except AuthError as error:
        return {**state, "signed_in": False, "failure": f"{error.message} {error.next_step}"}
    if record.server and not same_origin(record.server.issuer, given.profile.issuer):
        state["issuer"] = record.server.issuer
    tokens = record.tokens
    if tokens is None:
        return {**state, "signed_in": False}
    scopes: list[JsonValue] = [*sorted(tokens.scope.split())]
    ends = None if tokens.expires_at is None else _moment(tokens.expires_at)
    renewable = tokens.refresh_token is not None
    person = record.person or None
    told: JsonObject = {"signed_in": True, "person": person, "scopes": scopes, "expires": ends, "renewable": renewable}
    told["store"] = "keyring" if record.seal else "file"
    told["store_wanted"] = given.profile.store
    if record.history.withheld:
        told["withheld"] = [*record.history.withheld]
    return {**state, **told, **({"warning": record.warning} if record.warning else {})}


def _key(given: ApiKey, bridge: Bridge) -> JsonObject:
    state: JsonObject = {"kind": "api_key", "source": given.source, "in": f"{given.place} {given.name}".strip()}
    try:
        return {**state, "ending": given.key.open(bridge.calls.redaction).ending}
    except SecretError as error:
        return {**state, "failure": f"{error}. {error.next_step}"}


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _problem(problem: Problem) -> JsonObject:
    told: JsonObject = {"what": problem.subject, "why": problem.reason, "effect": problem.effect}
    return {**told, "pointer": problem.pointer} if problem.pointer else told


def status_lines(bridge: Bridge) -> list[str]:
    """The same for a person."""
    lines: list[str] = []
    for settings in bridge.settings.systems:
        lines += _system_lines(settings, bridge)
    shown = "read-only, " if bridge.settings.read_only else ""
    lines.append(f"Tools: {len(bridge.tools.listed())} listed, {len(bridge.tools.all())} callable ({shown}--expose "
                 f"{bridge.settings.exposure.mode})")  # fmt: skip
    return lines


def _system_lines(settings: SystemSettings, bridge: Bridge) -> list[str]:
    system = bridge.systems[settings.name]
    lines = [f"{settings.name} at {settings.site}"]
    if system.unreachable:
        lines.append(f"  not reachable: {system.unreachable}")
    if not system.failure:
        read = sum(not d.failure for d in system.documents.values())
        lines.append(f"  {read} of {len(system.entries)} descriptions read, {len(system.operations())} operations")
    lines.append(f"  {_credential_line(_credential(settings, bridge), settings.name)}")
    lines += [f"  {stale.url} is from {stale.moment}, because {stale.why}" for stale in system.stale()]
    if changed := bridge.loader.first_seen[settings.name].tools:
        lines.append(
            f"  {len(changed)} tools differ from what was first seen; `closient-mcp tools --changed` shows how"
        )
    if skipped := skipped_of(settings, bridge.tools):
        lines.append(f"  skipped: {len(skipped)}")
        lines += [f"    {p.subject}: {p.reason}; {p.effect}" for p in skipped]
    return lines


def _credential_line(state: JsonObject, system: str) -> str:
    if failure := state.get("failure"):
        return f"credential: {failure}"
    if state["kind"] == "none":
        return "credential: none"
    if state["kind"] == "api_key":
        which = f" …{state['ending']}" if state["ending"] else ""
        return f"credential: API key{which} from {state['source']}"
    unattended = state["grant"] not in ("authorization_code", "device_code")
    if not state["signed_in"] and unattended:
        return f"credential: {state['grant']}, not used yet; the first call does it"
    if not state["signed_in"]:
        return (
            f"credential: nobody is signed in; `closient-mcp login {system}` does it, or the first call that needs it"
        )
    who = f" as {state['person']}" if state["person"] else ""
    scopes = " ".join(str(scope) for scope in as_list(state["scopes"]))
    renewed = f"until {state['expires']}" if state["expires"] else ""
    if state["renewable"] or unattended:
        renewed = f"{renewed}, then renewed by itself" if renewed else "renewed by itself"
    renewed = renewed or "until the service says otherwise"
    warning = f"\n  {state['warning']}" if "warning" in state else ""
    where = f" with {state['issuer']}" if "issuer" in state else ""
    if withheld := " ".join(str(scope) for scope in as_list(state.get("withheld", []))):
        scopes = f"{scopes}, was not given {withheld}" if scopes else f"nothing; was not given {withheld}"
    kept = ", kept in the keyring" if state["store"] == "keyring" else ""
    if state["store_wanted"] == "keyring" and not kept:
        kept = ", kept in a file and not in the keyring"
    return f"credential: signed in{who}{where}, {renewed}{kept}{f'; may {scopes}' if scopes else ''}{warning}"

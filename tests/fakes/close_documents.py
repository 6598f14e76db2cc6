"""What Close publishes of itself, in small: the description of its own making, and the one that Fern exports."""

from __future__ import annotations

from typing import Any

from .service import document

_ANY: dict[str, Any] = {"description": "Any type"}
_ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
_QUERY_OF_FERN: dict[str, list[dict[str, Any]]] = {
    "lead": [
        {"name": "_limit", "in": "query", "required": False, "schema": {"type": "integer", "default": 100}},
        {"name": "_skip", "in": "query", "required": False, "schema": {"type": "integer", "default": 0}},
        {"name": "_fields", "in": "query", "required": False, "schema": {"type": "string"}},
    ],
    "event": [
        {"name": "_cursor", "in": "query", "required": False, "schema": {"type": ["string", "null"]}},
        {"name": "lead_id", "in": "query", "required": False, "schema": {"type": "string"}},
    ],
    "task": [{"name": "is_complete", "in": "query", "required": False, "schema": {"type": "boolean"}}],
}


def clean_document(url: str) -> dict[str, Any]:
    """The form of Close's own: ids of one operation each, `security`, parameters and schemas by reference."""
    lead = {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "description": {"type": ["string", "null"]},
            "url": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
            "status_id": {"$ref": "#/components/schemas/StatusId", "description": "Instead of `status`."},
            "status": {"type": "string", "deprecated": True},
        },
    }
    task = {"type": "object", "properties": {"is_complete": {"type": "boolean"}}}
    paging = [{"$ref": f"#/components/parameters/{name}"} for name in ("limit", "skip", "fields")]
    example = {"name": "Bluth Company", "contacts": [{"name": "Gob"}]}
    cursor = {"name": "_cursor", "in": "query", "schema": {"type": "string"}}
    done = {"name": "is_complete", "in": "query", "schema": {"type": "boolean"}}
    paths: dict[str, Any] = {
        "/me/": {"get": _operation("users_get_me", "Who am I")},
        "/lead/": {
            "get": _operation("leads_list", "List leads", parameters=paging),
            "post": _operation("leads_create", "Create a lead", requestBody=_body({}, example=example)),
        },
        "/lead/merge/": {"post": _operation("leads_merge", "Merge two leads", requestBody=_body(_ANY))},
        "/lead/{id}/": {
            "parameters": [_ID],
            "get": _operation("leads_get", "Fetch a lead"),
            "put": _operation("leads_update", "Update a lead", requestBody=_body(_reference("Lead"))),
            "delete": _operation("leads_delete", "Delete a lead"),
        },
        "/opportunity/": {"get": _operation("opportunities_list", "List opportunities", parameters=paging)},
        "/task/": {
            "get": _operation("tasks_list", "List tasks", parameters=[done]),
            "put": _operation("tasks_bulk_update", "Update tasks", parameters=[done], requestBody=_body(task)),
        },
        "/event/": {"get": _operation("events_list", "List events", parameters=[cursor])},
        "/data/search/": {"post": _operation("data_search", "Search with filters", requestBody=_body(_ANY))},
        "/report/activity/": {"post": _operation("reports_get_activity", "Report", requestBody=_body(_ANY))},
        "/bulk_action/delete/": {
            "get": _operation("bulk_deletes_list", "List bulk deletes"),
            "post": _operation("bulk_deletes_create", "Delete many leads", requestBody=_body(_ANY)),
        },
    }
    components = {
        "schemas": {"Lead": lead, "StatusId": {"type": "string"}},
        "parameters": {
            "limit": {"name": "_limit", "in": "query", "schema": {"type": "integer", "default": 100}},
            "skip": {"name": "_skip", "in": "query", "schema": {"type": "integer", "default": 0}},
            "fields": {"name": "_fields", "in": "query", "schema": {"type": "string"}},
        },
        "securitySchemes": {
            "ApiKeyAuth": {"type": "http", "scheme": "basic"},
            "OAuth2": {
                "type": "oauth2",
                "flows": {
                    "authorizationCode": {
                        "authorizationUrl": f"{url}/oauth2/authorize/",
                        "tokenUrl": f"{url}/oauth2/token/",
                        "scopes": {"all.full_access": "Everything", "offline_access": "A refresh token"},
                    }
                },
            },
        },
    }
    security: list[dict[str, list[str]]] = [{"ApiKeyAuth": []}, {"OAuth2": []}]
    servers = [{"url": f"{url}/api/v1"}]
    return document(paths, components=components, security=security, servers=servers)


def fern_document(url: str) -> dict[str, Any]:
    """The form that Fern exports: ids of a group each, `Authorization` everywhere, bodies of any type."""
    paths: dict[str, Any] = {
        "/me/": {"get": _exported("get-me")},
        "/lead/": {"get": _exported("list", *_QUERY_OF_FERN["lead"]), "post": _exported("create", body=True)},
        "/lead/merge/": {"post": _exported("merge", body=True)},
        "/lead/{id}/": {
            "get": _exported("get", _ID),
            "put": _exported("update", _ID, body=True),
            "delete": _exported("delete", _ID),
        },
        "/opportunity/": {"get": _exported("list", *_QUERY_OF_FERN["lead"])},
        "/opportunity/{id}/": {"get": _exported("get", _ID), "put": _exported("update", _ID, body=True)},
        "/task/": {
            "get": _exported("list", *_QUERY_OF_FERN["task"]),
            "put": _exported("bulk-update", *_QUERY_OF_FERN["task"], body=True),
        },
        "/event/": {"get": _exported("list", *_QUERY_OF_FERN["event"])},
        "/data/search/": {"post": _exported("search", body=True)},
        "/report/activity/": {"post": _exported("get-activity", body=True)},
        "/bulk_action/delete/": {"get": _exported("list"), "post": _exported("create", body=True)},
        "/bulk_action/delete/{id}/": {"get": _exported("get", _ID)},
    }
    schemes = {"ApiKeyAuth": {"type": "http", "scheme": "basic"}, "OAuth2": {"type": "http", "scheme": "bearer"}}
    servers = [{"url": f"{url}/api/v1"}]
    return document(paths, components={"securitySchemes": schemes}, servers=servers)


def _operation(name: str, summary: str, **members: Any) -> dict[str, Any]:
    responses = {"200": {"description": "well"}, "400": {"description": "Bad request"}}
    return {"operationId": name, "summary": summary, "responses": responses, **members}


def _exported(name: str, *parameters: dict[str, Any], body: bool = False) -> dict[str, Any]:
    secret = {"name": "Authorization", "in": "header", "required": True, "schema": {"type": "string"}}
    empty: dict[str, Any] = {"type": "object", "description": "Empty response body", "properties": {}}
    responses: dict[str, Any] = {"200": {"description": "well", "content": {"application/json": {"schema": empty}}}}
    members: dict[str, Any] = {"requestBody": _body(_ANY, required=False)} if body else {}
    return {
        "operationId": name,
        "tags": ["subpackage_things"],
        "parameters": [*parameters, secret],
        "responses": responses,
        **members,
    }


def _body(schema: dict[str, Any], *, required: bool = True, **media: Any) -> dict[str, Any]:
    return {"required": required, "content": {"application/json": {"schema": schema, **media}}}


def _reference(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}

"""The operations of the APIs that the sandbox describes and does not serve.

Closient's documentation has no endpoints of the agent, advertising, analytics, byos and sustainability APIs; those
here are made up from what the API is about.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Operation:
    """An operation; `query` and `body` name members of `FIELDS`, all optional."""

    method: str
    path: str
    name: str
    summary: str
    query: tuple[str, ...] = ()
    body: tuple[str, ...] = ()
    public: bool = False


_PAGE = ("page", "page_size")
_PERIOD = ("organization_id", "brand_id", "since", "until", "top")
_WEBHOOK = ("url", "description", "event_types", "is_active")
_SETTINGS = ("theme", "language")

OPERATIONS: dict[str, tuple[Operation, ...]] = {
    "agent": (
        Operation("post", "/conversations", "start_conversation", "Start a conversation", body=("message",)),
        Operation("post", "/conversations/{conversation_id}/messages", "send_message", "Send a message",
                  body=("message",)),
    ),
    "advertising": (
        Operation("get", "/placements", "list_placements", "List sponsored placements", (*_PERIOD[:2], *_PAGE)),
        Operation("get", "/placements/{placement_id}/impressions", "list_impressions",
                  "List the impressions of a placement", _PAGE),
        Operation("get", "/organizations/{organization_id}/revenue-share", "get_revenue_share",
                  "Get an organization's share of revenue", ("since", "until")),
    ),
    "analytics": (
        Operation("get", "/scan-events", "list_scan_events", "List scan events", (*_PERIOD[:4], *_PAGE)),
        Operation("get", "/search-snapshots", "list_search_snapshots", "List search snapshots", _PAGE),
        Operation("get", "/brands/{brand_id}/engagement", "get_brand_engagement", "Get the engagement with a brand",
                  ("since", "until")),
    ),
    "billing": (
        Operation("get", "/billing/resolver/{organization_id}", "get_resolver_plan",
                  "Get an organization's resolver plan, usage and limits"),
        Operation("post", "/billing/resolver/checkout", "start_resolver_checkout", "Start the checkout of a plan",
                  body=("organization_id", "tier")),
    ),
    "byos": (
        Operation("get", "/widget", "get_widget", "Get the settings of the search widget"),
        Operation("patch", "/widget", "update_widget", "Update the settings of the search widget", body=_SETTINGS),
    ),
    "content": (
        Operation("post", "/learn/readiness-check", "check_readiness", "Check how complete a product's data is",
                  body=("gtin", "email"), public=True),
    ),
    "dashboard": (
        Operation("get", "/brand-analytics/scans", "summarize_scans", "Summarize the scans of a brand", _PERIOD),
        Operation("get", "/brand-analytics/search-demand", "summarize_search_demand",
                  "Summarize what people search for near a brand's stores", (*_PERIOD, "radius")),
        Operation("get", "/brand-analytics/retail-footprint", "summarize_retail_footprint",
                  "Summarize where a brand is sold", (*_PERIOD, "region", "stock_status")),
    ),
    "epcis": (
        Operation("post", "/capture", "capture_events", "Capture an EPCIS document",
                  body=("type", "schemaVersion", "epcisBody")),
        Operation("get", "/events", "query_events", "Query events",
                  ("eventType", "GE_eventTime", "LT_eventTime", "EQ_bizStep", "EQ_disposition", "EQ_readPoint",
                   "nextPageToken")),
        Operation("get", "/traceability/lots/{lot_id}/fda-export", "export_lot_for_fda", "Export a lot for the FDA"),
        Operation("get", "/traceability/lots/{lot_id}/blast-radius", "get_blast_radius",
                  "Get everything that a lot went into"),
    ),
    "integrations": (
        Operation("get", "/webhooks/endpoints/", "list_webhook_endpoints", "List webhook endpoints", _PAGE),
        Operation("post", "/webhooks/endpoints/", "create_webhook_endpoint", "Create a webhook endpoint",
                  body=_WEBHOOK),
        Operation("get", "/webhooks/endpoints/{endpoint_id}/", "get_webhook_endpoint", "Get a webhook endpoint"),
        Operation("patch", "/webhooks/endpoints/{endpoint_id}/", "update_webhook_endpoint",
                  "Update a webhook endpoint", body=_WEBHOOK),
        Operation("delete", "/webhooks/endpoints/{endpoint_id}/", "delete_webhook_endpoint",
                  "Delete a webhook endpoint"),
        Operation("post", "/webhooks/endpoints/{endpoint_id}/rotate-secret/", "rotate_webhook_secret",
                  "Rotate the signing secret of a webhook endpoint"),
    ),
    "notifications": (
        Operation("get", "/notifications/in-app", "list_inbox", "List the notifications of your inbox",
                  ("unread_only", *_PAGE)),
        Operation("post", "/notifications/channels", "create_channel", "Create a notification channel",
                  body=("url", "description", "event_types")),
        Operation("get", "/notifications/channels/{channel_id}", "get_channel", "Get a notification channel"),
    ),
    "offers": (
        Operation("get", "/organizations/{organization_id}/offers", "list_offers", "List an organization's offers",
                  _PAGE),
        Operation("get", "/offers/{offer_id}", "get_offer", "Get an offer"),
    ),
    "scanner": (
        Operation("post", "/sessions", "start_scan_session", "Start a scan session", body=("description",)),
        Operation("post", "/sessions/{session_id}/submit", "submit_scan_session", "Submit a scan session"),
        Operation("post", "/captures", "create_capture", "Create a capture",
                  body=("session_public_id", "capture_type", "raw_value", "gtin")),
        Operation("post", "/captures/{public_id}/retry", "retry_capture", "Retry a capture"),
    ),
    "sustainability": (
        Operation("get", "/products/{gtin}/sustainability", "get_product_sustainability",
                  "Get the sustainability data of a product"),
        Operation("get", "/products/{gtin}/packaging", "list_packaging", "List a product's packaging and recycling"),
    ),
}  # fmt: skip

_INTEGERS = {
    "page": "The page, from 1.",
    "page_size": "Entries per page.",
    "radius": "Kilometres around each store.",
    "top": "The most entries to return.",
}
_FLAGS = {"is_active": "Whether it's used.", "unread_only": "Only notifications that were not read."}
_TEXTS = {
    "EQ_bizStep": "Only events of this business step.",
    "EQ_disposition": "Only events with this disposition.",
    "EQ_readPoint": "Only events read at this point.",
    "GE_eventTime": "Only events at or after this time.",
    "LT_eventTime": "Only events before this time.",
    "brand_id": "The id of a brand.",
    "capture_type": "BARCODE, IMAGE or MANUAL.",
    "description": "What it's for.",
    "email": "Where the result is sent.",
    "eventType": "Only events of this type.",
    "gtin": "A GTIN of 8, 12, 13 or 14 digits.",
    "language": "The language of the widget.",
    "message": "What to say.",
    "nextPageToken": "The token that the page before ended with.",
    "organization_id": "The id of an organization.",
    "raw_value": "What was scanned.",
    "region": "Only this region.",
    "schemaVersion": "The version of EPCIS.",
    "session_public_id": "The id of a scan session.",
    "since": "The first day, as YYYY-MM-DD.",
    "stock_status": "Only offers with this stock status.",
    "theme": "light or dark.",
    "tier": "The plan to buy.",
    "type": "EPCISDocument.",
    "until": "The last day, as YYYY-MM-DD.",
    "url": "Where messages are sent.",
}

FIELDS: dict[str, dict[str, object]] = {
    **{name: {"type": "string", "description": text} for name, text in _TEXTS.items()},
    **{name: {"type": "integer", "description": text} for name, text in _INTEGERS.items()},
    **{name: {"type": "boolean", "description": text} for name, text in _FLAGS.items()},
    "epcisBody": {"type": "object", "description": "The events, in eventList."},
    "event_types": {"type": "array", "items": {"type": "string"}, "description": "The types of event to send."},
}

"""Documented shapes of replies, made from the sandbox's own; the bodies passed in are changed in place."""

from .changes import Body


def results_list(body: Body) -> Body:
    """The catalog reply with `results` and `total_count`."""
    return {"query": body["query"], "total_count": body["total"], "results": body["items"]}


def session_state(body: Body) -> Body:
    """A session without hits, as the API reference shows it."""
    del body["items"], body["radius_km"]
    return body


def annotated_items(body: Body) -> Body:
    """Hits as the catalog has them, each annotated with store, offer and distance."""
    body["items"] = [
        {
            "type": "product",
            "name": item["product"]["name"],
            "metadata": {name: item["product"][name] for name in ("gtin", "brand", "image_url")},
            "store": {name: item["store"][name] for name in ("name", "address")},
            "offer": item["offer"],
            "distance_km": item["distance_km"],
        }
        for item in body["items"]
    ]
    return body


def older_offers(body: Body) -> Body:
    """Offers with `price` as text next to `price_currency`."""
    for item in body["items"]:
        price = item["offer"]["price"]
        item["offer"] |= {"price": price["amount"], "price_currency": price["currency"]}
    return body


def without_lots(body: Body) -> Body:
    """Recalls that don't say which lots they cover."""
    for recall in body["data"]:
        del recall["lot_codes"]
    return body


def expiry_of_query(body: Body) -> Body:
    """A parsed Digital Link whose expiry date comes from the link's query."""
    _, _, own_query = str(body["url"]).partition("?")
    body["raw_ais"].pop("17", None)
    body["expiry"] = next((pair[3:] for pair in own_query.split("&") if pair.startswith("17=")), None)
    if body["expiry"] and body["is_valid"]:
        body["raw_ais"]["17"] = body["expiry"]
    return body


def older_key_role(body: Body) -> Body:
    """The caller with the role of its key in older terms."""
    if key := body["api_key"]:
        key["role"] = {"manager": "admin", "editor": "editor"}.get(key["role"], "viewer")
    return body


def legacy_error(problem: Body) -> Body:
    """An error in the envelope from before RFC 9457."""
    error = {
        "code": str(problem["error_code"]).upper(),
        "message": problem["detail"],
        "status": problem["status"],
        "details": problem.get("errors"),
    }
    waits = {name: problem[name] for name in ("retry_after_seconds", "retry_after") if name in problem}
    return {"error": error | waits}


def renamed_wait(problem: Body) -> Body:
    """A problem with `retry_after` in place of `retry_after_seconds`."""
    if "retry_after_seconds" in problem:
        problem["retry_after"] = problem.pop("retry_after_seconds")
    return problem

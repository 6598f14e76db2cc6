from __future__ import annotations

import pytest

from closient_mcp.tools.tiers import tier_of


@pytest.mark.parametrize(
    ("method", "path", "name", "tier"),
    [
        ("get", "/bulk_action/delete/", "list_bulk_action_delete", "read"),
        ("get", "/bulk_action/delete/{id}/", "get_bulk_action_delete", "read"),
        ("get", "/things/delete/", "", "destructive"),
        ("get", "/things/delete/", "run_it", "destructive"),
        ("post", "/report/activity/", "get_report_activity", "read"),
        ("post", "/report/", "reports_get_activity", "read"),
        ("post", "/user/", "get_or_create_user", "write"),
        ("post", "/token/", "get_token", "write"),
        ("post", "/lead/merge/", "", "destructive"),
        ("post", "/things/", "merge_things", "destructive"),
        ("post", "/bulk_action/email/", "create_bulk_action_email", "destructive"),
        ("post", "/lead/bulk/", "", "destructive"),
        ("post", "/things/", "bulk_tag_things", "destructive"),
        ("post", "/products/bulk/", "bulk_create", "write"),
        ("post", "/unsubscribe/email/", "create_unsubscribe_email", "destructive"),
        ("post", "/unsubscribe/email/", "", "destructive"),
        ("post", "/cancel-reasons/", "create_cancel_reason", "destructive"),
        ("post", "/indexes/{uid}/search", "search_with_post", "read"),
        ("post", "/indexes/{uid}/facet-search", "", "read"),
        ("post", "/v1/search", "post_search", "read"),
        ("post", "/points/scroll", "scroll_points", "read"),
        ("post", "/{dataset}/records", "perform_search", "read"),
        ("post", "/gtin/validate", "validate_gtin", "read"),
        ("post", "/bank_accounts/{id}/verify", "verify_bank_accounts", "write"),
        ("post", "/checkout/sessions/{id}/expire", "", "destructive"),
        ("post", "/guilds/{id}/prune", "prune_guild", "destructive"),
        ("get", "/guilds/{id}/prune", "preview_prune_guild", "read"),
        ("get", "/pods/{name}/exec", "connect_exec", "destructive"),
        ("get", "/user/logout", "logout_user", "destructive"),
        ("post", "/customers/{customer}", "post_customers_customer", "destructive"),
        ("post", "/webhooks/{id}/{token}", "execute_webhook", "write"),
        ("post", "/pet/{id}", "", "destructive"),
        ("post", "/swap-indexes", "swap_indexes", "destructive"),
        ("post", "/tasks/{id}/setParent", "set_parent_for_task", "destructive"),
        ("post", "/blocks/", "add_block", "write"),
        ("post", "/update-notes/", "create_note_on_update", "destructive"),
        ("post", "/items/", "list_item_for_sale", "write"),
    ],
)
def test_the_tier_follows_the_words(method: str, path: str, name: str, tier: str) -> None:
    assert tier_of(method, path, name) == tier

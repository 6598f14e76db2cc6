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
    ],
)
def test_the_tier_follows_the_words(method: str, path: str, name: str, tier: str) -> None:
    assert tier_of(method, path, name) == tier

from __future__ import annotations

import json

import pytest

from closient_mcp.tools.tiers.judgement import tier_of
from closient_mcp.tools.tiers.tier import TIERS

from ...fakes.paths import ROOT

# Operations of published documents, each with its tier by what its texts say, then any that is right too.
LABELLED = json.loads((ROOT / "tests/vectors/tiers.json").read_text())


def test_no_labelled_operation_has_too_low_a_tier_and_few_too_high() -> None:
    found = [(tier_of(row["method"], row["path"], row["id"], row["summary"]), row) for row in LABELLED]
    wrong = [(TIERS.index(tier) - TIERS.index(row["tiers"][0]), row) for tier, row in found if tier not in row["tiers"]]
    assert [row for difference, row in wrong if difference < 0] == []
    assert len(wrong) <= len(LABELLED) / 10


@pytest.mark.parametrize(
    ("method", "path", "name", "tier"),
    [
        ("get", "/bulk_action/delete/", "list_bulk_action_delete", "read"),
        ("get", "/bulk_action/delete/{id}/", "get_bulk_action_delete", "read"),
        ("get", "/things/delete/", "", "destructive"),
        ("get", "/things/delete/", "run_it", "destructive"),
        ("post", "/report/activity/", "get_report_activity", "read"),
        ("post", "/report/", "reports_get_activity", "read"),
        ("post", "/user/", "get_or_create_user", "create"),
        ("post", "/token/", "get_token", "create"),
        ("post", "/lead/merge/", "", "destructive"),
        ("post", "/things/", "merge_things", "destructive"),
        ("post", "/bulk_action/email/", "create_bulk_action_email", "create"),
        ("post", "/lead/bulk/", "", "destructive"),
        ("post", "/things/", "bulk_tag_things", "update"),
        ("post", "/products/bulk/", "bulk_create", "create"),
        ("post", "/unsubscribe/email/", "create_unsubscribe_email", "destructive"),
        ("post", "/unsubscribe/email/", "", "destructive"),
        ("post", "/cancel-reasons/", "create_cancel_reason", "destructive"),
        ("post", "/indexes/{uid}/search", "search_with_post", "read"),
        ("post", "/indexes/{uid}/facet-search", "", "read"),
        ("post", "/v1/search", "post_search", "read"),
        ("post", "/points/scroll", "scroll_points", "read"),
        ("post", "/{dataset}/records", "perform_search", "read"),
        ("post", "/gtin/validate", "validate_gtin", "read"),
        ("post", "/bank_accounts/{id}/verify", "verify_bank_accounts", "update"),
        ("post", "/checkout/sessions/{id}/expire", "", "destructive"),
        ("post", "/guilds/{id}/prune", "prune_guild", "destructive"),
        ("get", "/guilds/{id}/prune", "preview_prune_guild", "read"),
        ("get", "/pods/{name}/exec", "connect_exec", "destructive"),
        ("get", "/user/logout", "logout_user", "destructive"),
        ("post", "/customers/{customer}", "post_customers_customer", "update"),
        ("post", "/webhooks/{id}/{token}", "execute_webhook", "create"),
        ("post", "/pet/{id}", "", "update"),
        ("post", "/swap-indexes", "swap_indexes", "update"),
        ("post", "/tasks/{id}/setParent", "set_parent_for_task", "update"),
        ("post", "/blocks/", "add_block", "create"),
        ("post", "/update-notes/", "create_note_on_update", "update"),
        ("post", "/items/", "list_item_for_sale", "create"),
        ("post", "/desk/check-in", "", "create"),
        ("post", "/rpc", "UserService_UpdateUser", "update"),
        ("post", "/rpc", "chat.delete", "destructive"),
        ("post", "/status", "updateDeviceStatus", "update"),
        ("post", "/status-updates", "createStatusUpdate", "create"),
        ("post", "/orders/cancellations", "create_cancellation", "destructive"),
        ("put", "/orders/{id}/lines", "put-orders-id-lines", "destructive"),
        ("put", "/config", "putConfig", "destructive"),
        ("post", "/instances/{id}/power-off", "", "destructive"),
        ("post", "/loans/{id}/write_off", "loanWriteOff", "destructive"),
        ("get", "/orders/{id}/track", "trackOrder", "read"),
        ("put", "/pins/{id}", "create_pin", "create"),
        ("patch", "/jobs/{id}/cancel", "", "destructive"),
        ("get", "/jobs/run-status", "run_status", "read"),
        ("get", "/order-status", "orderStatus", "read"),
        ("get", "/invites/{code}", "invite_resolve", "read"),
        ("get", "/plugins/{id}/uninstall", "pluginUninstall", "destructive"),
        ("get", "/users", "get_or_create_user", "create"),
        ("get", "/jobs/{id}/retry", "retryJob", "create"),
        ("get", "/cgi/reboot.cgi", "", "destructive"),
        ("get", "/runs/{id}", "run", "read"),
        ("get", "/run/{id}", "run", "create"),
        ("post", "/batch", "batch", "destructive"),
        ("post", "/numbers/{id}/port-out", "portOut", "destructive"),
        ("post", "/v1/{name}:wind-down", "", "destructive"),
        ("post", "/orders/{id}/split", "splitOrder", "destructive"),
        ("post", "/disk/zap", "zapDisk", "destructive"),
        ("post", "/users/{id}/tokens", "", "create"),
        ("post", "/users/{id}/avatar", "createAvatar", "create"),
        ("post", "/vms/{id}/snapshot", "snapshotVm", "create"),
        ("post", "/ips/release", "releaseAddress", "destructive"),
        ("post", "/tickets/{id}/resolve", "resolveTicket", "update"),
        ("post", "/auth/2fa/enable", "enable2fa", "update"),
        ("get", "/#Action=DeleteStack", "GET_DeleteStack", "destructive"),
        ("post", "/#Action=DescribeInstances", "POST_DescribeInstances", "read"),
        ("get", "/?action=reboot", "", "destructive"),
        ("get", "/x?action={action}", "", "read"),
        ("get", "/plugins/{id}/enable", "", "update"),
        ("post", "/servers/{id}/enable_backup", "", "update"),
        ("get", "/cache/clear-all", "", "destructive"),
        ("get", "/notifications/mark-as-read", "", "update"),
        ("get", "/reset-password", "", "destructive"),
        ("get", "/release-notes", "", "read"),
        ("get", "/do-delete", "", "destructive"),
        ("get", "/queue/pop", "popMessage", "destructive"),
        ("get", "/blacklist/{id}", "", "read"),
        ("post", "/graphql", "query", "destructive"),
        ("get", "/graphql", "query", "read"),
        ("get", "/update/user", "", "update"),
        ("get", "/set/light/{state}", "", "update"),
        ("get", "/update/check", "", "read"),
        ("get", "/logs/recent", "", "read"),
        ("get", "/users/del/{id}", "", "destructive"),
        ("post", "/datos", "crearPedidoDelCliente", "create"),
        ("get", "/safeRestart", "", "destructive"),
        ("get", "/jobs/{id}/run-now", "", "create"),
        ("get", "/posts/{id}/rights", "canDeletePost", "read"),
        ("get", "/unsubscribe?email={email}", "", "destructive"),
        ("post", "/answerCallbackQuery", "", "create"),
        ("lock", "/t", "", "destructive"),
        ("query", "/t", "run_things", "read"),
    ],
)
def test_the_tier_follows_the_words(method: str, path: str, name: str, tier: str) -> None:
    assert tier_of(method, path, name) == tier


@pytest.mark.parametrize(
    ("method", "path", "summary", "description", "tier"),
    [
        ("post", "/x", "Asynchronously deletes the thing", "", "destructive"),
        ("post", "/x", "Stop and remove a container", "", "destructive"),
        ("post", "/x", "", "This endpoint removes a thing.", "destructive"),
        ("post", "/x", "Set up a webhook", "", "create"),
        ("post", "/x", "Create a session and set a cookie", "", "create"),
        ("post", "/x", "Create or update a link", "", "update"),
        ("put", "/x", "Start/Resume Playback", "", "update"),
        ("put", "/x", "Update the list", "Existing entries are replaced.", "destructive"),
        ("put", "/x", "Update the list", "Fields that are omitted are cleared.", "destructive"),
        ("post", "/x", "Sign out", "", "destructive"),
        ("post", "/x", "Enable the user", "", "update"),
        ("put", "/x", "Put Product", "", "destructive"),
        ("post", "/x", "Close the books", "This cannot be undone.", "destructive"),
        ("get", "/x", "Uninstalls the plugin", "", "destructive"),
        ("get", "/x", "Update history", "", "read"),
        ("get", "/x", "Collect telemetry data", "", "read"),
        ("post", "/x", "Puts or deletes several items", "", "destructive"),
        ("get", "/x", "Reads and deletes a message", "", "destructive"),
        ("get", "/x", "Get & delete the message", "", "destructive"),
        ("get", "/x", "Retrieves messages and removes them", "", "destructive"),
        ("get", "/x", "List versions and delete markers", "", "read"),
        ("get", "/x", "Reboot device", "", "destructive"),
        ("get", "/x", "Mark as read", "", "update"),
        ("get", "/x", "[Admin] Delete user", "", "destructive"),
        ("post", "/x", "Step 2: Cancel the order", "", "destructive"),
        ("post", "/x", "", "Required scope: webhooks:write", "create"),
        ("post", "/x", "User deletion", "", "destructive"),
        ("post", "/x", "Cancellation of an order", "", "destructive"),
        ("get", "/x", "Order cancellations", "", "read"),
        ("post", "/x", "Schedule a deletion", "", "destructive"),
        ("post", "/x", "Call a number", "", "create"),
        ("get", "/x", "", "Call this endpoint to cancel an order.", "destructive"),
        ("get", "/x", "", "An endpoint that cancels an order.", "destructive"),
    ],
)
def test_the_tier_follows_the_texts(method: str, path: str, summary: str, description: str, tier: str) -> None:
    assert tier_of(method, path, "", summary, description) == tier


@pytest.mark.parametrize(
    ("method", "name", "summary", "tier"),
    [
        ("get", "eliminarUsuario", "", "destructive"),
        ("post", "pedidoCancelar", "Cancela un pedido", "destructive"),
        ("post", "facturas_buscar", "", "read"),
        ("post", "vertragKuendigen", "Vertrag kündigen", "destructive"),
        ("post", "", "Löscht einen Kunden", "destructive"),
        ("post", "kundeAnlegen", "Legt einen Kunden an", "create"),
        ("post", "", "Réinitialiser le mot de passe", "destructive"),
        ("get", "listerCommandes", "", "read"),
        ("post", "excluirPedido", "", "destructive"),
        ("post", "", "Удалить пользователя", "destructive"),
        ("post", "", "Создать заказ", "create"),
        ("get", "", "删除用户", "destructive"),
        ("get", "", "获取已删除用户列表", "read"),
        ("post", "", "ユーザーを削除する", "destructive"),
        ("post", "", "사용자 삭제", "destructive"),
        ("post", "", "إلغاء الطلب", "destructive"),
        ("post", "", "Ακύρωση παραγγελίας", "destructive"),
        ("post", "", "Usuń zamówienie", "destructive"),
        ("post", "", "Zrušit objednávku", "destructive"),
        ("get", "raderaOrder", "", "destructive"),
        ("post", "", "Slet ordren", "destructive"),
        ("post", "", "Kunde löschen", "destructive"),
        ("post", "", "Konto sperren", "destructive"),
        ("post", "", "Cancelamento do pedido", "destructive"),
        ("post", "", "Xóa người dùng", "destructive"),
        ("get", "hapusPengguna", "", "destructive"),
        ("post", "", "关闭订单", "destructive"),
        ("post", "", "退会する", "destructive"),
        ("post", "", "환불", "destructive"),
        ("post", "", "ลบผู้ใช้", "destructive"),
    ],
)
def test_the_verbs_of_other_languages_count_too(method: str, name: str, summary: str, tier: str) -> None:
    assert tier_of(method, "/x", name, summary) == tier

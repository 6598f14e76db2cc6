from __future__ import annotations

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closient_mcp.tools.openapi.names import OperationLabel, operation_names, tool_name, tool_names


def name(method: str, path: str, operation_id: str = "", summary: str = "") -> str:
    return operation_names([OperationLabel(method, path, operation_id, summary)])[0]


@pytest.mark.parametrize(
    ("method", "path", "operation_id", "summary", "expected"),
    [
        ("get", "/trade-items/{g}", "apps_products_api_v1_views_trade_item_get", "Trade Item Get", "get_trade_item"),
        ("get", "/trade-items/{g}", "apps_products_api_v1_views_trade_item_get", "One item", "get_trade_item"),
        ("get", "/whoami", "account_api_v1_views_whoami", "Who is asking", "whoami"),
        ("get", "/api/products", "__main___list_products", "List Products", "list_products"),
        ("get", "/items", "list_items_items_get", "List Items", "list_items"),
        ("get", "/items/{item_id}", "read_item_items__item_id__get", "Read Item", "read_item"),
        ("get", "/pet/{petId}", "getPetById", "Find a pet", "get_pet_by_id"),
        ("get", "/keys", "list_api_keys", "Keys", "list_api_keys"),
        ("get", "/lead/{id}/", "", "", "get_lead"),
        ("get", "/lead/", "", "", "list_lead"),
        ("post", "/lead/", "", "", "create_lead"),
        ("post", "/data/search/", "", "", "search_data"),
        ("delete", "/lead/{id}/note/{note_id}", "", "", "delete_lead_note"),
        ("get", "/leads/{lead_id}", "", "", "get_leads_by_id"),
        ("put", "/lead/{id}/", "", "", "replace_lead"),
        ("get", "/lead/{id}/", "leads_get", "", "get_leads"),
        ("put", "/tasks/", "tasks_bulk_update", "", "bulk_update_tasks"),
        ("post", "/lead/merge/", "merge", "", "merge_lead"),
        ("post", "/playbook/{id}/unarchive/", "unarchive", "", "unarchive_playbook"),
        ("put", "/task/", "bulk-update", "", "bulk_update_task"),
        ("post", "/search", "search", "", "search"),
        ("get", "/invites/{code}", "invite_resolve", "", "invite_resolve"),
        ("post", "/files/upload/", "create", "", "upload_files"),
        ("patch", "/lead/{id}/", "patch", "", "update_lead"),
        ("get", "/maße/{id}", "größeAbrufen", "", "grosse_abrufen"),
        ("get", "/users/{id}", "获取用户", "", "get_users_by_id"),
        ("get", "/things", "123", "", "list_things"),
        ("get", "/things", "***", "", "list_things"),
        ("post", "/{dataset}/records", "perform-search", "", "perform_search"),
        ("get", "/v1/h/{h_id}/audio", "Get_audio_v1_h__h_id__audio_get", "Get Audio", "get_audio"),
        ("post", "/V2/Items", "addItem_V2_Items_post", "Add Item", "add_item"),
        ("get", "/users", "list_users_get", "List", "list_users"),
        ("get", "/users", "usersGet", "Users", "get_users"),
        ("get", "/users", "findUsersUsingGET_1", "Other", "find_users"),
        ("get", "/users", "searchUsingGET", "Search", "search_users"),
        ("get", "/x/{id}", "", "Get the status of a thing", "get_status_thing"),
        ("get", "/x/{id}", "", "Returns one of all the things that anybody ever saw here", "get_x"),
        ("get", "/x/{id}", "fetchThing", "Edited since", "fetch_thing"),
    ],
)
def test_names_describe_operations(method: str, path: str, operation_id: str, summary: str, expected: str) -> None:
    assert name(method, path, operation_id, summary) == expected


def test_equal_names_are_distinguished_by_their_paths() -> None:
    operations = [OperationLabel("get", "/lead/", "list", ""), OperationLabel("get", "/contact/", "list", "")]
    assert operation_names(operations) == ["list_lead", "list_contact"]
    assert operation_names(operations[::-1]) == ["list_contact", "list_lead"]


def test_local_ids_are_replaced_by_names_from_the_paths() -> None:
    operations = [
        OperationLabel("get", "/number/", "list", ""),
        OperationLabel("get", "/status/", "list", ""),
        OperationLabel("get", "/status/{id}/", "get", ""),
        OperationLabel("get", "/number/{id}/", "get", ""),
        OperationLabel("get", "/number/settings/", "get-settings", ""),
        OperationLabel("delete", "/number/", "delete-by-user", ""),
        OperationLabel("delete", "/number/{id}/", "delete", ""),
    ]
    assert operation_names(operations) == [
        "list_number",
        "list_status",
        "get_status",
        "get_number",
        "get_number_settings",
        "delete_number_by_user",
        "delete_number",
    ]


def test_numbers_that_tell_equal_ids_apart_are_replaced_by_paths() -> None:
    operations = [
        OperationLabel("get", "/users", "getAll", ""),
        OperationLabel("get", "/groups", "getAll_1", ""),
        OperationLabel("get", "/roles", "getAll_2", ""),
        *(OperationLabel("get", f"/{word}", f"see_{word}_1", "") for word in ("c", "d", "e", "f")),
    ]
    assert operation_names(operations)[:4] == ["get_users", "get_groups", "get_roles", "see_c_1"]


def test_one_pair_of_equal_ids_does_not_rename_the_rest() -> None:
    operations = [
        OperationLabel("get", "/a", "fetch_it", ""),
        OperationLabel("get", "/b", "fetch_it", ""),
        *(OperationLabel("get", f"/{word}", f"see_{word}", "") for word in ("c", "d", "e")),
    ]
    assert operation_names(operations) == ["fetch_a", "fetch_b", "see_c", "see_d", "see_e"]


def test_a_verb_that_is_a_noun_stays_in_place() -> None:
    operations = [
        OperationLabel("get", "/bulk_action/edit/", "", ""),
        OperationLabel("post", "/bulk_action/edit/", "", ""),
        OperationLabel("get", "/bulk_action/edit/{id}/", "", ""),
        OperationLabel("post", "/things/edit/", "", ""),
    ]
    assert operation_names(operations) == [
        "list_bulk_action_edit",
        "create_bulk_action_edit",
        "get_bulk_action_edit",
        "edit_things",
    ]


def test_operations_on_collections_and_items_are_distinguished() -> None:
    operations = [OperationLabel("put", "/task/", "", ""), OperationLabel("put", "/task/{id}/", "", "")]
    assert operation_names(operations) == ["replace_task", "replace_task_by_id"]


def test_paths_that_differ_only_in_their_parameters_have_distinct_names() -> None:
    operations = [OperationLabel("get", "/a/{x}/b", "get", ""), OperationLabel("get", "/a/{y}/b", "get", "")]
    assert operation_names(operations) == ["get_a_by_x_b", "get_a_by_y_b"]


def test_paths_with_the_same_words_are_distinguished_by_a_digest() -> None:
    operations = [OperationLabel("get", "/a-b", "", ""), OperationLabel("get", "/a_b", "", "")]
    first, second = operation_names(operations)
    assert first != second
    assert operation_names(operations[::-1]) == [second, first]


def test_a_tool_name_begins_with_its_system_and_api() -> None:
    assert tool_name(["close", "leads"], "get_lead") == "close_leads_get_lead"
    assert tool_name(["", "products"], "get_trade_item") == "products_get_trade_item"


def test_a_long_name_loses_its_fillers_first() -> None:
    assert tool_name(["products"], "get_the_list_of_all_the_claims_of_a_products_owner") == (
        "products_get_list_all_claims_owner"
    )


def test_a_long_name_keeps_what_tells_operations_apart() -> None:
    nouns = ("config_map", "limit_range", "persistent_volume_claim", "replication_controller")
    ids = [f"delete_core_v1_{many}namespaced_{noun}" for noun in nouns for many in ("", "collection_")]
    assert tool_names(["cluster"], ids) == [
        "cluster_delete_core_v1_namespaced_config_map",
        "cluster_delete_collection_namespaced_config_map",
        "cluster_delete_core_v1_namespaced_limit_range",
        "cluster_delete_collection_namespaced_limit_range",
        "cluster_delete_namespace_persistent_volume_claim",
        "cluster_delete_collectio_persistent_volume_claim",
        "cluster_delete_namespaced_replication_controller",
        "cluster_delete_collection_replication_controller",
    ]


@given(st.lists(st.text(max_size=30), max_size=3), st.text(min_size=1, max_size=200))
def test_every_tool_name_fits_every_host(prefix: list[str], operation_id: str) -> None:
    clean = [re.sub(r"[^a-z0-9]", "", word.lower()) for word in prefix]
    own = name("get", "/some/path", operation_id)
    assert re.fullmatch(r"[a-zA-Z][a-zA-Z0-9_-]{0,47}", tool_name(clean, own))


@given(st.lists(st.tuples(st.sampled_from(["get", "post"]), st.text("ab{}/-_", max_size=8)), unique=True))
def test_the_operations_of_a_document_never_share_a_name(paths: list[tuple[str, str]]) -> None:
    operations = [OperationLabel(method, f"/{path}", "same", "") for method, path in paths]
    assert len(set(operation_names(operations))) == len(operations)


def test_a_long_name_is_truncated_and_stays_distinct() -> None:
    names = [tool_name(["products"], f"get_{'very_' * 20}long_{end}") for end in ("one", "two")]
    assert len(set(names)) == 2
    assert all(len(name) <= 48 for name in names)


def exported(*operations: tuple[str, str]) -> dict[tuple[str, str], str]:
    """The names in a document whose ids say method and path over again."""
    labels = [OperationLabel(m, p, f"{m}-{p.strip('/').replace('/', '-')}", "") for m, p in operations]
    labels += [OperationLabel("get", f"/v1/other{i}", f"get-v1-other{i}", "") for i in range(10)]
    return {(one.method, one.path): name for one, name in zip(labels, operation_names(labels), strict=True)}


def test_ids_that_repeat_their_paths_are_replaced() -> None:
    names = exported(
        ("get", "/v1/stores"),
        ("post", "/v1/stores"),
        ("get", "/v1/stores/{storeId}"),
        ("post", "/v1/stores/{storeId}"),
        ("post", "/v1/stores/{storeId}/generateKey"),
        ("post", "/v1/stores/{storeId}/close"),
    )
    assert list(names.values())[:6] == [
        "list_stores",
        "create_stores",
        "get_stores_by_id",
        "update_stores_by_id",
        "generate_stores_key",
        "close_stores",
    ]


SEGMENTS = st.sampled_from(
    ["lead", "leads", "{id}", "{lead_id}", "search", "v1", "a-b", "a_b", "bulk", "größe", "x" * 30]
)
OPERATIONS = st.lists(
    st.builds(
        OperationLabel,
        st.sampled_from(["get", "post", "put", "delete"]),
        st.lists(SEGMENTS, min_size=1, max_size=6).map(lambda parts: "/" + "/".join(parts)),
        st.sampled_from(
            ["", "list", "get", "get_the_leads", "get_leads", "__main___x", "123", "获取", "y" * 80 + "1", "y" * 80]
        ),
        st.sampled_from(["", "Leads", "List"]),
    ),
    max_size=12,
    unique_by=lambda one: (one.method, one.path),
)


@given(OPERATIONS, st.randoms(use_true_random=False))
def test_tool_names_are_valid_distinct_and_independent_of_order(
    operations: list[OperationLabel], random: Random
) -> None:
    names = tool_names(["acme", "leads"], operation_names(operations))
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-zA-Z][a-zA-Z0-9_-]{0,47}", one) for one in names)
    known = dict(zip(operations, names, strict=True))
    shuffled = random.sample(operations, len(operations))
    assert dict(zip(shuffled, tool_names(["acme", "leads"], operation_names(shuffled)), strict=True)) == known


def test_names_that_are_truncated_alike_stay_distinct() -> None:
    long = "get_the_list_of_all_the_claims_of_products_owner"
    names = tool_names(["products"], [long, long.replace("_the_", "_"), "get_it"])
    assert len(set(names)) == 3
    assert names[2] == "products_get_it"

from __future__ import annotations

import pytest

from closient_mcp.tools.search.index import SearchEntry, SearchIndex
from closient_mcp.tools.search.spelling import Spelling
from closient_mcp.tools.search.terms import content_words, stem, words_in


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("getPetByID", ["get", "pet", "by", "id"]),
        ("list_HTTPServers-v2", ["list", "http", "servers", "v2"]),
        ("Créer une commande", ["creer", "une", "commande"]),
        ("Создать заказ", ["создать", "заказ"]),
        ("创建订单", ["创建", "建订", "订单"]),
        ("注文 GET", ["注文", "get"]),
        ("الطلب", ["طلب"]),
        ("ΠΑΡΑΓΓΕΛΊΑΣ", ["παραγγελιασ"]),
        ("?? …", []),
    ],
)
def test_a_text_of_any_script_is_split_into_words(text: str, words: list[str]) -> None:
    assert words_in(text) == words


@pytest.mark.parametrize(
    "forms",
    [
        ["create", "creates", "creating", "created", "creation"],
        ["cancel", "cancels", "cancelling", "canceled", "cancellation"],
        ["opportunity", "opportunities"],
        ["invoice", "invoices", "invoicing"],
        ["address", "addresses"],
        ["organize", "organization", "organizations"],
    ],
)
def test_the_forms_of_a_word_have_one_stem(forms: list[str]) -> None:
    assert len({stem(form) for form in forms}) == 1


def test_what_any_request_may_say_is_left_out() -> None:
    assert content_words("could you please help me to list tasks, I need it") == ["list", "tasks"]
    assert content_words("add a to-do") == ["add", "todo"]
    assert content_words("what is it") == ["what", "is", "it"]


@pytest.mark.parametrize(
    ("word", "known", "found"),
    [
        ("ntoe", ["note", "notes"], {"note"}),
        ("subscirption", ["subscription", "description"], {"subscription"}),
        ("создание", ["создать", "задание"], {"создать"}),
        ("cat", ["car"], set[str]()),
        ("weather", ["where", "webhook"], set[str]()),
    ],
)
def test_a_misspelt_or_inflected_word_stands_for_the_nearest(word: str, known: list[str], found: set[str]) -> None:
    assert Spelling({each: each for each in known}).nearest(word).keys() == found


def index(*names: str) -> SearchIndex[str]:
    return SearchIndex([SearchEntry(name, (name,), (name,)) for name in names], (1.0,))


def found(query: str, *names: str) -> list[str]:
    return [hit.item for hit in index(*names).search(query)]


def test_the_item_that_is_named_comes_before_longer_names() -> None:
    assert found("create lead", "create lead export", "create lead", "delete lead")[0] == "create lead"


def test_equally_good_items_come_in_the_order_of_their_names() -> None:
    assert found("items", "b items", "a items") == ["a items", "b items"]


def test_a_synonym_counts_less_than_the_word() -> None:
    assert found("remove user", "delete user", "remove user", "list orders") == ["remove user", "delete user"]


def test_a_hit_says_how_much_of_the_query_it_covers() -> None:
    (hit,) = index("create order", "list products").search("create pizza")
    assert 0 < hit.covered < 0.5


def test_a_word_says_little_where_most_items_of_a_group_have_it() -> None:
    names = {"crm": ["add lead", "get lead", "note of lead"], "shop": ["credit note", "get tax", "add lead"]}
    entries = [SearchEntry(name, (name,), (name,), group) for group, of in names.items() for name in of]
    assert SearchIndex(entries, (1.0,)).search("note lead")[0].item == "note of lead"


@pytest.mark.parametrize("names", [(), ("a item",)])
def test_a_query_without_a_known_word_finds_nothing(names: tuple[str, ...]) -> None:
    assert found("?? zzz", *names) == []

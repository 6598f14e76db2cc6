"""The cache's files, what HTTP says about them, and documents compiled once."""

from __future__ import annotations

import os
import stat
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from closient_mcp.tools.formats.json_values import as_object, parse_json
from closient_mcp.tools.http import cache as cache_module
from closient_mcp.tools.http.cache import Cache
from closient_mcp.tools.http.fetched import Document, FetchError, GoneError, NotCachedError
from closient_mcp.tools.http.fetcher import Fetcher
from closient_mcp.tools.openapi.operations import Source, read_operations
from closient_mcp.tools.problems import Problem
from closient_mcp.tools.systems import compiled
from closient_mcp.tools.systems.compiled import Reading, compiled_key, load_compiled, pack, unpack

from ...fakes.service import Received, Reply, Service, document, operation

SOURCE = Source(
    "acme", ("acme", "a"), "a", "https://x.example/a.json", "https://x.example/a/", frozenset({"https://x.example"})
)
DATE = "Sat, 01 Aug 2026 00:00:00 GMT"


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


@pytest.fixture
async def fetcher(cache: Cache, service: Service) -> AsyncIterator[Fetcher]:
    async with httpx2.AsyncClient(trust_env=False, verify=False) as client:
        yield Fetcher(client, frozenset({service.url}), cache)


def files(folder: Path) -> list[Path]:
    return sorted((folder / "cache").iterdir())


# The files


def test_what_was_kept_is_read_by_another_process_of_the_same_folder(tmp_path: Path) -> None:
    Cache(tmp_path / "cache").write("document", "a", {"etag": "1"}, b"body\n\x00")
    kept = Cache(tmp_path / "cache").read("document", "a")
    assert kept
    assert (kept.facts, kept.body) == ({"etag": "1"}, b"body\n\x00")


def test_a_file_is_its_owners_alone_and_its_name_tells_nothing_of_the_address(tmp_path: Path, cache: Cache) -> None:
    cache.write("document", "https://x.example/d?token=abc", {}, b"body")
    (file,) = files(tmp_path)
    assert "abc" not in file.name
    assert "example" not in file.name
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda content: content[:-1],
    "longer": lambda content: content + b"x",
    "body": lambda content: content.replace(b"body", b"Body"),
    "facts": lambda content: content.replace(b'"1"', b'"2"'),
    "another format": lambda content: content.replace(b" 1 ", b" 2 ", 1),
    "empty": lambda _: b"",
    "foreign": lambda _: b"\xff" * 100,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_or_foreign_file_is_as_if_it_were_not_there(
    tmp_path: Path, cache: Cache, damage: Callable[[bytes], bytes]
) -> None:
    cache.write("document", "a", {"etag": "1"}, b"body")
    (file,) = files(tmp_path)
    file.write_bytes(damage(file.read_bytes()))
    assert cache.read("document", "a") is None
    cache.write("document", "a", {}, b"new")
    assert (kept := cache.read("document", "a"))
    assert kept.body == b"new"


def test_the_file_of_one_key_does_not_answer_for_another(tmp_path: Path, cache: Cache) -> None:
    cache.write("document", "a", {}, b"a")
    (a,) = files(tmp_path)
    cache.write("document", "b", {}, b"b")
    (b,) = [file for file in files(tmp_path) if file != a]
    a.replace(b)
    assert cache.read("document", "b") is None


def test_a_folder_or_a_pipe_in_the_place_of_a_file_is_not_read(tmp_path: Path, cache: Cache) -> None:
    cache.write("document", "a", {}, b"a")
    (file,) = files(tmp_path)
    file.unlink()
    os.mkfifo(file)
    assert cache.read("document", "a") is None


def test_rule_2_the_oldest_make_room_when_there_are_too_many_bytes(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", max_bytes=3_000)
    for number in range(6):
        cache.write("document", str(number), {}, b"x" * 1_000)
        age(tmp_path, 10)  # as if each had been written long before the next
    kept = [number for number in range(6) if cache.read("document", str(number))]
    assert kept == [4, 5]
    assert sum(file.stat().st_size for file in files(tmp_path)) <= 3_000


def age(tmp_path: Path, seconds: float) -> None:
    for file in files(tmp_path):
        before = file.stat().st_mtime
        os.utime(file, (before - seconds, before - seconds))


def test_rule_2_the_oldest_make_room_when_there_are_too_many_files(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", max_files=2)
    for number in range(5):
        cache.write("document", str(number), {}, b"x")
        age(tmp_path, 10)
    assert [number for number in range(5) if cache.read("document", str(number))] == [3, 4]


def test_what_was_confirmed_last_stays_longest(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", max_files=2)
    for number in range(2):
        cache.write("document", str(number), {}, b"x")
        age(tmp_path, 10)
    cache.touch("document", "0")
    cache.write("document", "2", {}, b"x")
    assert [number for number in range(3) if cache.read("document", str(number))] == [0, 2]


def test_confirming_what_is_not_there_makes_no_file(tmp_path: Path, cache: Cache) -> None:
    cache.write("document", "a", {}, b"x")
    cache.touch("document", "b")
    assert len(files(tmp_path)) == 1


def test_only_files_of_ours_make_room(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", max_files=1)
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "thesis.txt").write_text("x")
    for key in "abc":
        cache.write("document", key, {}, b"x")
        age(tmp_path, 10)
    assert (tmp_path / "cache" / "thesis.txt").exists()
    assert len(files(tmp_path)) == 2


def test_a_file_that_goes_away_while_room_is_made_is_no_reason_to_complain(
    tmp_path: Path, cache: Cache, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = Path.iterdir
    gone = tmp_path / "cache" / f".document-{'0' * 32}.tmp"

    def outdated(folder: Path) -> Iterator[Path]:
        yield gone
        yield from there(folder)

    monkeypatch.setattr(Path, "iterdir", outdated)
    cache.write("document", "a", {}, b"body")
    assert caplog.records == []
    assert cache.read("document", "a")


def test_what_a_process_left_half_written_is_removed_later(tmp_path: Path, cache: Cache) -> None:
    (tmp_path / "cache").mkdir()
    left = tmp_path / "cache" / f".document-{'0' * 32}-abc"
    left.write_bytes(b"x")
    age(tmp_path, 7_200)
    cache.write("document", "a", {}, b"x")
    assert not left.exists()
    assert cache.read("document", "a")


def test_rule_2_what_is_larger_than_the_whole_cache_is_not_kept(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", max_bytes=100)
    cache.write("document", "a", {}, b"x" * 101)
    assert cache.read("document", "a") is None


def test_rule_2_a_file_larger_than_any_of_ours_is_not_read(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.write("document", "a", {}, b"x" * 200)
    monkeypatch.setattr(cache_module, "_MAX_FILE_BYTES", 100)
    assert cache.read("document", "a") is None


def test_a_folder_that_cannot_be_written_costs_only_the_keeping_and_is_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "cache").write_text("a file is here")
    cache = Cache(tmp_path / "cache")
    for key in "ab":
        cache.write("document", key, {}, b"x")
        cache.touch("document", key)
        cache.delete("document", key)
        assert cache.read("document", key) is None
    assert caplog.text.count("cannot write to the cache") == 1


# What HTTP says


def body_of(found: Document) -> bytes:
    if found.body.startswith(b"<"):
        raise ValueError("it is a web page")
    return found.body


async def get(fetcher: Fetcher, url: str, accept: str = "*/*") -> bytes:
    return await fetcher.fetch_and_parse(url, accept, body_of)


def conditions(received: Received) -> dict[str, str]:
    return {name: value for name, value in received.headers.items() if name.startswith("if-")}


@pytest.mark.parametrize(
    ("validators", "asked"),
    [
        ({"ETag": '"a"'}, {"if-none-match": '"a"'}),
        ({"ETag": 'W/"a"'}, {"if-none-match": 'W/"a"'}),
        ({"Last-Modified": DATE}, {"if-modified-since": DATE}),
        ({"ETag": '"a"', "Last-Modified": DATE}, {"if-none-match": '"a"', "if-modified-since": DATE}),
        ({}, {}),
        ({"ETag": '"\xe9"'}, {}),
    ],
    ids=["etag", "weak etag", "date", "both", "none", "not ascii"],
)
async def test_rfc_9111_4_3_1_what_is_kept_is_asked_for_by_its_validators(
    fetcher: Fetcher, service: Service, validators: dict[str, str], asked: dict[str, str]
) -> None:
    service.routes["/d"] = Reply(b"{}", headers=validators)
    url = f"{service.url}/d"
    assert await get(fetcher, url) == await get(fetcher, url) == b"{}"
    first, second = service.received
    assert (conditions(first), conditions(second)) == ({}, asked)


async def test_rfc_9110_15_4_5_not_modified_gives_the_kept_body(fetcher: Fetcher, service: Service) -> None:
    service.routes["/d"] = Reply(b"kept", headers={"ETag": '"a"'})
    url = f"{service.url}/d"
    await get(fetcher, url)
    service.routes["/d"] = Reply(status=304, headers={"ETag": 'W/"a"'})
    found = await fetcher.fetch(url, "*/*")
    assert (found.body, found.url, found.stale) == (b"kept", url, "")
    kept = fetcher.cached(url)
    assert kept
    assert found.confirmed >= kept.confirmed


async def test_not_modified_moves_the_time_it_was_confirmed(fetcher: Fetcher, service: Service, tmp_path: Path) -> None:
    service.routes["/d"] = Reply(b"kept", headers={"ETag": '"a"'})
    url = f"{service.url}/d"
    await get(fetcher, url)
    age(tmp_path, 1_000)
    before = fetcher.cached(url)
    service.routes["/d"] = Reply(status=304)
    await get(fetcher, url)
    after = fetcher.cached(url)
    assert before
    assert after
    assert after.confirmed - before.confirmed > 900
    assert after.body == b"kept"


async def test_another_body_takes_the_place_of_the_kept_one(fetcher: Fetcher, service: Service) -> None:
    url = f"{service.url}/d"
    for body in (b"old", b"new"):
        service.routes["/d"] = Reply(body, headers={"ETag": f'"{body.decode()}"'})
        assert await get(fetcher, url) == body
    assert (kept := fetcher.cached(url))
    assert kept.body == b"new"
    await get(fetcher, url)
    assert conditions(service.received[-1]) == {"if-none-match": '"new"'}


async def test_rfc_9111_4_3_4_not_modified_about_another_body_is_asked_again_without_conditions(
    fetcher: Fetcher, service: Service
) -> None:
    url = f"{service.url}/d"
    service.routes["/d"] = Reply(b"old", headers={"ETag": '"a"'})
    await get(fetcher, url)
    service.routes["/d"] = lambda got: (
        Reply(status=304, headers={"ETag": '"b"'}) if conditions(got) else Reply(b"new", headers={"ETag": '"b"'})
    )
    assert await get(fetcher, url) == b"new"


async def test_not_modified_that_nobody_asked_for_is_no_answer(fetcher: Fetcher, service: Service) -> None:
    service.routes["/d"] = Reply(status=304)
    with pytest.raises(FetchError, match="HTTP 304"):
        await fetcher.fetch(f"{service.url}/d", "*/*")


async def test_validators_go_to_the_address_that_the_body_came_from_only(fetcher: Fetcher, service: Service) -> None:
    service.routes |= {
        "/d": Reply(status=302, headers={"Location": "/e", "ETag": '"d"'}),
        "/e": Reply(b"e", headers={"ETag": '"e"'}),
        "/f": Reply(b"f", headers={"ETag": '"f"'}),
    }
    url = f"{service.url}/d"
    await get(fetcher, url)
    await get(fetcher, url)
    assert [conditions(got) for got in service.received] == [{}, {}, {}, {"if-none-match": '"e"'}]
    service.routes["/d"] = Reply(status=302, headers={"Location": "/f"})
    assert await get(fetcher, url) == b"f"
    assert conditions(service.received[-1]) == {}
    assert (kept := fetcher.cached(url))
    assert kept.url == f"{service.url}/f"


async def test_rfc_9110_12_5_5_the_answer_to_another_accept_is_not_asked_for_by_its_validators(
    fetcher: Fetcher, service: Service
) -> None:
    service.routes["/d"] = Reply(b"{}", headers={"Last-Modified": DATE, "Vary": "Accept"})
    await get(fetcher, f"{service.url}/d", "application/json")
    await get(fetcher, f"{service.url}/d", "application/yaml")
    assert conditions(service.received[-1]) == {}


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Reply(status=500), "HTTP 500"),
        (Reply(status=503), "HTTP 503"),
        (Reply(status=429, headers={"Retry-After": "60"}), "HTTP 429"),
        (Reply(status=403), "HTTP 403"),
        (Reply(status=302, headers={"Location": "/d"}), "redirects or retries"),
        (Reply(status=302, headers={"Location": "http://10.0.0.1/"}), "must be https"),
    ],
)
async def test_rfc_5861_while_nothing_better_can_be_had_the_kept_copy_stands_in_and_says_why(
    fetcher: Fetcher, service: Service, reply: Reply, why: str
) -> None:
    service.routes["/d"] = Reply(b"kept")
    url = f"{service.url}/d"
    await get(fetcher, url)
    service.routes["/d"] = reply
    found = await fetcher.fetch(url, "*/*")
    assert found.body == b"kept"
    assert why in found.stale
    fetcher.store(url, found)
    assert (kept := fetcher.cached(url))
    assert kept.confirmed == found.confirmed
    assert not kept.stale


async def test_without_a_network_the_kept_copy_stands_in(cache: Cache) -> None:
    def refuse(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("no route to host", request=request)

    url, home = "https://x.example/d", frozenset({"https://x.example"})
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(lambda _: httpx2.Response(200, content=b"d"))) as well:
        await get(Fetcher(well, home, cache), url)
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(refuse)) as broken:
        found = await Fetcher(broken, home, cache).fetch(url, "*/*")
    assert found.body == b"d"
    assert found.stale == "cannot be reached: no route to host"


@pytest.mark.parametrize("status", [404, 410])
async def test_what_the_service_says_is_gone_is_gone(fetcher: Fetcher, service: Service, status: int) -> None:
    service.routes["/d"] = Reply(b"kept")
    url = f"{service.url}/d"
    await get(fetcher, url)
    service.routes["/d"] = Reply(status=status)
    with pytest.raises(GoneError, match=f"HTTP {status}"):
        await fetcher.fetch(url, "*/*")
    assert fetcher.cached(url) is None


async def test_what_the_caller_cannot_use_does_not_replace_what_is_kept(fetcher: Fetcher, service: Service) -> None:
    service.routes["/d"] = Reply(b"good")
    url = f"{service.url}/d"
    await get(fetcher, url)
    service.routes["/d"] = Reply(b"<html>", headers={"ETag": '"page"'})
    used: list[Document] = []

    def use(found: Document) -> bytes:
        used.append(found)
        return body_of(found)

    await fetcher.fetch_and_parse(url, "*/*", use)
    assert [found.body for found in used] == [b"<html>", b"good"]
    assert used[1].stale == "the current document cannot be used: it is a web page"
    assert (kept := fetcher.cached(url))
    assert kept.body == b"good"


async def test_what_nobody_can_use_is_the_callers_own_error(fetcher: Fetcher, service: Service) -> None:
    service.routes["/d"] = Reply(b"<html>")
    with pytest.raises(ValueError, match="web page"):
        await get(fetcher, f"{service.url}/d")
    assert fetcher.cached(f"{service.url}/d") is None


async def test_offline_only_what_was_kept_is_there_and_nothing_is_sent(fetcher: Fetcher, service: Service) -> None:
    service.routes |= {"/d": Reply(b"d"), "/page": Reply(b"<html>"), "/broken": Reply(status=500)}
    for path in ("/page", "/broken", "/gone"):
        with pytest.raises((FetchError, ValueError)):
            await get(fetcher, service.url + path)
    await get(fetcher, f"{service.url}/d")
    service.received.clear()
    offline = replace(fetcher, online=False)
    assert await get(offline, f"{service.url}/d") == b"d"
    reasons = [await why_not(offline, service.url + path) for path in ("/page", "/gone", "/broken", "/never")]
    assert reasons == [
        (GoneError, "it is a web page"),
        (GoneError, "HTTP 404 Not Found"),
        (NotCachedError, "it is not cached"),
        (NotCachedError, "it is not cached"),
    ]
    assert service.received == []


async def why_not(fetcher: Fetcher, url: str) -> tuple[type[FetchError], str]:
    with pytest.raises(FetchError) as caught:
        await get(fetcher, url)
    return caught.type, str(caught.value)


async def test_what_was_missing_and_is_there_now_is_kept(fetcher: Fetcher, service: Service, tmp_path: Path) -> None:
    url = f"{service.url}/d"
    with pytest.raises(FetchError):
        await get(fetcher, url)
    service.routes["/d"] = Reply(b"d")
    await get(fetcher, url)
    assert await get(replace(fetcher, online=False), url) == b"d"
    assert [file.name.split("-")[0] for file in files(tmp_path)] == ["document"]


@pytest.mark.parametrize("directives", ["no-store", "private, No-Store , max-age=0"])
async def test_rfc_9111_5_2_2_5_what_may_not_be_stored_is_not_kept(
    fetcher: Fetcher, service: Service, directives: str
) -> None:
    url = f"{service.url}/d"
    service.routes["/d"] = Reply(b"old", headers={"ETag": '"a"'})
    await get(fetcher, url)
    service.routes["/d"] = Reply(b"new", headers={"ETag": '"b"', "Cache-Control": directives})
    assert await get(fetcher, url) == b"new"
    assert fetcher.cached(url) is None


async def test_rule_2_what_one_system_may_reach_is_not_kept_for_another(fetcher: Fetcher, service: Service) -> None:
    service.routes["/d"] = Reply(b"d")
    await get(fetcher, f"{service.url}/d")
    other = Fetcher(fetcher.client, frozenset({"https://www.example.com"}), fetcher.cache)
    assert fetcher.cached(f"{service.url}/d")
    assert other.cached(f"{service.url}/d") is None


async def test_the_links_of_a_site_are_kept_as_documents_are(fetcher: Fetcher, service: Service) -> None:
    service.routes["/"] = Reply(headers={"Link": '</c>; rel="api-catalog"'})
    site = f"{service.url}/"
    assert (await fetcher.links(site)).body == b'</c>; rel="api-catalog"'
    offline = replace(fetcher, online=False)
    assert (await offline.links(site)).body == b'</c>; rel="api-catalog"'
    assert fetcher.cached(site) is None
    with pytest.raises(NotCachedError):
        await offline.links(f"{service.url}/other")


async def test_what_was_confirmed_too_long_ago_does_not_count_where_that_is_asked(
    fetcher: Fetcher, service: Service, tmp_path: Path
) -> None:
    service.routes["/d"] = Reply(b"d")
    url = f"{service.url}/d"
    await get(fetcher, url)
    age(tmp_path, 100)
    assert replace(fetcher, max_age=200).cached(url)
    assert replace(fetcher, max_age=50).cached(url) is None


# Compiled documents


def read(body: bytes, source: Source) -> Reading:
    return read_operations(as_object(parse_json(body)), source)


SHARED = {"type": "object", "properties": {f"p{i}": {"type": "string"} for i in range(80)}}
BODY = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Big"}}}}
DOCUMENT = document(
    {
        "/a/{id}": {"get": operation(operationId="get_a", tags=["t\ud83d"], security=[{"o": ["s"]}])},
        "/b": {"post": operation(operationId="create_b", requestBody=BODY), "put": operation(requestBody=BODY)},
        "/c": {"trace": operation()},
    },
    components={
        "schemas": {"Big": SHARED},
        "securitySchemes": {"o": {"type": "oauth2"}},
    },
)


def content() -> bytes:
    return Reply(DOCUMENT).content()


def test_what_is_unpacked_is_what_was_packed() -> None:
    reading = read(content(), SOURCE)
    assert len(reading[0]) == 3
    assert len(reading[1]) == 1
    assert unpack(pack(*reading)) == reading


def test_a_definition_that_operations_share_is_kept_once_and_shared_again() -> None:
    reading = read(content(), SOURCE)
    packed = pack(*reading)
    first, second = (as_object(one.input_schema["$defs"]) for one in unpack(packed)[0] if "$defs" in one.input_schema)
    assert packed.count(b'"p79"') == 1
    assert first["Big"] is second["Big"]


def test_the_same_document_is_read_once(cache: Cache) -> None:
    times: list[bytes] = []

    def counted(body: bytes, source: Source) -> Reading:
        times.append(body)
        return read(body, source)

    first = load_compiled(content(), SOURCE, cache, counted)
    assert load_compiled(content(), SOURCE, cache, counted) == first
    assert len(times) == 1


def test_what_is_used_stays_longest(cache: Cache, tmp_path: Path) -> None:
    load_compiled(content(), SOURCE, cache, read)
    age(tmp_path, 1_000)
    (file,) = files(tmp_path)
    before = file.stat().st_mtime
    load_compiled(content(), SOURCE, cache, read)
    assert file.stat().st_mtime > before


@pytest.mark.parametrize(
    "member",
    [
        {"system": "b"},
        {"prefix": ("b",)},
        {"api": "b"},
        {"url": "https://x.example/b"},
        {"anchor": "https://x.example/b/"},
        {"origins": frozenset({"https://y.example"})},
        {"app_scopes": True},
    ],
    ids=lambda member: next(iter(member)),
)
def test_the_key_depends_on_all_that_the_operations_depend_on(member: dict[str, Any]) -> None:
    other = replace(SOURCE, **member)
    keys = {compiled_key(b"a", SOURCE), compiled_key(b"b", SOURCE), compiled_key(b"a", other)}
    assert len(keys) == 3
    assert compiled_key(b"a", replace(SOURCE)) in keys


def test_the_key_does_not_depend_on_the_order_of_origins() -> None:
    origins = [f"https://{i}.example" for i in range(50)]
    keys = {compiled_key(b"a", replace(SOURCE, origins=frozenset(one))) for one in (origins, origins[::-1])}
    assert len(keys) == 1


def test_another_version_of_the_program_reads_anew(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    before = compiled_key(b"a", SOURCE)
    monkeypatch.setattr(compiled, "_program", lambda: "another")
    assert compiled_key(b"a", SOURCE) != before


@pytest.mark.parametrize("packed", [b"", b"[]", b"{}", b'{"shared":[],"operations":[{}],"problems":[]}', b"null"])
def test_what_cannot_be_unpacked_is_read_anew(cache: Cache, packed: bytes) -> None:
    cache.write("compiled", compiled_key(content(), SOURCE), {}, packed)
    assert load_compiled(content(), SOURCE, cache, read) == read(content(), SOURCE)
    assert (kept := cache.read("compiled", compiled_key(content(), SOURCE)))
    assert kept.body != packed


def test_problems_are_kept_too() -> None:
    problems = [Problem("s", "r", "e", "/p")]
    assert unpack(pack([], problems)) == ([], problems)

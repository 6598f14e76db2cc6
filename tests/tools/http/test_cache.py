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
from closient_mcp.tools.openapi.operation import Source
from closient_mcp.tools.openapi.operations import read_operations
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


def test_entries_are_shared_between_processes(tmp_path: Path) -> None:
    Cache(tmp_path / "cache").write("document", "a", {"etag": "1"}, b"body\n\x00")
    kept = Cache(tmp_path / "cache").read("document", "a")
    assert kept
    assert (kept.metadata, kept.body) == ({"etag": "1"}, b"body\n\x00")


def test_files_are_private_and_their_names_do_not_reveal_urls(tmp_path: Path, cache: Cache) -> None:
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
    "metadata": lambda content: content.replace(b'"1"', b'"2"'),
    "another format": lambda content: content.replace(b" 1 ", b" 2 ", 1),
    "empty": lambda _: b"",
    "foreign": lambda _: b"\xff" * 100,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_or_foreign_file_is_a_cache_miss(
    tmp_path: Path, cache: Cache, damage: Callable[[bytes], bytes]
) -> None:
    cache.write("document", "a", {"etag": "1"}, b"body")
    (file,) = files(tmp_path)
    file.write_bytes(damage(file.read_bytes()))
    assert cache.read("document", "a") is None
    cache.write("document", "a", {}, b"new")
    assert (kept := cache.read("document", "a"))
    assert kept.body == b"new"


def test_a_file_is_only_valid_for_its_own_key(tmp_path: Path, cache: Cache) -> None:
    cache.write("document", "a", {}, b"a")
    (a,) = files(tmp_path)
    cache.write("document", "b", {}, b"b")
    (b,) = [file for file in files(tmp_path) if file != a]
    a.replace(b)
    assert cache.read("document", "b") is None


def test_only_regular_files_are_read(tmp_path: Path, cache: Cache) -> None:
    cache.write("document", "a", {}, b"a")
    (file,) = files(tmp_path)
    file.unlink()
    os.mkfifo(file)
    assert cache.read("document", "a") is None


def test_rule_2_the_oldest_entries_are_evicted_by_size(tmp_path: Path) -> None:
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


def test_rule_2_the_oldest_entries_are_evicted_by_count(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", max_files=2)
    for number in range(5):
        cache.write("document", str(number), {}, b"x")
        age(tmp_path, 10)
    assert [number for number in range(5) if cache.read("document", str(number))] == [3, 4]


def test_recently_touched_entries_are_kept(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", max_files=2)
    for number in range(2):
        cache.write("document", str(number), {}, b"x")
        age(tmp_path, 10)
    cache.touch("document", "0")
    cache.write("document", "2", {}, b"x")
    assert [number for number in range(3) if cache.read("document", str(number))] == [0, 2]


def test_touching_a_missing_entry_creates_no_file(tmp_path: Path, cache: Cache) -> None:
    cache.write("document", "a", {}, b"x")
    cache.touch("document", "b")
    assert len(files(tmp_path)) == 1


def test_foreign_files_are_not_evicted(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", max_files=1)
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "thesis.txt").write_text("x")
    for key in "abc":
        cache.write("document", key, {}, b"x")
        age(tmp_path, 10)
    assert (tmp_path / "cache" / "thesis.txt").exists()
    assert len(files(tmp_path)) == 2


def test_a_file_that_disappears_during_eviction_is_ignored(
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


def test_abandoned_temporary_files_are_removed(tmp_path: Path, cache: Cache) -> None:
    (tmp_path / "cache").mkdir()
    left = tmp_path / "cache" / f".document-{'0' * 32}-abc"
    left.write_bytes(b"x")
    age(tmp_path, 7_200)
    cache.write("document", "a", {}, b"x")
    assert not left.exists()
    assert cache.read("document", "a")


def test_rule_2_entries_larger_than_the_cache_are_not_stored(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", max_bytes=100)
    cache.write("document", "a", {}, b"x" * 101)
    assert cache.read("document", "a") is None


def test_rule_2_oversized_cache_files_are_not_read(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.write("document", "a", {}, b"x" * 200)
    monkeypatch.setattr(cache_module, "_MAX_FILE_BYTES", 100)
    assert cache.read("document", "a") is None


def test_an_unwritable_cache_folder_is_logged_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
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
async def test_rfc_9111_4_3_1_cached_documents_are_revalidated(
    fetcher: Fetcher, service: Service, validators: dict[str, str], asked: dict[str, str]
) -> None:
    service.routes["/d"] = Reply(b"{}", headers=validators)
    url = f"{service.url}/d"
    assert await get(fetcher, url) == await get(fetcher, url) == b"{}"
    first, second = service.received
    assert (conditions(first), conditions(second)) == ({}, asked)


async def test_rfc_9110_15_4_5_a_304_returns_the_cached_body(fetcher: Fetcher, service: Service) -> None:
    service.routes["/d"] = Reply(b"kept", headers={"ETag": '"a"'})
    url = f"{service.url}/d"
    await get(fetcher, url)
    service.routes["/d"] = Reply(status=304, headers={"ETag": 'W/"a"'})
    found = await fetcher.fetch(url, "*/*")
    assert (found.body, found.url, found.stale) == (b"kept", url, "")
    kept = fetcher.cached(url)
    assert kept
    assert found.confirmed >= kept.confirmed


async def test_a_304_updates_the_time_of_confirmation(fetcher: Fetcher, service: Service, tmp_path: Path) -> None:
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


async def test_a_changed_document_replaces_the_cached_one(fetcher: Fetcher, service: Service) -> None:
    url = f"{service.url}/d"
    for body in (b"old", b"new"):
        service.routes["/d"] = Reply(body, headers={"ETag": f'"{body.decode()}"'})
        assert await get(fetcher, url) == body
    assert (kept := fetcher.cached(url))
    assert kept.body == b"new"
    await get(fetcher, url)
    assert conditions(service.received[-1]) == {"if-none-match": '"new"'}


async def test_rfc_9111_4_3_4_a_304_for_another_body_is_retried_unconditionally(
    fetcher: Fetcher, service: Service
) -> None:
    url = f"{service.url}/d"
    service.routes["/d"] = Reply(b"old", headers={"ETag": '"a"'})
    await get(fetcher, url)
    service.routes["/d"] = lambda got: (
        Reply(status=304, headers={"ETag": '"b"'}) if conditions(got) else Reply(b"new", headers={"ETag": '"b"'})
    )
    assert await get(fetcher, url) == b"new"


async def test_an_unsolicited_304_is_an_error(fetcher: Fetcher, service: Service) -> None:
    service.routes["/d"] = Reply(status=304)
    with pytest.raises(FetchError, match="HTTP 304"):
        await fetcher.fetch(f"{service.url}/d", "*/*")


async def test_validators_are_sent_only_to_the_url_of_the_body(fetcher: Fetcher, service: Service) -> None:
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


async def test_rfc_9110_12_5_5_validators_are_not_sent_with_another_accept(fetcher: Fetcher, service: Service) -> None:
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
async def test_rfc_5861_the_cached_copy_is_used_if_fetching_fails(
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


async def test_the_cached_copy_is_used_without_a_network(cache: Cache) -> None:
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
async def test_a_document_that_is_gone_is_removed_from_the_cache(
    fetcher: Fetcher, service: Service, status: int
) -> None:
    service.routes["/d"] = Reply(b"kept")
    url = f"{service.url}/d"
    await get(fetcher, url)
    service.routes["/d"] = Reply(status=status)
    with pytest.raises(GoneError, match=f"HTTP {status}"):
        await fetcher.fetch(url, "*/*")
    assert fetcher.cached(url) is None


async def test_an_unusable_document_does_not_replace_the_cached_one(fetcher: Fetcher, service: Service) -> None:
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


async def test_errors_of_parse_are_raised_without_a_cached_copy(fetcher: Fetcher, service: Service) -> None:
    service.routes["/d"] = Reply(b"<html>")
    with pytest.raises(ValueError, match="web page"):
        await get(fetcher, f"{service.url}/d")
    assert fetcher.cached(f"{service.url}/d") is None


async def test_offline_only_cached_documents_are_returned(fetcher: Fetcher, service: Service) -> None:
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


async def test_a_missing_document_that_now_exists_is_cached(fetcher: Fetcher, service: Service, tmp_path: Path) -> None:
    url = f"{service.url}/d"
    with pytest.raises(FetchError):
        await get(fetcher, url)
    service.routes["/d"] = Reply(b"d")
    await get(fetcher, url)
    assert await get(replace(fetcher, online=False), url) == b"d"
    assert [file.name.split("-")[0] for file in files(tmp_path)] == ["document"]


@pytest.mark.parametrize("directives", ["no-store", "private, No-Store , max-age=0"])
async def test_rfc_9111_5_2_2_5_no_store_is_respected(fetcher: Fetcher, service: Service, directives: str) -> None:
    url = f"{service.url}/d"
    service.routes["/d"] = Reply(b"old", headers={"ETag": '"a"'})
    await get(fetcher, url)
    service.routes["/d"] = Reply(b"new", headers={"ETag": '"b"', "Cache-Control": directives})
    assert await get(fetcher, url) == b"new"
    assert fetcher.cached(url) is None


async def test_rule_2_systems_do_not_share_cached_documents(fetcher: Fetcher, service: Service) -> None:
    service.routes["/d"] = Reply(b"d")
    await get(fetcher, f"{service.url}/d")
    other = Fetcher(fetcher.client, frozenset({"https://www.example.com"}), fetcher.cache)
    assert fetcher.cached(f"{service.url}/d")
    assert other.cached(f"{service.url}/d") is None


async def test_link_headers_are_cached(fetcher: Fetcher, service: Service) -> None:
    service.routes["/"] = Reply(headers={"Link": '</c>; rel="api-catalog"'})
    site = f"{service.url}/"
    assert (await fetcher.links(site)).body == b'</c>; rel="api-catalog"'
    offline = replace(fetcher, online=False)
    assert (await offline.links(site)).body == b'</c>; rel="api-catalog"'
    assert fetcher.cached(site) is None
    with pytest.raises(NotCachedError):
        await offline.links(f"{service.url}/other")


async def test_documents_older_than_max_age_are_not_returned(
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


def test_unpacking_reverses_packing() -> None:
    reading = read(content(), SOURCE)
    assert len(reading[0]) == 3
    assert len(reading[1]) == 1
    assert unpack(pack(*reading)) == reading


def test_a_shared_definition_is_packed_once() -> None:
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


def test_cached_readings_are_touched_when_used(cache: Cache, tmp_path: Path) -> None:
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
def test_the_key_depends_on_everything_that_affects_operations(member: dict[str, Any]) -> None:
    other = replace(SOURCE, **member)
    keys = {compiled_key(b"a", SOURCE), compiled_key(b"b", SOURCE), compiled_key(b"a", other)}
    assert len(keys) == 3
    assert compiled_key(b"a", replace(SOURCE)) in keys


def test_the_key_does_not_depend_on_the_order_of_origins() -> None:
    origins = [f"https://{i}.example" for i in range(50)]
    keys = {compiled_key(b"a", replace(SOURCE, origins=frozenset(one))) for one in (origins, origins[::-1])}
    assert len(keys) == 1


def test_another_version_of_the_program_parses_again(monkeypatch: pytest.MonkeyPatch) -> None:
    before = compiled_key(b"a", SOURCE)
    monkeypatch.setattr(compiled, "_program", lambda: "another")
    assert compiled_key(b"a", SOURCE) != before


@pytest.mark.parametrize("packed", [b"", b"[]", b"{}", b'{"shared":[],"operations":[{}],"problems":[]}', b"null"])
def test_a_reading_that_cannot_be_unpacked_is_parsed_again(cache: Cache, packed: bytes) -> None:
    cache.write("compiled", compiled_key(content(), SOURCE), {}, packed)
    assert load_compiled(content(), SOURCE, cache, read) == read(content(), SOURCE)
    assert (kept := cache.read("compiled", compiled_key(content(), SOURCE)))
    assert kept.body != packed


@pytest.mark.parametrize("subject", ["s", "half of a pair: \ud83d"])
def test_problems_are_packed_too(subject: str) -> None:
    problems = [Problem(subject, "r", "e", "/p")]
    assert unpack(pack([], problems)) == ([], problems)

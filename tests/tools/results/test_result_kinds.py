"""What an agent reads of the many kinds of answers that real services give."""

from __future__ import annotations

import gzip
import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closient_mcp.tools.errors import UpstreamError
from closient_mcp.tools.formats.charsets import decode
from closient_mcp.tools.formats.event_streams import read_events
from closient_mcp.tools.formats.html_text import visible_text
from closient_mcp.tools.formats.json_text import compact
from closient_mcp.tools.formats.sniffing import sniff
from closient_mcp.tools.http.messages import Response
from closient_mcp.tools.results import media, responses
from closient_mcp.tools.results.headers import redacted_url
from closient_mcp.tools.results.media import filename
from closient_mcp.tools.results.responses import read_response
from closient_mcp.tools.results.result import AudioBlock, ImageBlock, ResourceBlock, Result

from ...fakes.images import GIF, JPEG, WEBP, png

PNG = png(4, 5)
SIZE = len(PNG)
WAV = b"RIFF\x24\0\0\0WAVEfmt "


def read(body: bytes | str, content_type: str = "", **members: Any) -> Result:
    content = body if isinstance(body, bytes) else body.encode()
    headers = {"content-type": content_type, **members.pop("headers", {})}
    return read_response(Response(200, headers, content, "https://h.example/a?key=hidden", **members), "acme")


# JSON


@pytest.mark.parametrize("prefix", [")]}'\n", ")]}',\n", "for(;;);", "while(1);"])
def test_what_keeps_json_from_being_a_script_is_removed(prefix: str) -> None:
    assert read(f'{prefix}{{"a":1}}', "application/json").text == '{"a":1}'
    assert read(f'{prefix}{{"a":1}}', "text/plain").text == f'{prefix}{{"a":1}}'


@pytest.mark.parametrize(
    "written",
    [
        "12345678901234567890",
        "1.10",
        "0.1000000000000000055511151231257827",
        "-0.0",
        "1E4",
        '{"a":1,"a":2}',
        '{"price":10.00,"id":9007199254740993}',
        '"\\\\ and \\" stay"',
        '["größe","日本"]',
    ],
)
def test_json_reaches_the_model_as_it_was_written(written: str) -> None:
    assert read(written, "application/json").text == written


def test_spaces_of_json_are_omitted_except_in_strings() -> None:
    assert read('{ "a b" :\n\t[ 1 , "c  d" ]\r\n}', "application/json").text == '{"a b":[1,"c  d"]}'


def test_escapes_become_the_characters_that_they_mean() -> None:
    assert read(r'{"gr\u00f6\u00dfe":"\u65e5\/\n"}', "application/json").text == '{"größe":"日/\\n"}'


def test_rule_2_escaped_hidden_characters_are_removed() -> None:
    assert read(r'{"a\u202e":"b\u200b\ud800c","d\u0000":1}', "application/json").text == '{"a":"bc","d":1}'


_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(_JSON, st.booleans(), st.sampled_from([None, 2]))
def test_compact_json_means_what_it_meant(value: Any, ascii_only: bool, indent: int | None) -> None:
    from closient_mcp.tools.formats.text import clean_value

    written = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    assert json.loads(compact(written)) == clean_value(json.loads(written))


@pytest.mark.parametrize("width", ["8-sig", "16", "16-le", "16-be", "32", "32-le", "32-be"])
def test_json_is_read_in_every_encoding_that_it_may_have(width: str) -> None:
    assert read('{"größe":1}'.encode(f"utf-{width}"), "application/json").text == '{"größe":1}'


@pytest.mark.parametrize("body", ['{"größe":1}', '{"a":"é"}'])
def test_json_that_is_not_utf_8_is_read_as_latin_1(body: str) -> None:
    assert read(body.encode("latin-1"), "application/json").text == body


def test_json_declared_as_latin_1_is_read() -> None:
    assert read('{"größe":1}'.encode("latin-1"), "application/json; charset=ISO-8859-1").text == '{"größe":1}'


@pytest.mark.parametrize("content_type", ["text/html", "application/octet-stream", "text/plain; charset=utf-8", ""])
def test_json_of_another_type_is_read_as_json_all_the_same(content_type: str) -> None:
    assert read('{ "a": 1 }', content_type).text == '{"a":1}'


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-ndjson", '{"a": 1.10}\n{"b": 2}\n'),
        ("application/jsonl", '{"a": 1.10}\r\n\r\n{"b": 2}'),
        ("application/json-seq", '\x1e{"a":1.10}\n\x1e{"b":2}\n'),
        ("application/json", '{"a":1.10}\n{"b":2}'),
    ],
)
def test_lines_of_json_become_a_list(content_type: str, body: str) -> None:
    result = read(body, content_type)
    assert result.text == '[{"a":1.10},{"b":2}]'
    assert "2 lines of JSON" in result.note


def test_of_lines_that_were_cut_the_last_is_left_out() -> None:
    result = read('{"a":1}\n{"b":', "application/x-ndjson", cut=True)
    assert result.text == '[{"a":1}]'
    assert "not ended when reading stopped" in result.note


def test_lines_that_are_not_json_are_returned_as_text() -> None:
    result = read('{"a":1}\nnot json\n{"b":2}', "application/x-ndjson")
    assert result.text == '{"a":1}\nnot json\n{"b":2}'
    assert "line 2 is not JSON" in result.note


@pytest.mark.parametrize("body", ["NaN", '{"a":NaN}', "[1e999]", '{"a":', "9" * 5000])
def test_invalid_json_is_returned_as_text(body: str) -> None:
    result = read(body, "application/json")
    assert result.text == body
    assert "declared as JSON, but the body is" in result.note


# Text


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("größe €".encode("cp1252"), "text/plain; charset=windows-1252"),
        ("größe €".encode("cp1252"), "text/plain; charset=iso-8859-1"),
        ("größe €".encode("cp1252"), "text/plain"),
        ("größe €".encode("cp1252"), 'text/plain; charset="no-such-charset"'),
        ("größe €".encode(), "text/plain"),
        ("größe €".encode("utf-8-sig"), "text/plain; charset=latin-1"),
        ("größe €".encode("utf-16"), "text/plain"),
        ("größe €".encode(), "text/plain; charset=utf-16"),
        ("größe €".encode(), "text/plain; charset=punycode"),
        ("größe €".encode(), "text/plain; charset=hex"),
    ],
)
def test_text_is_read_in_the_charset_that_it_has(body: bytes, content_type: str) -> None:
    assert read(body, content_type).text == "größe €"


@pytest.mark.parametrize(
    ("text", "charset", "content_type"),
    [
        ('<?xml version="1.0" encoding="Shift_JIS"?><a>日本</a>', "shift_jis", "application/xml"),
        ('<p><meta charset="koi8-r">привет</p>', "koi8-r", "text/html"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=big5">中文', "big5", "text/html"),
        ("日本", "euc-jp", "text/csv; charset=EUC-JP"),
    ],
)
def test_a_charset_that_the_text_names_itself_is_used(text: str, charset: str, content_type: str) -> None:
    assert read(text.encode(charset), content_type).text == text


@pytest.mark.parametrize("charset", ["punycode", "unicode-escape", "raw-unicode-escape", "utf-7", "idna"])
def test_rule_2_codecs_that_are_no_charsets_are_not_used(charset: str) -> None:
    written = r"gr-1ca \u0041 +AEE-"
    assert read(written, f"text/plain; charset={charset}").text == written


def test_text_that_was_cut_inside_a_character_stays_utf_8() -> None:
    assert read("größe".encode() + b"\xc3", "text/plain", cut=True).text == "größe\ufffd"


@given(st.binary(max_size=200), st.text(max_size=60))
def test_no_body_breaks_the_decoding(body: bytes, content_type: str) -> None:
    assert isinstance(decode(body, content_type), str)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("a;b\n1;2\n", "text/csv"),
        ("<a><b>1</b></a>", "application/xml"),
        ('<svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml"),
        ("a: 1\n", "application/yaml"),
        ("<p>a <b>fragment</b></p>", "text/html"),
    ],
)
def test_other_text_is_returned_with_its_media_type(body: str, content_type: str) -> None:
    result = read(body, content_type)
    assert result.text == body
    assert result.blocks == ()
    assert f"; {content_type}" in result.note


def test_a_web_page_is_returned_as_its_visible_text() -> None:
    page = (
        "<!DOCTYPE html><html><head><title>Shop &amp; more</title><style>p{}</style>"
        '<script>if (a < b) "</p>"</script></head><body><!-- <p>no</p> --><h1>Hello</h1>\n\n'
        "<p>1 &lt; 2,<br>a <b>bold</b> word</p><ul><li>one<li>two</ul></body></html>"
    )
    result = read(page, "text/html")
    assert result.text == "Hello\n1 < 2,\na bold word\none\ntwo"
    assert "text of a web page (HTML): Shop & more" in result.note


def test_a_web_page_declared_as_json_is_reported() -> None:
    result = read("<html><body>Please sign in</body></html>", "application/json")
    assert result.text == "Please sign in"
    assert "declared as JSON, but the body is not JSON" in result.note
    assert "web page" in result.note


@pytest.mark.parametrize(
    "start", ['<?xml version="1.0"?>\n<!DOCTYPE html>', "<!-- hello -->\n<HTML>", "\n<html lang=de>"]
)
def test_a_web_page_is_known_by_its_beginning(start: str) -> None:
    assert "a web page" in read(f"{start}<p>x</p>", "application/xhtml+xml").note


def test_rule_2_a_long_web_page_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(responses, "_MAX_PAGE", 12)
    result = read("<html><p>words and words</p></html>", "text/html")
    assert result.text == "wor"
    assert "up to character 12" in result.note


def test_an_end_without_a_beginning_hides_nothing() -> None:
    assert visible_text("<html>a</style>b</script>c") == "a\nb\nc"


def test_the_source_of_a_web_page_as_plain_text_is_given_as_it_is() -> None:
    assert read("<html><b>x</b></html>", "text/plain").text == "<html><b>x</b></html>"


def test_cut_json_is_not_reported_as_invalid() -> None:
    note = read('{"a":', "application/json", cut=True).note
    assert "claims" not in note
    assert "only the first 5 bytes were read" in note


@pytest.mark.parametrize("piece", ["<", "<!--", "<script>", "<a", "</", "<title", "&amp", "<style><"])
def test_rule_2_a_web_page_of_nothing_but_beginnings_is_read(piece: str) -> None:
    assert len(visible_text(piece * 50_000)) <= len(piece) * 50_000


# Pictures, sound, other bytes


@pytest.mark.parametrize("content_type", ["image/png", "application/octet-stream", "", "image/jpeg", "text/html"])
def test_an_image_is_returned_as_an_image_whatever_its_media_type(content_type: str) -> None:
    result = read(PNG, content_type)
    assert result.blocks == (ImageBlock(PNG, "image/png"),)
    assert result.text == f"{SIZE} bytes of image/png, 4 x 5 pixels."


def test_a_damaged_image_is_described_and_not_sent() -> None:
    result = read(PNG[:-20], "image/png")
    assert result.blocks == ()
    assert "because the image is damaged: it ends too early" in result.text
    assert result.text.endswith("https://h.example/a")


def test_an_image_of_more_pixels_than_models_read_is_described() -> None:
    result = read(png(9_000, 100), "image/png")
    assert result.blocks == ()
    assert "9000 x 100 pixels. It is not shown because models read at most 8000 pixels a side" in result.text


@pytest.mark.parametrize(
    ("body", "media_type"),
    [(JPEG, "image/jpeg"), (GIF, "image/gif"), (WEBP, "image/webp")],
)
def test_images_are_recognized_by_their_first_bytes(body: bytes, media_type: str) -> None:
    assert read(body, "application/octet-stream").blocks == (ImageBlock(body, media_type),)


@pytest.mark.parametrize(
    ("body", "content_type", "media_type"),
    [
        (WAV, "audio/x-wav", "audio/wav"),
        (b"ID3\x04\0\0", "", "audio/mpeg"),
        (b"\xff\xfb\x90\0", "application/octet-stream", "audio/mpeg"),
        (b"OggS\0\2", "audio/ogg", "audio/ogg"),
        (b"fLaC\0", "", "audio/flac"),
        (b"\0\1\2", "audio/amr", "audio/amr"),
    ],
)
def test_audio_is_returned_as_audio(body: bytes, content_type: str, media_type: str) -> None:
    assert read(body, content_type).blocks == (AudioBlock(body, media_type),)


@pytest.mark.parametrize(
    ("body", "content_type", "media_type"),
    [
        (b"%PDF-1.7\n\xff", "application/octet-stream", "application/pdf"),
        (b"%PDF-1.7\n", "text/plain", "application/pdf"),
        (b"PK\x03\x04\0", "application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.text"),
        (b"PK\x03\x04\0", "application/json", "application/zip"),
        (b"\x1f\x8b\x08\0", "", "application/gzip"),
        (b"\0\1\2", "", "application/octet-stream"),
        (b"\0\0\0 ftypavif", "image/avif", "image/avif"),
        (b"OggS\0", "video/ogg", "video/ogg"),
    ],
)
def test_other_bytes_are_a_resource_with_a_uri(body: bytes, content_type: str, media_type: str) -> None:
    (block,) = read(body, content_type).blocks
    digest = hashlib.sha256(body).hexdigest()[:16]
    assert block == ResourceBlock(f"closient-mcp://acme/{digest}/content", body, media_type)


@pytest.mark.parametrize("body", ["plain words", "größe"])
def test_text_of_a_vague_type_is_text(body: str) -> None:
    assert read(body, "application/octet-stream").text == body


def test_bytes_that_are_not_utf_8_are_not_text() -> None:
    assert sniff(b"\x80\x81\x82 abc, and so on", "application/octet-stream")[0] == "binary"


def test_an_image_with_a_charset_is_not_text() -> None:
    assert sniff(b"\0\1\2\xff", "image/tiff; charset=utf-8") == ("binary", "image/tiff")


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('attachment; filename="bill 7.pdf"', "bill 7.pdf"),
        ("attachment; filename=bill.pdf", "bill.pdf"),
        ("attachment; filename=\"x.pdf\"; filename*=UTF-8''gr%C3%B6%C3%9Fe.pdf", "größe.pdf"),
        ("attachment; filename*=no-such''a%20b", "a b"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ('attachment; filename="C:\\\\a\\\\b.txt"', "b.txt"),
        ('attachment; filename="a\u202eb"', "ab"),
        ("inline", ""),
        ("", ""),
    ],
)
def test_the_name_of_a_file_is_read_without_folders(disposition: str, name: str) -> None:
    assert filename(disposition) == name


def test_rule_2_too_many_bytes_are_described(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "MAX_BYTES", 20)
    result = read(PNG, "image/png", headers={"content-disposition": "attachment; filename=a.png"})
    assert result.blocks == ()
    digest = hashlib.sha256(PNG).hexdigest()
    assert result.text.startswith(
        f"{SIZE} bytes of image/png, named a.png (SHA-256 {digest}). This exceeds the limit of 20 bytes"
    )
    assert result.text.endswith("https://h.example/a")


@pytest.mark.parametrize(
    ("headers", "text"),
    [
        ({"content-length": "999"}, "999 bytes of image/png"),
        ({}, "more than {size} bytes of image/png"),
        ({"content-length": "999", "content-encoding": "gzip"}, "more than {size} bytes of image/png"),
        ({"content-length": "5"}, "more than {size} bytes of image/png"),
        ({"content-length": "x"}, "more than {size} bytes of image/png"),
    ],
)
def test_incomplete_bytes_are_never_returned(headers: dict[str, str], text: str) -> None:
    result = read(PNG, "image/png", headers=headers, cut=True)
    assert result.blocks == ()
    assert result.text.startswith(f"{text.format(size=SIZE)}. This exceeds")


def test_rule_1_bytes_with_a_secret_are_omitted() -> None:
    blocks = (ResourceBlock("closient-mcp://acme/1/hidden.bin", b"\0ok", "a/b"), ImageBlock(b"\0hidden", "image/png"))
    result = Result("hidden text", {"k": "hidden"}, "[hidden]", blocks).redacted(
        lambda text: text.replace("hidden", "***")
    )
    assert result.blocks == (ResourceBlock("closient-mcp://acme/1/***.bin", b"\0ok", "a/b"),)
    assert (result.text, result.structured) == ("*** text", {"k": "***"})
    assert result.note == "[A part that holds a secret was left out.] [***]"


# Nothing, streams, several parts


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (200, "Done: HTTP 200, no content."),
        (204, "Done: HTTP 204, no content."),
        (205, "Done: HTTP 205, no content."),
        (304, "Done: HTTP 304 (not modified), no content."),
    ],
)
def test_a_response_without_content_is_reported(status: int, text: str) -> None:
    for body in (b"", b"\r\n"):
        response = Response(status, {"content-type": "application/json"}, body, "https://h.example/a")
        assert read_response(response, "acme").text == text


@pytest.mark.parametrize("status", [101, 103])
def test_an_answer_that_is_none_yet_is_an_error(status: int) -> None:
    with pytest.raises(UpstreamError, match=f"HTTP {status}"):
        read_response(Response(status, {}, b"", "https://h.example/a"), "acme")


def test_a_choice_of_urls_without_a_location_is_shown() -> None:
    response = Response(300, {"content-type": "application/json"}, b'["/a","/b"]', "https://h.example/a")
    assert read_response(response, "acme").text == '["/a","/b"]'


def test_a_stream_of_events_becomes_a_list() -> None:
    stream = (
        "\ufeff: a comment\n\n"
        'data: {"n": 1.10}\n\n'
        "event: done\r\nid: 7\r\ndata: two\r\ndata:  lines\r\n\r\n"
        "retry: 5\n\ndata: 3\n\n"
        "data: cut off"
    )
    result = read(stream, "text/event-stream; charset=utf-8", cut=True)
    assert result.text == '[{"n":1.10},{"event":"done","id":"7","data":"two\\n lines"},3]'
    assert "3 events of a stream, not ended" in result.note
    assert "not ended when reading stopped" not in read(stream, "text/event-stream").note


def test_rule_2_very_many_events_are_cut() -> None:
    assert read_events("data: 1\n\n" * 2_000)[1] == 1_000


def test_a_multipart_response_is_returned_part_by_part() -> None:
    body = (
        b"preamble\r\n--b 1\r\nContent-Type: application/json\r\nContent-ID: <1>\r\n\r\n"
        b'{"a": 1.10}\r\n--b 1\r\n\r\nwords\r\n--b 1\r\n'
        b'Content-Type: image/png\r\nContent-Disposition: attachment;\r\n filename="a.png"\r\n\r\n'
        + PNG
        + b"\r\n--b 1--\r\nx"
    )
    result = read(body, 'multipart/mixed; boundary="b 1"')
    assert json.loads(result.text) == [
        {"content_type": "application/json", "content-id": "<1>", "json": {"a": 1.10}},
        {"content_type": "text/plain", "text": "words"},
        {
            "content_type": "image/png",
            "content-disposition": 'attachment; filename="a.png"',
            "bytes": len(PNG),
            "sha256": hashlib.sha256(PNG).hexdigest(),
        },
    ]
    assert '"json":{"a":1.10}' in result.text
    assert "3 parts of multipart/mixed" in result.note


def test_a_multipart_response_without_a_boundary_has_no_parts() -> None:
    assert read(b"--b\r\n\r\nwords\r\n--b--", "multipart/mixed").text == "[]"


_TYPES = ["multipart/mixed; boundary=b", "text/event-stream", "application/jsonl", "text/html", "image/png",
          "application/json", "application/xml", ""]  # fmt: skip


@given(st.binary(max_size=300), st.sampled_from(_TYPES))
def test_no_answer_breaks_the_reading(body: bytes, content_type: str) -> None:
    assert read(body, content_type).note
    assert read(b"--b\r\n" + body, content_type).note


# Headers


def test_headers_that_help_to_go_on_are_in_the_note() -> None:
    headers = {
        "link": '<https://h.example/a?page=9&api_key=k>; rel="last", </a?page=2&access_token=t>; rel=next; title="x"',
        "etag": '"v1"',
        "last-modified": "Mon, 01 Jan 2026 00:00:00 GMT",
        "x-total-count": "81",
        "content-range": "items 0-9/81",
        "x-next-page": "2",
        "ratelimit-remaining": "5",
        "content-location": "/a/1?sig=s",
        "set-cookie": "session=1",
        "server": "x",
    }
    note = read("{}", "application/json", headers=headers).note
    for expected in (
        'link: </a?page=2&access_token=[hidden]>; rel="next"; link: <https://h.example/a?page=9&api_key=[hidden]>',
        'etag: "v1"',
        "last-modified: Mon, 01 Jan 2026",
        "x-total-count: 81",
        "content-range: items 0-9/81",
        "x-next-page: 2",
        "ratelimit-remaining: 5",
        "content-location: /a/1?sig=[hidden]",
    ):
        assert expected in note
    assert "session" not in note
    assert "server" not in note


def test_rule_2_headers_are_shown_up_to_a_length() -> None:
    links = ", ".join(f'</{number}?{"x" * 490}>; rel="{"r" * 80}"' for number in range(100))
    note = read("{}", headers={"link": links, "etag": "e" * 9_000, "location": "/" + "l" * 9_000}).note
    assert len(note) < 3_500


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("/a?page_token=p&q=1", "/a?page_token=p&q=1"),
        ("/a?nextPageToken=p", "/a?nextPageToken=p"),
        ("/a?$skiptoken=p&start_key=k", "/a?$skiptoken=p&start_key=k"),
        ("/a?token=t", "/a?token=[hidden]"),
        (
            "/a?X-Amz-Signature=s&X-Amz-Security-Token=t&X-Amz-Date=d",
            "/a?X-Amz-Signature=[hidden]&X-Amz-Security-Token=[hidden]&X-Amz-Date=d",
        ),
        ("/a?client%5Fsecret=s", "/a?client%5Fsecret=[hidden]"),
        ("https://u:p@h.example/a", "https://h.example/a"),
        ("/a#access_token=t", "/a#access_token=[hidden]"),
        ("http://[h/", "an invalid URL"),
        ("/a?q=x\u202ey", "/a?q=xy"),
    ],
)
def test_rule_1_urls_are_shown_without_secrets(url: str, shown: str) -> None:
    assert redacted_url(url) == shown


# Errors that come as a success


def graphql(body: Any, path: str = "/graphql", content_type: str = "application/json") -> Result:
    response = Response(200, {"content-type": content_type}, json.dumps(body).encode(), f"https://h.example{path}")
    return read_response(response, "acme")


@pytest.mark.parametrize("data", [{}, {"data": None}, {"data": {"a": None}}])
def test_graphql_that_gives_errors_only_is_an_error(data: Any) -> None:
    with pytest.raises(UpstreamError, match="acme answered with an error: a: no such field") as caught:
        graphql({**data, "errors": [{"message": "no such field", "path": ["a"]}]})
    assert caught.value.details["status"] == 200


@pytest.mark.parametrize(
    ("path", "content_type"),
    [("/graphql", "application/json"), ("/query", "application/graphql-response+json; charset=utf-8")],
)
def test_partial_graphql_data_comes_with_its_errors(path: str, content_type: str) -> None:
    body = {"data": {"a": 1, "b": None}, "errors": [{"message": "no b", "path": ["b"]}]}
    result = graphql(body, path, content_type)
    assert result.note.startswith("[PARTIAL: b: no b.]")
    assert '"a":1' in result.text


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"data": None, "errors": [{"message": "x"}]}, "/imports/1"),
        ({"data": None, "errors": [], "extensions": {}}, "/graphql"),
        ({"errors": ["x"]}, "/graphql"),
        ({"errors": [{"message": "x"}], "id": 1}, "/graphql"),
    ],
)
def test_errors_that_may_be_data_stay_data(body: Any, path: str) -> None:
    assert json.loads(graphql(body, path).text) == body


def test_a_body_that_is_compressed_itself_is_a_resource() -> None:
    (block,) = read(gzip.compress(b"x"), "application/gzip").blocks
    assert block.media_type == "application/gzip"

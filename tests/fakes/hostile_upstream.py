"""An upstream on loopback that breaks HTTP: each request gets the fault that a segment of its path names.

`HASTY` faults end by themselves or by a limit on size; `ENDLESS` ones only when the client hangs up.
"""

from __future__ import annotations

import gzip
import json
import socket
import struct
import threading
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, partial
from itertools import count, repeat
from typing import TypeAlias

from .limits import SECONDS

# What is sent, part by part; None waits a moment.
Fault: TypeAlias = Callable[[str], Iterable[bytes | None]]

_OK = b"HTTP/1.1 200 OK\r\n"
_JSON = _OK + b"content-type: application/json\r\n"
_CHUNKED = _JSON + b"transfer-encoding: chunked\r\n\r\n"
_TRUE = b'{"ok": true}'
_BOMB_BYTES = 200 * 2**20
_MOMENT = 0.1


def _whole(body: bytes, headers: bytes = b"", head: bytes = _JSON) -> bytes:
    return head + headers + b"content-length: %d\r\n\r\n%b" % (len(body), body)


def _moved(location: str, status: int = 302) -> bytes:
    return f"HTTP/1.1 {status} Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n".encode("latin-1")


@cache
def _bomb(layers: int, bits: int) -> bytes:
    """Zeros, compressed several times; `bits` as for zlib: gzip, zlib or raw."""
    packer = zlib.compressobj(9, zlib.DEFLATED, bits)
    body = b"".join(packer.compress(bytes(2**20)) for _ in range(_BOMB_BYTES // 2**20)) + packer.flush()
    for _ in range(layers - 1):
        body = gzip.compress(body)
    return body


def _bombed(encoding: bytes, layers: int, bits: int, _: str) -> list[bytes]:
    return [_whole(_bomb(layers, bits), b"content-encoding: %b\r\n" % encoding)]


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _endless_gzip(_: str) -> Iterator[bytes]:
    """A stream whose blocks are all empty: there is never anything to read."""
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    yield _CHUNKED.replace(b"\r\n\r\n", b"\r\ncontent-encoding: gzip\r\n\r\n") + _chunk(packer.compress(b""))
    block = _chunk(b"\x00\x00\x00\xff\xff" * 1000)
    yield from repeat(block)


def _dripped(data: bytes, _: str) -> Iterator[bytes | None]:
    for byte in data:
        yield bytes([byte])
        yield None


def _always(answer: bytes) -> Fault:
    return lambda _: [answer]


def _named(body: bytes, kind: bytes) -> bytes:
    return _whole(body, b"content-type: %b\r\n" % kind, _OK)


HASTY: dict[str, Fault] = {
    "no-answer": lambda _: [],
    "broken-off-head": _always(_OK + b"content-ty"),
    "short-body": _always(_JSON + b"content-length: 1000\r\n\r\n{"),
    "long-body": _always(_JSON + b"content-length: 12\r\n\r\n" + _TRUE + b"x" * 100_000),
    "negative-length": _always(_JSON + b"content-length: -1\r\n\r\n" + _TRUE),
    "two-lengths": _always(_JSON + b"content-length: 12\r\ncontent-length: 5\r\n\r\n" + _TRUE),
    "length-in-words": _always(_JSON + b"content-length: twelve\r\n\r\n" + _TRUE),
    "huge-length": _always(_JSON + b"content-length: 99999999999999999999\r\n\r\n" + _TRUE),
    "length-and-chunks": _always(_CHUNKED.replace(b"\r\n\r\n", b"\r\ncontent-length: 3\r\n\r\n") + _chunk(_TRUE)),
    "bad-chunk": _always(_CHUNKED + b"zz\r\n" + _TRUE),
    "huge-chunk": _always(_CHUNKED + b"F" * 40 + b"\r\n" + _TRUE),
    "unfinished-chunks": _always(_CHUNKED + _chunk(_TRUE)),
    "unknown-transfer-encoding": _always(_JSON + b"transfer-encoding: rot13\r\n\r\n" + _TRUE),
    "gzip-bomb": partial(_bombed, b"gzip", 1, zlib.MAX_WBITS | 16),
    "deflate-bomb": partial(_bombed, b"deflate", 1, zlib.MAX_WBITS),
    "raw-deflate-bomb": partial(_bombed, b"deflate", 1, -zlib.MAX_WBITS),
    "nested-bomb": partial(_bombed, b"gzip, gzip, gzip", 3, zlib.MAX_WBITS | 16),
    "many-encodings": _always(_whole(_TRUE, b"content-encoding: " + b"gzip, " * 1000 + b"gzip\r\n")),
    "no-gzip": _always(_whole(_TRUE, b"content-encoding: gzip\r\n")),
    "cut-gzip": _always(_whole(gzip.compress(_TRUE * 1000)[:-20], b"content-encoding: gzip\r\n")),
    "unsupported-encoding": _always(_whole(b"\x1b\x00\x80", b"content-encoding: br, zstd, compress\r\n")),
    "header-of-1-mb": _always(_whole(_TRUE, b"x-long: " + b"a" * 2**20 + b"\r\n")),
    "many-headers": _always(_whole(_TRUE, b"".join(b"x-%d: a\r\n" % i for i in range(10_000)))),
    "header-without-colon": _always(_JSON + b"nonsense\r\n\r\n" + _TRUE),
    "control-bytes-in-header": _always(_whole(_TRUE, b"x-odd: \x1b[31m\x00\x07\r\n")),
    "bytes-in-headers": _always(_whole(_TRUE, b"x-odd: \xff\xfe\xe2\x80\xae\r\nlink: <\xff>; rel=next\r\n")),
    "long-cookie": _always(_whole(_TRUE, b"set-cookie: a=b; expires=" + b"1-" * 20_000 + b"\r\n")),
    "long-link": _always(_whole(_TRUE, b"link: " + b"<a>; rel=" * 5_000 + b"\r\nlink: <" + b';="' * 9_000 + b"\r\n")),
    "long-challenge": _always(
        b"HTTP/1.1 401 No\r\nwww-authenticate: " + b'Bearer a="' * 4_000 + b"\r\ncontent-length: 0\r\n\r\n"
    ),
    "bad-retry-after": _always(
        b"HTTP/1.1 503 Busy\r\nretry-after: -1e999\r\nx-ratelimit-reset: nan\r\ncontent-length: 0\r\n\r\n"
    ),
    "retry-after-a-year": _always(b"HTTP/1.1 429 Busy\r\nretry-after: 31536000\r\ncontent-length: 0\r\n\r\n"),
    "redirect-loop": lambda path: [_moved(path)],
    "growing-redirects": lambda path: [_moved(f"{path}/{path.strip('/')}", 307)],
    "redirect-to-a-file": _always(_moved("file:///etc/passwd")),
    "redirect-to-no-url": _always(_moved("http://[::1")),
    "redirect-to-control-bytes": _always(_moved("/a\x01\xff%")),
    "redirect-to-metadata": _always(_moved("http://169.254.169.254/latest/meta-data/")),
    "status-of-words": _always(b"HTTP/1.1 fine OK\r\n\r\n"),
    "unknown-status": _always(b"HTTP/1.1 999 " + b"x" * 10_000 + b"\r\ncontent-length: 0\r\n\r\n"),
    "switched-protocol": _always(b"HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n" + _TRUE),
    "no-content-with-a-body": _always(b"HTTP/1.1 204 None\r\ncontent-length: 12\r\n\r\n" + _TRUE),
    "many-early-hints": _always(b"HTTP/1.1 103 Early\r\nlink: </a>\r\n\r\n" * 10_000 + _whole(_TRUE)),
    "http-0.9": _always(_TRUE),
    "http-2": _always(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + bytes(18)),
    "tls": _always(b"\x15\x03\x01\x00\x02\x02\x46"),
    "binary": _always(bytes(range(256)) * 4),
    "trailing-garbage": _always(_whole(_TRUE) + b"HTTP/1.1 200 OK\r\n\r\nanother answer\x00\xff" * 100),
    "unknown-charset": _always(_named(_TRUE, b"application/json; charset=no-such-charset")),
    "wrong-charset": _always(_named(_TRUE + b" ", b"text/plain; charset=utf-16")),
    "codec-as-charset": _always(_named(b"\xffxn--" + b"a" * 5_000, b"text/plain; charset=punycode")),
    "charset-of-bytes": _always(_named(b"\xff\xfe\x00\xd8", b"text/html; charset=\xff\x00")),
    "no-utf-8": _always(_named(b'{"a": "\xff\xed\xa0\x80"}', b"application/json")),
    "deep-json": _always(_named(b'{"a":' * 100_000 + b"1" + b"}" * 100_000, b"application/json")),
    "deep-lists": _always(_named(b"[" * 100_000 + b"]" * 100_000, b"application/json")),
    "endless-number": _always(_named(b'{"expires_in": ' + b"9" * 100_000 + b"}", b"application/json")),
    "no-number": _always(_named(b'{"a": NaN, "expires_in": -Infinity}', b"application/json")),
    "half-a-pair": _always(_named(rb'{"a": "\ud800", "access_token": "\udfff"}', b"application/json")),
    "terminal-codes": _always(
        _named(json.dumps({"error": "\x1b]0;x\x07\u202e", "detail": "\x1b[2J"}).encode(), b"application/json")
    ),
}  # fmt: skip
ENDLESS: dict[str, Fault] = {
    "silence": lambda _: repeat(None),
    "dripped-head": partial(_dripped, _JSON * 1000),
    "dripped-body": partial(_dripped, _JSON + b"content-length: 9999\r\n\r\n" + b" " * 9999),
    "dripped-chunks": lambda path: _dripped(_CHUNKED + _chunk(b" ") * 9999, path),
    "endless-head": lambda _: (b"x-%d: %b\r\n" % (i, b"a" * 1000) if i else _OK for i in count()),
    "endless-status-line": lambda _: (b"a" * 4096 if i else b"HTTP/1.1 200 " for i in count()),
    "endless-chunks": lambda _: (_chunk(b" " * 65_536) if i else _CHUNKED for i in count()),
    "endless-small-chunks": lambda _: (_chunk(b" ") * 4096 if i else _CHUNKED for i in count()),
    "endless-chunk-extension": lambda _: (b"a" * 4096 if i else _CHUNKED + b"5;" for i in count()),
    "endless-trailers": lambda _: (b"x-%d: a\r\n" % i if i else _CHUNKED + b"0\r\n" for i in count()),
    "endless-early-hints": lambda _: repeat(b"HTTP/1.1 103 Early\r\n\r\n" * 100),
    "endless-gzip": _endless_gzip,
    "endless-events": lambda _: (
        b"data: x\n\n" * 1000 if i else _OK + b"content-type: text/event-stream\r\n\r\n" for i in count()
    ),
}


class HostileUpstream:
    """Its `url`, and the paths that were asked for."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._over = threading.Event()
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.paths: list[str] = []

    def serve(self) -> None:
        """Answer each connection in a thread of its own until `end`."""
        while not self._over.is_set():
            connection, _ = self._listener.accept()
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def end(self) -> None:
        """End all answers."""
        self._over.set()
        socket.create_connection(self._listener.getsockname()).close()

    def _answer(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            if not (path := _read_request(connection)):
                return
            self.paths.append(path)
            name = next((part for part in path.split("/") if part in HASTY or part in ENDLESS), "no-answer")
            for data in (HASTY | ENDLESS).get(name, HASTY["no-answer"])(path):
                if data is None:
                    self._over.wait(_MOMENT)
                else:
                    connection.sendall(data)
                if self._over.is_set():
                    return
            if name == "no-answer":
                # A reset instead of an end.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _read_request(connection: socket.socket) -> str:
    """Read a request with its body, and return its path; none at the end."""
    connection.settimeout(SECONDS)
    with connection.makefile("rb") as stream:
        line = stream.readline()
        path = line.split(b" ")[1].decode("latin-1").partition("?")[0] if line else ""
        length = 0
        while line := stream.readline().strip().lower():
            name, _, value = line.partition(b":")
            length = int(value) if name == b"content-length" else length
        stream.read(length)
    return path


@contextmanager
def hostile_upstream() -> Generator[HostileUpstream]:
    """Such an upstream on a port of its own."""
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
        upstream = HostileUpstream(listener)
        thread = threading.Thread(target=upstream.serve, daemon=True)
        thread.start()
        try:
            yield upstream
        finally:
            upstream.end()
            thread.join(SECONDS)

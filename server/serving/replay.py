"""Answers a host's first requests as the SDK did last time, while the SDK is being imported.

A host waits for the answers to `initialize`, `server/discover` and `tools/list`, and importing the SDK is most of that
time. So this module, which imports nothing of it, reads the first lines. As long as they are those of an earlier
connection, but for the ids, each request is answered as the SDK answered it then, if nothing has changed on which that
could depend: `state_of`, and the local files that were read then. The SDK gets the request too, under an id of ours:
its answer is compared, and recorded for the next start. If its list of tools differs, the client is notified that the
list changed. The first request that cannot be answered here, and all after it, are the SDK's.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeGuard, cast

from ...tools.http.local_files import is_unchanged
from ..settings.folders import home_folder
from .descriptors import lines_of, write_all

FORMAT = 2
MAX_BYTES = 4 * 1024 * 1024
_METHODS = ("initialize", "server/discover", "tools/list")
_MOST_ANSWERS = 8
# While the SDK is imported, the reading thread would else wait 5 ms for each turn.
_SWITCH_SECONDS = 0.0005
_SECRET = re.compile(r"KEY|PASSWORD|SECRET|TOKEN")
_OUR_FOLDERS = ("auth", "server", "tools")


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request that the SDK has: its method, the digest of the lines up to it, and the answer that the client has."""

    method: str
    digest: str
    replayed: bytes | None = None


class Replay:
    """The first lines of one connection; `path` holds the answers of an earlier process that began in `state`."""

    def __init__(self, path: Path, state: str, source: int, target: int) -> None:
        self._path, self._state, self._target = path, state, target
        self._source = lines_of(source)
        self._files, self._answers = read_answers(path, state)
        self._new: dict[str, bytes] = {}
        self._lines = SimpleQueue[bytes | None]()
        self._asked: dict[str | int, _Asked] = {}
        self._ids = set[str | int]()
        self._digest = ""  # of all lines so far
        self._answering = threading.Lock()
        self._may_answer = self._may_record = True
        self.list_changed = False

    def start(self) -> None:
        """Read in a thread from now on."""
        sys.setswitchinterval(_SWITCH_SECONDS)
        threading.Thread(target=self.read, daemon=True).start()

    def lines(self) -> Iterator[bytes]:
        """All lines for the SDK, which alone answers from now on."""
        with self._answering:
            self._may_answer = False
        sys.setswitchinterval(0.005)
        while (line := self._lines.get()) is not None:
            yield line
        yield from self._source

    def answered(self, id: str | int | None, data: bytes) -> tuple[bytes, bool]:
        """What the client gets of the SDK's response, and whether there is something to `save`."""
        asked = self._asked.pop(id, None) if id is not None else None
        if asked is None:
            return data, False
        sent = data if asked.replayed is None else b""
        head, result, rest = data.partition(b',"result":')
        if not result or head != b'{"jsonrpc":"2.0","id":%b' % _id(id):
            return sent, False  # an error, perhaps because the connection ends
        answer = rest.removesuffix(b"}\n")
        known = self._answers.pop(asked.digest, None)
        self._new[asked.digest] = answer
        if asked.replayed not in (None, answer):
            self.list_changed |= asked.method == "tools/list"
            with suppress(OSError):
                self._path.unlink(missing_ok=True)  # also where the new answer is not saved
        return sent, answer != known

    def save(self, files: str) -> None:
        """Write the latest answers, with a record of the local files that they depend on.

        Without a writable folder nothing is replayed at the next start.
        """
        from ...tools.http.atomic_files import replace_file

        # Earlier answers are those for earlier files.
        answers = {**(self._answers if files == self._files else {}), **self._new}
        latest = list(answers.items())[-_MOST_ANSWERS:]
        body = files.encode() + b"\n" + b"".join(b"%b %b\n" % (digest.encode(), answer) for digest, answer in latest)
        if len(body) < MAX_BYTES:
            with suppress(OSError):
                replace_file(self._path, _head(self._state, body) + body)

    def read(self) -> None:
        """Read the lines of the host, and answer those that can be answered, until one is for the SDK alone."""
        try:
            with suppress(OSError):
                while self._may_record and (line := next(self._source, None)) is not None:
                    with self._answering:
                        self._lines.put(self._answer(line))
        finally:
            self._lines.put(None)

    def _answer(self, line: bytes) -> bytes:
        """Answer a request if possible, and return the line that the SDK gets."""
        frame, content = _read_frame(line)
        id, method = frame.get("id"), frame.get("method")
        self._digest = _digest(self._digest, content)
        if "id" not in frame and isinstance(method, str) and method != "notifications/cancelled":
            return line
        if method not in _METHODS or not _is_plain(id, line) or id in self._ids or len(self._ids) == _MOST_ANSWERS:
            self._may_answer = self._may_record = False
            # A request that is cancelled has no answer, and its id may be used again.
            self._asked = {own: asked for own, asked in self._asked.copy().items() if asked.replayed}
            return line
        self._ids.add(id)
        answer = self._answers.get(self._digest) if self._may_answer else None
        if answer is None:
            self._may_answer = False
            self._asked[id] = _Asked(method, self._digest)
            return line
        own = f"replay-{os.urandom(8).hex()}"
        self._asked[own] = _Asked(method, self._digest, answer)
        write_all(self._target, b'{"jsonrpc":"2.0","id":%b,"result":%b}\n' % (_id(id), answer))
        return json.dumps({**frame, "id": own}).encode()


def replay_for(words: Sequence[str], environ: Mapping[str, str], source: int, target: int) -> Replay | None:
    """The replay for a start with these words of the command line; None if there is no folder to record in."""
    home = home_folder(environ, sys.platform)
    if home is None or not home.is_absolute() or "${" in str(home):
        return None
    variables = [f"{name}={value}" for name, value in sorted(environ.items()) if name.startswith("CLOSIENT_")]
    identity = _digest(*words, *filter(lambda text: not _SECRET.search(text.partition("=")[0]), variables))
    return Replay(home / "cache" / f"answers-{identity[:32]}", state_of(words, environ, home), source, target)


def state_of(words: Sequence[str], environ: Mapping[str, str], home: Path) -> str:
    """A digest of everything that answers depend on: programs, settings, variables, and cached documents."""
    files = [str(home / "closient-mcp.toml"), environ.get("CLOSIENT_MCP_CONFIG", "").strip()]
    for word, following in zip(words, [*words[1:], ""], strict=False):
        if word.startswith("--c"):  # argparse accepts shorter forms of --config
            files.append(word.partition("=")[2] or following)
    settings = b"\n".join(filter(None, map(_content, files)))
    variables = [
        f"{name}={bool(value) if _SECRET.search(name) else value}"
        for name, value in sorted(environ.items())
        if name.startswith("CLOSIENT_") or name in ("HOME", "LOCALAPPDATA") or _is_named(name, settings)
    ]
    ours = Path(__file__).parents[2]
    return _digest(
        sys.version, *words, *variables, settings.hex(),
        *_states(sys.path[1:], depth=0), *_states([str(ours / name) for name in _OUR_FOLDERS], depth=3),
        *_cached(home / "cache"),
    )  # fmt: skip


def read_answers(path: Path, state: str) -> tuple[str, dict[str, bytes]]:
    """The record of local files in a file, and the answers by the digest of their request.

    There are none if the file is not exactly what this user's `save` wrote, or if a local file has changed since.
    """
    try:
        status = path.lstat()
        own = not hasattr(os, "getuid") or status.st_uid == os.getuid()
        if not own or not stat.S_ISREG(status.st_mode) or status.st_size > MAX_BYTES:
            return "", {}
        head, newline, body = path.read_bytes().partition(b"\n")
    except OSError:
        return "", {}
    files, *lines = body.split(b"\n")
    if head + newline != _head(state, body) or not is_unchanged(files.decode()):
        return "", {}
    pairs = (line.partition(b" ") for line in lines)
    return files.decode(), {digest.decode(): answer for digest, _, answer in pairs if answer}


def _head(state: str, body: bytes) -> bytes:
    return f"closient-mcp answers {FORMAT} {_digest(state, hashlib.sha256(body).hexdigest())}\n".encode()


def _read_frame(line: bytes) -> tuple[dict[str, Any], str]:
    """The frame in a line, and its text without the id and in one form; empty if there is none."""
    try:
        value: object = json.loads(line)
        frame = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
        return frame, json.dumps({name: item for name, item in frame.items() if name != "id"}, sort_keys=True)
    except (ValueError, RecursionError):
        return {}, ""


def _is_plain(id: object, line: bytes) -> TypeGuard[str | int]:
    """Whether the SDK returns an id byte by byte as it came."""
    is_number = isinstance(id, int) and not isinstance(id, bool) and abs(id) < 1 << 53
    return (is_number or isinstance(id, str)) and line.isascii() and b"\\u" not in line


def _id(id: str | int | None) -> bytes:
    return json.dumps(id, ensure_ascii=False).encode()


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()


def _content(path: str) -> bytes:
    """A settings file with its path, which paths in it are relative to."""
    try:
        file = Path(path).expanduser().absolute()
        content = file.read_bytes() if file.is_file() and file.stat().st_size < MAX_BYTES else b""
        return os.fsencode(file) + b"\0" + content
    except (OSError, ValueError, RuntimeError):
        return b""


def _is_named(variable: str, settings: bytes) -> bool:
    return len(variable) > 2 and variable.encode(errors="replace") in settings


def _states(paths: Iterable[str], depth: int) -> Iterator[str]:
    """The size and time of files and folders; of folders down to a depth, those of what is in them instead."""
    for path in paths:
        with suppress(OSError):
            state = os.stat(path)  # noqa: PTH116 (half the time of pathlib, for hundreds of files)
            if depth and stat.S_ISDIR(state.st_mode):
                # The time of the folder itself changes when Python writes compiled modules into it.
                names = sorted(name for name in os.listdir(path) if name != "__pycache__")  # noqa: PTH208
                yield from _states([f"{path}/{name}" for name in names], depth - 1)
            else:
                yield f"{path} {state.st_size} {state.st_mtime_ns}"


def _cached(folder: Path) -> Iterator[str]:
    """The cached documents by name, size and inode: confirming one that did not change changes its times only."""
    with suppress(OSError):
        for name in sorted(os.listdir(folder)):  # noqa: PTH208
            if name.startswith(("document-", "compiled-")):
                state = (folder / name).lstat()
                yield f"{name} {state.st_size} {state.st_ino}"

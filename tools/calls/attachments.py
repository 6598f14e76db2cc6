"""Files that arguments name by their path: read here and nowhere else, from folders that the settings allow."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import anyio.to_thread

from ..errors import InvalidArgumentsError, RefusedError
from ..formats.json_values import JsonObject, JsonValue, as_object, as_text
from ..openapi.bodies import Body
from ..openapi.operations import Operation
from ..schema.property_names import restore_names
from ..schema.validation import BODY
from .file_arguments import is_file

MAX_BYTES = 50 * 1024 * 1024
_FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))
_SETTING = 'files = ["~/Documents/upload"] in closient-mcp.toml'


async def read_attachments(operation: Operation, arguments: JsonObject, folders: Sequence[Path]) -> Mapping[str, bytes]:
    """What the files hold that the arguments name, by the path as it is written there.

    Raises:
        RefusedError: a path is outside the folders.
        InvalidArgumentsError: it is no file, cannot be read, or all of them together are too large.
    """
    if not (operation.body and operation.body.takes_files):
        return {}
    given = restore_names(arguments, operation.input_schema, operation.renames).get(BODY)
    paths = list(dict.fromkeys(_paths(operation.body, given)))
    return await anyio.to_thread.run_sync(read_files, paths, folders) if paths else {}


def _paths(body: Body, value: JsonValue) -> Iterator[str]:
    fields = as_object(value).items()
    for field in [value] if body.kind == "binary" else [field for name, field in fields if body.part(name).file]:
        for item in field if isinstance(field, list) else [field]:
            if is_file(item) and "path" in as_object(item):
                yield as_text(as_object(item)["path"])


def read_files(paths: Sequence[str], folders: Sequence[Path]) -> dict[str, bytes]:
    """The content of each of several files, all together within the limit."""
    found: dict[str, bytes] = {}
    room = MAX_BYTES
    for path in paths:
        found[path] = read_file(path, folders, room)
        room -= len(found[path])
    return found


def read_file(path: str, folders: Sequence[Path], limit: int = MAX_BYTES) -> bytes:
    """The content of a file inside one of the folders; a path that is not absolute is looked for in each.

    Raises:
        RefusedError, InvalidArgumentsError: as `read_attachments`.
    """
    shown = path[:200]
    try:
        # Links are followed first: it is where they lead that has to be inside.
        real = _inside(path, folders)
        if real is None:
            raise RefusedError(
                f"The file {shown!r} is not in a folder from which files may be sent.",
                f"Ask the person to allow its folder ({_SETTING}), or give the bytes as `base64`. Nothing was sent.",
            )
        # Not blocking: opening a pipe would wait for somebody to write into it.
        with os.fdopen(handle := os.open(real, _FLAGS), "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise InvalidArgumentsError(f"{shown!r} is no plain file.", "Name a file. Nothing was sent.")
            content = file.read(limit + 1)
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidArgumentsError(f"The file {shown!r} cannot be read: {reason}.", "Nothing was sent.") from None
    if len(content) > limit:
        most = f"files of more than {MAX_BYTES // 2**20} MiB in all are not sent"
        raise InvalidArgumentsError(f"The file {shown!r} is too large: {most}.", "Nothing was sent.")
    return content


def _inside(path: str, folders: Sequence[Path]) -> Path | None:
    """Where the path leads, if that is inside one of the folders; a file that is there goes before one that is not."""
    real_folders = [folder.resolve() for folder in folders]
    written = Path(path).expanduser()
    candidates = [(folder / written).resolve() for folder in real_folders]
    allowed = [one for one in candidates if any(one.is_relative_to(folder) for folder in real_folders)]
    return next((one for one in allowed if one.exists()), allowed[0] if allowed else None)

"""Reading the files that arguments give by path, only from folders that the settings allow."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

import anyio.to_thread

from ..errors import InvalidArgumentsError, RefusedError
from ..formats.json_values import JsonObject, as_text
from ..openapi.operation import Operation
from ..schema.argument_errors import BODY
from ..schema.property_names import restore_names
from .file_arguments import files_in, fitting_body

MAX_BYTES = 50 * 1024 * 1024
_FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))
_SETTING = 'files = ["~/Documents/upload"] in closient-mcp.toml'


async def read_attachments(operation: Operation, arguments: JsonObject, folders: Sequence[Path]) -> Mapping[str, bytes]:
    """Read the files that the arguments name, by their paths as written.

    Raises:
        RefusedError: a path is outside the folders.
        InvalidArgumentsError: a file cannot be read, or the files are too large.
    """
    if not (operation.body and operation.body.takes_files):
        return {}
    given = restore_names(arguments, operation.input_schema, operation.renames).get(BODY)
    files = files_in(fitting_body(operation.body, given), given)
    paths = list(dict.fromkeys(as_text(file["path"]) for file in files if "path" in file))
    return await anyio.to_thread.run_sync(read_files, paths, folders) if paths else {}


def read_files(paths: Sequence[str], folders: Sequence[Path]) -> dict[str, bytes]:
    """Read several files, of `MAX_BYTES` in total."""
    contents: dict[str, bytes] = {}
    remaining = MAX_BYTES
    for path in paths:
        contents[path] = read_file(path, folders, remaining)
        remaining -= len(contents[path])
    return contents


def read_file(path: str, folders: Sequence[Path], limit: int = MAX_BYTES) -> bytes:
    """Read a file in one of the folders; a relative path is tried in each of them.

    Raises:
        RefusedError, InvalidArgumentsError: as `read_attachments`.
    """
    shown = path[:200]
    try:
        real = _resolve_allowed(path, folders)
        if real is None:
            raise RefusedError(
                f"The file {shown!r} is not in a folder from which files may be sent.",
                f"Ask the user to allow its folder ({_SETTING}), or give the bytes as `base64`. Nothing was sent.",
            )
        # Non-blocking, because opening a pipe would wait for a writer.
        with os.fdopen(handle := os.open(real, _FLAGS), "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise InvalidArgumentsError(
                    f"{shown!r} is not a regular file.", "Give the path of a file. Nothing was sent."
                )
            content = file.read(limit + 1)
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidArgumentsError(f"Cannot read the file {shown!r}: {reason}.", "Nothing was sent.") from None
    if len(content) > limit:
        limit_text = f"the limit for all files of a call is {MAX_BYTES // 2**20} MiB"
        raise InvalidArgumentsError(f"The file {shown!r} is too large: {limit_text}.", "Nothing was sent.")
    return content


def _resolve_allowed(path: str, folders: Sequence[Path]) -> Path | None:
    """Resolve a path, links included, if that leads into one of the folders; existing files come first."""
    real_folders = [folder.resolve() for folder in folders]
    candidates = [(folder / Path(path).expanduser()).resolve() for folder in real_folders]
    allowed = [file for file in candidates if any(map(file.is_relative_to, real_folders))]
    return next((file for file in allowed if file.exists()), allowed[0] if allowed else None)

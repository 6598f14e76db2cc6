"""Our folder and the browser command, as functions of an environment."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path


def home_folder(environ: Mapping[str, str], platform: str) -> Path | None:
    """Our folder: `CLOSIENT_MCP_HOME`, or one per user; None if the user has no home folder.

    `XDG_*` is ignored: hosts strip it and terminals set it, and both must find the same sign-in.
    """
    if own := environ.get("CLOSIENT_MCP_HOME", "").strip().strip("\"'").strip():
        return Path(own).expanduser()
    if platform == "win32":
        local = environ.get("LOCALAPPDATA", "")
        return Path(local) / "closient-mcp" if local else None
    home = environ.get("HOME") or _home_of_user()
    if not home:
        return None
    inside = ("Library", "Application Support") if platform == "darwin" else (".local", "state")
    return Path(home, *inside, "closient-mcp")


def _home_of_user() -> str:
    """The home folder in the user database, for hosts that pass no HOME."""
    if os.name != "posix":
        return ""
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return ""


def browser_command(environ: Mapping[str, str], platform: str) -> str | None:
    """The command that opens a URL (`%s`); None if there is no display."""
    if own := environ.get("BROWSER", "").split(os.pathsep)[0].strip():
        return own
    if platform == "darwin":
        return "open"
    if platform == "win32":
        return "startfile"
    if environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"):
        return shutil.which("xdg-open", path=environ.get("PATH"))
    return None

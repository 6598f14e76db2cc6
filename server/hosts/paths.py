"""Where a host has its configuration on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import HostError
from .table import Host


@dataclass(frozen=True, slots=True)
class Machine:
    """What the paths of configurations depend on: the environment, `sys.platform`, and the current folder."""

    environ: Mapping[str, str]
    platform: str
    folder: Path

    def _roots(self) -> dict[str, Path]:
        """The folders that locations begin with."""
        variable = "USERPROFILE" if self.platform == "win32" else "HOME"
        text = self.environ.get(variable)
        home = Path(text) if text else Path.home()

        def root(name: str, default: Path) -> Path:
            value = self.environ.get(name, "").strip()
            return Path(value) if value else default

        roaming = root("APPDATA", home / "AppData" / "Roaming")
        return {
            "home": home,
            "here": self.folder,
            "appdata": roaming,
            "localappdata": root("LOCALAPPDATA", home / "AppData" / "Local"),
            "config": root("XDG_CONFIG_HOME", home / ".config"),
            "claude": root("CLAUDE_CONFIG_DIR", home),
            "codex": root("CODEX_HOME", home / ".codex"),
            "copilot": root("COPILOT_HOME", home / ".copilot"),
        }

    def folders(self, pattern: str) -> list[Path]:
        """The folders that a location names; of a pattern only those that are there."""
        first, _, rest = pattern.partition("/")
        root = self._roots()[first.strip("{}")]
        if "*" not in rest:
            return [root / rest]
        return sorted(root.glob(rest)) if root.is_dir() else []


def configurations(host: Host, machine: Machine) -> list[Path]:
    """All files that may be the host's configuration, the one to use first.

    Raises:
        HostError: two installations of the host are equally likely.
    """
    locations = host.locations[machine.platform if machine.platform in host.locations else "linux"]
    found: list[tuple[bool, Path]] = []
    for location in locations:
        paths = [folder / location.file for folder in machine.folders(location.folder)]
        if len(paths) > 1:
            names = " or ".join(map(str, paths))
            raise HostError(f"{host.title} reads {names}; which one is unknown. Name it with --config-path.")
        # A folder that matches a pattern is that of an installation.
        found += [("*" in location.folder or path.exists(), path) for path in paths]
    preferred = next((path for there, path in found if there), found[-1][1])
    return [preferred, *(path for _, path in found if path != preferred)]

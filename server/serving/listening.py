"""Where the server over HTTP listens: an address, or a Unix socket."""

from __future__ import annotations

import ipaddress
import os
import socket
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

from ..settings.model import SettingsError
from .connections import BACKLOG

_SOCKET_PREFIX = "unix:"


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """A host and port, or the `path` of a Unix socket."""

    host: str = ""
    port: int = 0
    path: Path | None = None

    @property
    def is_local(self) -> bool:
        """Whether only this machine can connect."""
        return bool(self.path) or ipaddress.ip_address(self.host).is_loopback

    @property
    def is_wildcard(self) -> bool:
        """Whether every address of this machine is meant."""
        return not self.path and ipaddress.ip_address(self.host).is_unspecified

    def __str__(self) -> str:
        if self.path:
            return f"{_SOCKET_PREFIX}{self.path}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_listen_address(text: str) -> ListenAddress:
    """The address in `[HOST:]PORT` or `unix:PATH`; the default host is 127.0.0.1.

    Raises:
        SettingsError: invalid address.
    """
    if text.startswith(_SOCKET_PREFIX):
        if sys.platform == "win32" or not text.removeprefix(_SOCKET_PREFIX):
            raise SettingsError(f"--http {text[:80]!r}: expected the path of a Unix socket, on a system that has them.")
        return ListenAddress(path=Path(text.removeprefix(_SOCKET_PREFIX)).expanduser().absolute())
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or not port.isascii() or int(port) > 65535:
        raise SettingsError(f"--http {text[:80]!r}: expected a port, or a host and a port, such as 127.0.0.1:8000.")
    name = "127.0.0.1" if host in ("", "localhost") else host.strip("[]")
    try:
        return ListenAddress(str(ipaddress.ip_address(name)), int(port))
    except ValueError:
        raise SettingsError(
            f"--http {text[:80]!r}: {host} is not an IP address. Use one of this machine's, or 0.0.0.0 for all."
        ) from None


def listen(address: ListenAddress) -> socket.socket:
    """A listening socket; only this user can connect to a Unix socket.

    Raises:
        SettingsError: the address is in use, or may not be used.
    """
    try:
        return _listen_at_path(address.path) if address.path else _listen_at_port(address.host, address.port)
    except OSError as error:
        raise SettingsError(f"--http {address}: cannot listen: {error.strerror}.") from error


def _listen_at_port(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio sets TCP_NODELAY on accepted connections.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":  # there it would let two servers listen on one port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)  # before the URL is printed
    except OSError:
        listener.close()
        raise
    return listener


def _listen_at_path(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _remove_stale(path)
        before = os.umask(0o177)
        try:
            listener.bind(str(path))
        finally:
            os.umask(before)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _remove_stale(path: Path) -> None:
    """Remove a socket whose server has ended."""
    try:
        if not stat.S_ISSOCK(path.stat().st_mode):
            return
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()

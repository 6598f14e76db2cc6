"""Running `closient-mcp` as a person or a script does: in this process, or in one of its own."""

from __future__ import annotations

import io
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import IO, Any, TextIO, cast
from unittest.mock import patch

from closient_mcp.auth.sign_in import browser
from closient_mcp.server.cli.main import main
from closient_mcp.server.process import signals

from . import approving_browser
from .limits import SECONDS
from .paths import APPROVING_BROWSER

NOBODY_LISTENS = "http://127.0.0.1:9"
# Threads that would end with a process of its own.
_OURS = ("closient-mcp-", "_take_pasted")


@dataclass(frozen=True)
class CommandResult:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """What was printed, read as JSON."""
        return json.loads(self.out)


class Screen(io.TextIOWrapper):
    """Output to a terminal."""

    def isatty(self) -> bool:
        """A terminal."""
        return True


def run(*arguments: str, site: str = NOBODY_LISTENS, stdin: str | IO[str] = "", **environment: str) -> CommandResult:
    """Run a command to its end in this process, one at a time; a traceback is never an answer."""
    return _run(_text(), _text(), arguments, {"CLOSIENT_SITE": site, **environment}, stdin)


def run_on_screen(*arguments: str, columns: int, site: str = NOBODY_LISTENS, **environment: str) -> CommandResult:
    """Run a command as `run` does, on a terminal of so many columns without colours."""
    terminal = {"TERM": "xterm", "COLUMNS": str(columns), "NO_COLOR": "1", "PAGER": ""}
    environment = {"CLOSIENT_SITE": site, **terminal, **environment}
    return _run(screen(), screen(), arguments, environment, "")


def screen() -> Screen:
    """An empty screen."""
    return Screen(io.BytesIO(), encoding="utf-8")


def _run(
    out: TextIO, err: TextIO, arguments: Sequence[str], environment: dict[str, str], stdin: str | IO[str]
) -> CommandResult:
    given = _text(stdin.encode()) if isinstance(stdin, str) else stdin
    with _command(arguments, environment, given, out, err) as command:
        code = command.wait()
    printed, message = taken(out), taken(err)
    assert "Traceback" not in message
    return CommandResult(code, printed, message)


def run_process(*arguments: str, site: str = NOBODY_LISTENS, stdin: str = "", **environment: str) -> CommandResult:
    """Run a command to its end in a process of its own; a traceback is never an answer."""
    done = subprocess.run(
        [sys.executable, "-m", "closient_mcp.server", *arguments],
        env={**os.environ, "CLOSIENT_SITE": site, **environment},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return CommandResult(done.returncode, done.stdout, done.stderr)


@dataclass
class Command:
    """A command that runs in this process, in a thread."""

    thread: threading.Thread
    ended: list[int | BaseException]
    browsers: list[threading.Thread]

    def wait(self) -> int:
        """Wait for its end; return the exit code."""
        self.thread.join(SECONDS)
        assert not self.thread.is_alive(), "the command does not end"
        (end,) = self.ended
        if isinstance(end, BaseException):
            raise end
        return end


@dataclass
class Conversation:
    """A running command with its input and output."""

    stdin: IO[str]
    stderr: IO[str]
    command: Command = field(repr=False)

    def wait(self) -> int:
        """Wait for its end; return the exit code."""
        return self.command.wait()


@contextmanager
def talking_to(*arguments: str, site: str = NOBODY_LISTENS, **environment: str) -> Generator[Conversation]:
    """A command that runs in this process while the test reads its stderr and writes to its stdin."""
    with ExitStack() as stack:
        streams: list[IO[str]] = []
        for reading, writing in (os.pipe(), os.pipe()):
            streams += [os.fdopen(reading, encoding="utf-8"), os.fdopen(writing, "w", encoding="utf-8", buffering=1)]
        given, typed, listened, message = streams
        for stream in (given, listened):
            stack.enter_context(stream)
        with _command(
            arguments, {"CLOSIENT_SITE": site, **environment}, given, _text(), message, heard=True
        ) as command:
            try:
                yield Conversation(typed, listened, command)
            finally:
                typed.close()


@contextmanager
def _command(
    arguments: Sequence[str],
    environment: dict[str, str],
    stdin: IO[str],
    stdout: IO[str],
    stderr: IO[str],
    *,
    heard: bool = False,
) -> Generator[Command]:
    """A command that starts in this process, all of whose traces are gone in the end.

    Where its stderr is heard to the end, that is closed then; the browser that `$BROWSER` names is a thread.
    """
    ended: list[int | BaseException] = []
    command = Command(
        threading.Thread(target=_to_its_end, args=(arguments, ended, stderr if heard else None), daemon=True), ended, []
    )
    unheard = SimpleNamespace(**{**vars(signal), "signal": _unheard})
    others = _left_behind()
    start = SimpleNamespace(**{**vars(subprocess), "Popen": _browsers(command.browsers)})
    with (
        patch.dict(os.environ, environment),
        patch.multiple(sys, stdin=stdin, stdout=stdout, stderr=stderr),
        patch.object(signals, "signal", unheard),
        patch.object(browser, "subprocess", start),
        _own_log(stderr),
    ):
        command.thread.start()
        try:
            yield command
        finally:
            command.wait()
            for thread in (*command.browsers, *(_left_behind() - others)):
                thread.join(SECONDS)
            assert _left_behind() <= others, "this command leaves something to do: it needs a process of its own"


def _to_its_end(arguments: Sequence[str], ended: list[int | BaseException], message: IO[str] | None) -> None:
    end: int | BaseException
    try:
        end = main(arguments)
    except SystemExit as error:
        end = error.code if isinstance(error.code, int) else 1
    except BaseException as error:
        end = error
    ended.append(end)
    if message:
        message.close()


def _unheard(number: int, handler: object) -> None:
    """Signals stay those of the test."""


def _browsers(started: list[threading.Thread]) -> Any:
    """Starts processes as `Popen` does, except for the browser of the tests."""

    def start(words: list[str], **how: Any) -> object:
        if words[:2] != [sys.executable, str(APPROVING_BROWSER)]:
            return subprocess.Popen(words, **how)
        tabs = os.environ.get(approving_browser.TABS)
        thread = threading.Thread(target=approving_browser.main, args=words[2:], kwargs={"tabs": tabs})
        started.append(thread)
        thread.start()
        return SimpleNamespace(wait=_succeed)

    return start


def _succeed(_: float) -> int:
    return 0


def _left_behind() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if any(name in thread.name for name in _OURS)}


@contextmanager
def _own_log(stderr: IO[str]) -> Generator[None]:
    """A log of its own, as a process has."""
    root = logging.getLogger()
    loggers = [root, *(known for known in root.manager.loggerDict.values() if isinstance(known, logging.Logger))]
    before = root.handlers[:], [logger.level for logger in loggers], logging.raiseExceptions
    try:
        yield
    finally:
        for handler in set(root.handlers) - set(before[0]):
            stream = cast("logging.StreamHandler[IO[str]]", handler).stream
            if stream is not stderr:
                stream.close()
        root.handlers[:], levels, logging.raiseExceptions = before
        for logger, level in zip(loggers, levels, strict=True):
            if logger.level != level:  # setting a level clears the caches of all loggers
                logger.setLevel(level)


def _text(content: bytes = b"") -> TextIO:
    return io.TextIOWrapper(io.BytesIO(content), encoding="utf-8")


def taken(stream: TextIO) -> str:
    """What was written to a stream."""
    stream.flush()
    stream.seek(0)
    return stream.read()


def error_of(ran: CommandResult) -> str:
    """The text of the tool error that `call` printed."""
    assert ran.code == 1
    assert ran.json()["isError"] is True
    return str(ran.json()["content"][0]["text"])


class CommandUser:
    """A user who runs commands with the variables in `environment`."""

    environment: dict[str, str]

    def run(self, *arguments: str) -> CommandResult:
        return run(*arguments, site="", **self.environment)

    def call(self, tool: str, **arguments: Any) -> Any:
        ran = self.run("call", tool, json.dumps(arguments))
        assert ran.code == 0, ran.out + ran.err
        return json.loads(ran.json()["content"][0]["text"])

    def fails(self, tool: str, **arguments: Any) -> str:
        return error_of(self.run("call", tool, json.dumps(arguments)))


def free_port() -> int:
    """A port that no one listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

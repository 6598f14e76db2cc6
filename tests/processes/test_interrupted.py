"""Refreshes and sign-ins that are interrupted: whole processes, a cancelled call, the end of input, signals."""

from __future__ import annotations

import contextlib
import shlex
import signal
import subprocess
import sys
import threading
from contextlib import AbstractContextManager
from typing import Any

import pytest

from ..fakes.limits import SECONDS
from ..fakes.machine import Machine, result_of
from ..fakes.paths import APPROVING_BROWSER
from ..fakes.server_process import Process, started
from ..fakes.service import Received, Reply, Service

WHOAMI = {"name": "account_whoami", "arguments": dict[str, Any]()}


class Rotation:
    """A token endpoint in place of the sandbox's: it has rotated when it says so, and answers when it may."""

    def __init__(self, machine: Machine, service: Service) -> None:
        self.machine = machine
        self.happened, self.may_answer = threading.Event(), threading.Event()
        service.routes["/token"] = self._rotate
        record = machine.record()
        record["server"]["token_endpoint"] = f"{service.url}/token"
        machine.write(record)
        machine.expire()

    def _rotate(self, _: Received) -> Reply:
        self.happened.set()
        assert self.may_answer.wait(SECONDS)
        return Reply({"access_token": "rotated-access", "refresh_token": "rotated", "token_type": "Bearer"})

    def is_kept(self) -> bool:
        return bool(self.machine.record()["tokens"]["refresh_token"] == "rotated")


def under_way(process: Process, rotation: Rotation) -> None:
    """Have a call wait for a refresh whose answer is still to come."""
    process.shake_hands()
    process.send("tools/call", 2, **WHOAMI)
    assert rotation.happened.wait(SECONDS)


def server(machine: Machine, **environment: str) -> AbstractContextManager[Process]:
    return started("--site", machine.sandbox.url, CLOSIENT_MCP_HOME=str(machine.home), **environment)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda number: number.name)
def test_a_process_that_ends_during_a_refresh_writes_what_the_server_gave_it(
    machine: Machine, service: Service, number: signal.Signals
) -> None:
    result_of(machine.whoami())
    rotation = Rotation(machine, service)
    with server(machine) as process:
        under_way(process, rotation)
        process.popen.send_signal(number)
        rotation.may_answer.set()
        assert process.popen.wait(SECONDS) == 128 + number
    assert rotation.is_kept()


def test_a_renewal_is_tried_again_also_when_the_input_has_ended(machine: Machine, service: Service) -> None:
    result_of(machine.whoami())
    rotation = Rotation(machine, service)
    record = machine.record()
    # By its name, which has to be looked up each time.
    record["server"]["token_endpoint"] = record["server"]["token_endpoint"].replace("127.0.0.1", "localhost")
    machine.write(record)
    rotate, busy = service.routes["/token"], [Reply("busy", 503)]
    assert callable(rotate)
    service.routes["/token"] = lambda got: busy.pop() if rotate(got) and busy else rotate(got)
    with server(machine) as process:
        under_way(process, rotation)
        assert process.popen.stdin
        process.popen.stdin.close()
        rotation.may_answer.set()
        assert process.popen.wait(SECONDS) == 0
    assert rotation.is_kept()
    assert busy == []


def test_a_second_signal_ends_a_process_that_waits_for_a_slow_server(machine: Machine, service: Service) -> None:
    result_of(machine.whoami())
    rotation = Rotation(machine, service)
    with server(machine) as process:
        under_way(process, rotation)
        # Two that arrive together may count as one.
        while process.popen.poll() is None:
            process.popen.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.popen.wait(0.2)
        # It has ended although the server has not answered, and the sign-in is what it was.
        assert process.popen.returncode == 128 + signal.SIGTERM
        assert not rotation.may_answer.is_set()
    rotation.may_answer.set()
    assert machine.record()["tokens"]["refresh_token"] != "rotated"


def test_a_process_killed_during_a_refresh_requires_at_most_one_new_sign_in(machine: Machine, service: Service) -> None:
    result_of(machine.whoami())
    before = machine.record()
    rotation = Rotation(machine, service)
    with server(machine) as process:
        under_way(process, rotation)
        process.popen.kill()
        rotation.may_answer.set()
    record = machine.record()
    record["server"] = before["server"]
    record["tokens"]["refresh_token"] = "used-up-by-the-one-that-was-killed"
    machine.write(record)
    assert result_of(machine.whoami())["email"] == "alice@closient.example"
    result_of(machine.whoami())
    assert len(machine.tabs(2)) == 2
    assert machine.sandbox.count("POST", "/oauth/register/") == 1


def test_a_call_cancelled_during_a_refresh_loses_nothing(machine: Machine, service: Service) -> None:
    result_of(machine.whoami())
    rotation = Rotation(machine, service)
    with server(machine) as process:
        under_way(process, rotation)
        process.send("notifications/cancelled", requestId=2)
        process.send("ping", 3)
        assert process.answer(3)["result"] == {}
        rotation.may_answer.set()
        assert process.finish()[0] == 0
    assert rotation.is_kept()


def test_a_sign_in_goes_on_when_the_call_that_began_it_is_cancelled(machine: Machine) -> None:
    # This person opens the URL only after the call was cancelled.
    note = "import os, sys; open(os.environ['TABS'], 'a').write(sys.argv[1] + chr(10))"
    browser = shlex.join([sys.executable, "-c", note, "%s"])
    with server(machine, BROWSER=browser, TABS=machine.environment["TABS"]) as process:
        process.shake_hands()
        process.send("tools/call", 2, **WHOAMI)
        (url,) = machine.tabs()
        process.send("notifications/cancelled", requestId=2)
        subprocess.run([sys.executable, str(APPROVING_BROWSER), url], check=True, timeout=SECONDS)
        process.send("tools/call", 3, **WHOAMI)
        answer = process.answer(3)["result"]
    assert not answer.get("isError")
    assert "alice@closient.example" in str(answer)
    assert len(machine.tabs()) == 1

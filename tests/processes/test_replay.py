"""A process answers its first requests before it is ready, as the one before it did."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ..fakes.command_line import run
from ..fakes.limits import SECONDS
from ..fakes.server_process import Process, started
from ..fakes.service import running_service
from ..fakes.warm_service import serve, things


@pytest.mark.skipif(os.name != "posix", reason="a named pipe stands for the settings file")
def test_the_second_start_answers_before_it_has_read_its_settings(tmp_path: Path) -> None:
    home = {"CLOSIENT_MCP_HOME": str(tmp_path / "ours")}
    settings, document = tmp_path / "settings", tmp_path / "local.json"
    os.mkfifo(settings)  # whoever opens it waits for the other side
    table = f'[systems.closient]\n[systems.local]\ndescription = "{document}"\nbase = "https://local.example"\n'
    document.write_text(json.dumps(things("Gives a local thing.")), encoding="utf-8")
    with running_service() as service:
        serve(service, things())
        (tmp_path / "same.toml").write_text(table, encoding="utf-8")
        assert run("tools", "--config", str(tmp_path / "same.toml"), site=service.url, **home).code == 0
        options = ["--site", service.url, "--config", str(settings)]
        with started(*options, **home) as process:
            settings.write_text(table)
            answers = _first_answers(process, 1)
        assert list((tmp_path / "ours" / "cache").glob("answers-*"))
        with started(*options, **home) as process:
            again = _first_answers(process, 5)
            settings.write_text(table)
            process.send("tools/call", 7, name="ping", arguments={})
            assert process.answer(7)["result"]["structuredContent"] == {"result": "pong"}
            assert process.finish()[0] == 0
        with started(*options, **home) as process:
            last = _first_answers(process, 9)
            assert process.popen.stdin
            process.popen.stdin.close()
            settings.write_text(table)
            assert process.popen.wait(SECONDS) == 0
        document.write_text(json.dumps(things("Gives another thing.")), encoding="utf-8")
        with started(*options, **home) as process:
            settings.write_text(table)
            changed = _first_answers(process, 1)
    assert "things_get_thing" in {tool["name"] for tool in answers[1]["tools"]}
    assert answers == again == last
    assert "Gives a local thing." in json.dumps(answers)
    assert "Gives another thing." in json.dumps(changed)


def _first_answers(process: Process, id: int) -> list[Any]:
    client = {"name": "test", "version": "1"}
    process.send("initialize", id, protocolVersion="2025-11-25", capabilities={}, clientInfo=client)
    process.send("notifications/initialized")
    process.send("tools/list", id + 1)
    return [process.answer(number)["result"] for number in (id, id + 1)]

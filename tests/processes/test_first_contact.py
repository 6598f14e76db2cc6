"""A host always reaches the handshake, and learns there what is wrong with the settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..fakes.server_process import started

NOWHERE = "http://127.0.0.1:9"


def test_invalid_settings_are_reported_in_the_handshake_and_by_every_call(tmp_path: Path) -> None:
    file, problem = tmp_path / "closient-mcp.toml", "closient-mcp.toml:1: expsoe: unknown key; did you mean expose?"
    file.write_text('expsoe = "all"\n')
    with started("--config", str(file), CLOSIENT_MCP_HOME=str(tmp_path / "ours")) as process:
        assert problem in process.shake_hands()["result"]["instructions"]
        assert _tools(process)
        process.send("tools/call", 3, name="search_products", arguments={"query": "x"})
        result = process.answer(3)["result"]
        assert result["isError"]
        assert problem in result["content"][0]["text"]
        code, log = process.finish()
    assert code == 0
    assert problem in log
    assert problem in (tmp_path / "ours" / "closient-mcp.log").read_text()


def test_a_home_that_cannot_be_used_is_reported_and_no_folder_is_made() -> None:
    with started(CLOSIENT_MCP_HOME="relative/folder") as process:
        assert "CLOSIENT_MCP_HOME" in process.shake_hands()["result"]["instructions"]
    assert not Path("relative/folder").exists()


def test_a_mistake_in_the_entry_of_a_host_is_reported_in_the_handshake(tmp_path: Path) -> None:
    with started("--sit", NOWHERE, "--expos", CLOSIENT_MCP_HOME=str(tmp_path / "ours")) as process:
        assert "See `closient-mcp" in process.shake_hands()["result"]["instructions"]
        process.send("tools/call", 3, name="ping", arguments={})
        assert process.answer(3)["result"]["isError"]


def test_each_mistake_is_reported_where_it_matters_and_the_rest_works(tmp_path: Path) -> None:
    file = tmp_path / "closient-mcp.toml"
    file.write_text(
        f'[systems.closient]\nsite = "{NOWHERE}"\n[systems.acme]\ncatalgo = "x"\n[systems.other]\nbase = "ftp://h/"\n'
    )
    options = ["--config", str(file), "--log-file", str(tmp_path / "no" / "such" / "log")]
    environment = {"CLOSIENT_MCP_HOME": str(tmp_path / "ours"), "SSL_CERT_FILE": str(tmp_path / "none.pem")}
    with started(*options, **environment) as process:
        instructions = process.shake_hands()["result"]["instructions"]
        assert "systems.acme.catalgo: unknown key; did you mean catalog?" in instructions
        assert "closient-mcp.toml:5: systems.other" in instructions
        assert "cannot write the log there" in instructions
        process.send("tools/call", 2, name="ping", arguments={})
        assert process.answer(2)["result"]["structuredContent"] == {"result": "pong"}
        process.send("tools/call", 3, name="acme_get_things", arguments={})
        assert "systems.acme.catalgo" in process.answer(3)["result"]["content"][0]["text"]
        process.send("tools/call", 4, name="search_products", arguments={"query": "x"})
        text = process.answer(4)["result"]["content"][0]["text"]
        assert "The machine's proxy or certificate settings" in text
        assert "SSL_CERT_FILE" in text


def _tools(process: Any) -> list[Any]:
    process.send("tools/list", 2)
    tools: list[Any] = process.answer(2)["result"]["tools"]
    return tools

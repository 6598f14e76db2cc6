"""Files that an agent names by their path: only from the folders that the settings allow (design §8, rule 3)."""

from __future__ import annotations

import os
from pathlib import Path

import mcp
import pytest

from closient_mcp.auth.secrets.redaction import Redaction
from closient_mcp.server.bridge.composition import open_bridge
from closient_mcp.server.serving.protocol import McpBridge
from closient_mcp.server.settings.loading import load_settings
from closient_mcp.server.settings.model import Options, SettingsError
from closient_mcp.tools.calls import attachments
from closient_mcp.tools.calls.attachments import read_file
from closient_mcp.tools.errors import InvalidArgumentsError, RefusedError

from ...fakes.service import Reply, Service, document, operation


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that is allowed, with a file in it, beside one that is not."""
    inside = tmp_path / "allowed"
    (inside / "sub").mkdir(parents=True)
    (inside / "sub" / "a.txt").write_bytes(b"inside")
    (tmp_path / "secret.txt").write_bytes(b"outside")
    return inside


def test_a_file_inside_is_read_by_its_whole_path_or_from_the_folder(folder: Path) -> None:
    for path in ("sub/a.txt", str(folder / "sub" / "a.txt"), "sub/../sub/a.txt"):
        assert read_file(path, [folder]) == b"inside"


def test_a_path_is_looked_for_in_each_folder_in_turn(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "b.txt").write_bytes(b"other")
    assert read_file("b.txt", [folder, other]) == b"other"


@pytest.mark.parametrize("path", ["../secret.txt", "sub/../../secret.txt", "/etc/passwd", "~/x", "../allowed2/x"])
def test_rule_3_no_path_leads_out_of_the_folder(folder: Path, path: str) -> None:
    with pytest.raises(RefusedError, match="not in a folder from which files may be sent"):
        read_file(path, [folder])


def test_rule_3_a_path_outside_is_rejected_whether_or_not_it_exists(folder: Path, tmp_path: Path) -> None:
    messages: list[str] = []
    for name in ("secret.txt", "absent.txt"):
        with pytest.raises(RefusedError) as caught:
            read_file(str(tmp_path / name), [folder])
        messages.append(caught.value.message.replace(name, ""))
    assert messages[0] == messages[1]


def test_rule_3_no_link_leads_out_of_the_folder(folder: Path, tmp_path: Path) -> None:
    (folder / "link").symlink_to(tmp_path / "secret.txt")
    (folder / "up").symlink_to(tmp_path)
    (folder / "fine").symlink_to(folder / "sub" / "a.txt")
    for path in ("link", "up/secret.txt"):
        with pytest.raises(RefusedError):
            read_file(path, [folder])
    assert read_file("fine", [folder]) == b"inside"


def test_the_folder_itself_may_be_reached_over_a_link(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "short").symlink_to(folder)
    assert read_file("sub/a.txt", [tmp_path / "short"]) == b"inside"


def test_without_a_folder_nothing_is_read(folder: Path) -> None:
    with pytest.raises(RefusedError):
        read_file(str(folder / "sub" / "a.txt"), [])


def test_a_pipe_or_a_folder_is_rejected_without_waiting(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    for path in ("pipe", "sub"):
        with pytest.raises(InvalidArgumentsError):
            read_file(path, [folder])


@pytest.mark.parametrize("path", ["absent", "a\0b", "x" * 5000, "loop"])
def test_an_unreadable_file_is_reported(folder: Path, path: str) -> None:
    (folder / "loop").symlink_to(folder / "loop")
    with pytest.raises((InvalidArgumentsError, RefusedError)) as caught:
        read_file(path, [folder])
    assert len(caught.value.message) < 400


def test_a_file_that_is_too_large_is_refused(folder: Path) -> None:
    assert attachments.MAX_BYTES == 50 * 1024 * 1024
    assert read_file("sub/a.txt", [folder], 6) == b"inside"
    with pytest.raises(InvalidArgumentsError, match="50 MiB"):
        read_file("sub/a.txt", [folder], 5)


async def test_files_of_one_call_are_bounded_together(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attachments, "MAX_BYTES", 10)
    (folder / "b.txt").write_bytes(b"123456")
    assert attachments.read_files(["b.txt"], [folder]) == {"b.txt": b"123456"}
    with pytest.raises(InvalidArgumentsError, match="too large"):
        attachments.read_files(["b.txt", "sub/a.txt"], [folder])


def load(home: Path, text: str, *folders: str) -> tuple[Path, ...]:
    file = home / "closient-mcp.toml"
    file.write_text(text, encoding="utf-8")
    settings = load_settings(Options(config=str(file)), {"CLOSIENT_MCP_HOME": str(home)})
    assert len(settings.warnings) == len(folders)
    return settings.files


def test_the_settings_name_the_folders_relative_to_their_file(tmp_path: Path, folder: Path) -> None:
    assert load(tmp_path, f'files = ["allowed", "{folder}"]') == (folder, folder)
    assert load(tmp_path, 'files = ["~"]') == (Path.home(),)
    assert load(tmp_path, "") == ()
    assert load(tmp_path, 'files = ["later"]', "later") == (tmp_path / "later",)


@pytest.mark.parametrize("folders", ['["secret.txt"]', '[""]', '"allowed"'])
def test_a_setting_that_is_not_a_folder_is_rejected_with_its_line(tmp_path: Path, folder: Path, folders: str) -> None:
    with pytest.raises(SettingsError, match=r"closient-mcp\.toml:1.*files"):
        load(tmp_path, f"files = {folders}")


@pytest.mark.parametrize("allowed", [True, False])
async def test_an_agent_sends_a_file_by_its_path_where_the_settings_allow_it(
    service: Service, tmp_path: Path, folder: Path, allowed: bool
) -> None:
    upload = {
        "type": "object",
        "properties": {"scan": {"type": "string", "format": "binary"}, "n": {"type": "integer"}},
    }
    body = {"required": True, "content": {"multipart/form-data": {"schema": upload}}}
    paths = {"/scans/api/v1/scans": {"post": operation(operationId="upload_scan", requestBody=body)}}
    service.serve_apis(scans=document(paths))
    service.routes["/scans/api/v1/scans"] = Reply({"ok": True})
    file = tmp_path / "closient-mcp.toml"
    files = f'files = ["{folder}"]\n' if allowed else ""
    file.write_text(f'{files}[systems.acme]\ncatalog = "{service.url}/.well-known/api-catalog"\n', "utf-8")
    settings = load_settings(Options(config=str(file)), {"CLOSIENT_MCP_HOME": str(tmp_path)})
    async with open_bridge(settings, Redaction()) as bridge, mcp.Client(McpBridge(bridge).server()) as client:
        (tool,) = [one for one in (await client.list_tools()).tools if one.name.endswith("upload_scan")]
        result = await client.call_tool(tool.name, {"body": {"scan": {"path": "sub/a.txt"}, "n": 2**60}})
    sent = [received.body for received in service.received if received.method == "POST"]
    assert ("path" in tool.input_schema["properties"]["body"]["properties"]["scan"]["properties"]) is allowed
    assert result.is_error is not allowed
    assert len(sent) == allowed
    assert not allowed or (b"inside" in sent[0] and b'filename="a.txt"' in sent[0] and str(2**60).encode() in sent[0])

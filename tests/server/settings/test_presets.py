"""A preset goes by the settings, not by the name of the system."""

from __future__ import annotations

from pathlib import Path

from closient_mcp.server.settings.loading import load_settings
from closient_mcp.server.settings.model import ApiKey, Options, SystemSettings


def system(folder: Path, text: str) -> SystemSettings:
    file = folder / "closient-mcp.toml"
    file.write_text(f'{text}\ncredential = {{ grant = "api_key", key = "csb_x_y" }}\n', encoding="utf-8")
    (made,) = load_settings(Options(config=str(file)), {"CLOSIENT_MCP_HOME": str(folder)}).systems
    return made


def test_a_closient_by_another_name_has_its_hints_and_that_name_as_prefix(tmp_path: Path) -> None:
    shop = system(tmp_path, '[systems.shop]\npreset = "closient"')
    assert isinstance(shop.credential, ApiKey)
    assert "Closient" in shop.credential.hints.source
    assert "checksum" in shop.credential.hints.fault("csb_x_y")
    assert shop.prefix == ("shop",)


def test_another_preset_by_the_name_of_closient_has_neither(tmp_path: Path) -> None:
    crm = system(tmp_path, '[systems.closient]\npreset = "close"')
    assert isinstance(crm.credential, ApiKey)
    assert crm.credential.hints.source == ""
    assert crm.credential.hints.fault("csb_x_y") == ""
    assert crm.prefix == ("closient",)


def test_only_closient_itself_leaves_its_name_out(tmp_path: Path) -> None:
    assert system(tmp_path, "[systems.closient]").prefix == ()
    assert system(tmp_path, "[systems.close]").prefix == ("close",)

"""The bundle for Claude Desktop: its own tool accepts it, and what its host would start answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from closient_mcp.server.hosts.launch import Launch
from closient_mcp.server.hosts.start import Started, start

from ..fakes.limits import SECONDS
from ..fakes.paths import ROOT
from ..fakes.programs import INTEROP, path, program
from ..fakes.service import Sandbox

pytestmark = pytest.mark.all

# The host's own code fills in the fields, of which only the site is set.
FILL = """
import { readFileSync } from "node:fs";
import { getMcpConfigForManifest } from "@anthropic-ai/mcpb";
const [folder, site] = process.argv.slice(-2);
const manifest = JSON.parse(readFileSync(`${folder}/manifest.json`, "utf8"));
const given = { manifest, extensionPath: folder, systemDirs: {}, userConfig: { site }, pathSeparator: "/" };
console.log(JSON.stringify(await getMcpConfigForManifest(given)));
"""


def printed(*command: str, folder: Path = ROOT) -> str:
    environment = {**os.environ, "PATH": path()}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


async def test_the_bundle_is_valid_and_what_its_host_starts_answers(sandbox: Sandbox, tmp_path: Path) -> None:
    mcpb, node, uv = program("mcpb"), program("node"), program("uv")
    bundle = printed(sys.executable, "-m", "release.bundle", str(tmp_path)).strip()
    ZipFile(bundle).extractall(tmp_path / "bundle")
    folder = tmp_path / "bundle"
    assert "validation passes" in printed(mcpb, "validate", str(folder / "manifest.json"))
    words = [node, "--input-type=module", "--eval", FILL, "--", str(folder), sandbox.url]
    filled = json.loads(printed(*words, folder=INTEROP / "clients"))
    assert filled["env"] == {"CLOSIENT_API_KEY": "", "CLOSIENT_SITE": sandbox.url, "CLOSIENT_MCP_READ_ONLY": "false"}
    environment = {**os.environ, "PATH": path(), **filled["env"]}
    answer = await start(Launch(uv, tuple(filled["args"]), filled["env"]), environment, SECONDS)
    assert isinstance(answer, Started), answer
    assert answer.tools

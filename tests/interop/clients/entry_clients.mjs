// What a client library sees of the server of an `mcp.json`: `entry_clients.mjs LIBRARY FILE` prints the names of the
// tools and the text of a call as one line of JSON.

import { readFileSync } from "node:fs";

const GTIN = { gtin: "09506000134352" };
const text = (result) => result.content[0].text;

const LIBRARIES = {
  async sdk1(launch) {
    const { Client } = await import("@modelcontextprotocol/sdk/client/index.js");
    const { StdioClientTransport } = await import("@modelcontextprotocol/sdk/client/stdio.js");
    return await sdk(Client, StdioClientTransport, launch);
  },
  async sdk2(launch) {
    const { Client } = await import("@modelcontextprotocol/client");
    const { StdioClientTransport } = await import("@modelcontextprotocol/client/stdio");
    return await sdk(Client, StdioClientTransport, launch);
  },
  async ai(launch) {
    const { createMCPClient } = await import("@ai-sdk/mcp");
    const { Experimental_StdioMCPTransport: Transport } = await import("@ai-sdk/mcp/mcp-stdio");
    const client = await createMCPClient({ transport: new Transport(launch) });
    try {
      const tools = await client.tools();
      const result = await tools.validate_gtin.execute(GTIN, { toolCallId: "1", messages: [] });
      return { tools: Object.keys(tools), text: text(result) };
    } finally {
      await client.close();
    }
  },
};

async function sdk(Client, Transport, launch) {
  const client = new Client({ name: "entry-client", version: "1" });
  await client.connect(new Transport(launch));
  try {
    const { tools } = await client.listTools();
    const result = await client.callTool({ name: "validate_gtin", arguments: GTIN });
    return { tools: tools.map((tool) => tool.name), text: text(result) };
  } finally {
    await client.close();
  }
}

const [library, file] = process.argv.slice(2);
const { command, args, env } = JSON.parse(readFileSync(file, "utf8")).mcpServers.closient;
console.log(JSON.stringify(await LIBRARIES[library]({ command, args, env })));

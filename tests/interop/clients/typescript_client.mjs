// What the TypeScript SDK's client (v1) sees of a server: `typescript_client.mjs CALLS COMMAND...` prints it as one
// line of JSON. CALLS is a JSON list of `[tool, arguments]`.

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { McpError } from "@modelcontextprotocol/sdk/types.js";

const LIMIT = { timeout: 50_000 };

async function call(client, name, args) {
  try {
    const result = await client.callTool({ name, arguments: args }, undefined, LIMIT);
    return {
      tool: name,
      is_error: result.isError ?? false,
      structured: result.structuredContent ?? null,
      text: result.content.filter((block) => block.type === "text").map((block) => block.text),
    };
  } catch (error) {
    if (!(error instanceof McpError)) throw error;
    return { tool: name, refused: { code: error.code, message: error.message } };
  }
}

const [calls, command, ...args] = process.argv.slice(2);
const transport = new StdioClientTransport({ command, args, env: process.env });
// The client keeps the agreed version to itself, but tells its transport, as transports over HTTP need to know it.
let protocol = null;
transport.setProtocolVersion = (version) => {
  protocol = version;
};
const client = new Client({ name: "typescript-client", version: "1" });
await client.connect(transport, LIMIT);
try {
  const { tools } = await client.listTools(undefined, LIMIT);
  const seen = [];
  for (const [name, given] of JSON.parse(calls)) seen.push(await call(client, name, given));
  console.log(JSON.stringify({ protocol, tools: tools.map((tool) => tool.name), calls: seen }));
} finally {
  await client.close();
}

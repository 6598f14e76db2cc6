// An authorization server that others wrote: `oidc_provider.mjs [PORT]` prints its address and serves until its input
// ends. Whatever one signs in as is somebody; a refresh token is good once.

import { createServer } from "node:http";
import Provider from "oidc-provider";

const server = createServer();
server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => {
  const address = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(address, {
    features: {
      devInteractions: { enabled: true },
      registration: { enabled: true },
      registrationManagement: { enabled: true },
      revocation: { enabled: true },
    },
    cookies: { keys: ["for this run alone"] },
    rotateRefreshToken: true,
  });
  server.on("request", provider.callback());
  console.log(address);
});
process.stdin.resume().on("end", () => process.exit(0));

// An authorization server that others wrote: `oidc_provider.mjs [PORT] [TOKEN]` prints its address and serves until its
// input ends. Whatever one signs in as is somebody; a refresh token is good once. With a TOKEN only who has that may
// register.

import { createServer } from "node:http";
import Provider from "oidc-provider";

const [port = 0, initialAccessToken] = process.argv.slice(2);
const server = createServer();
server.listen(Number(port), "127.0.0.1", () => {
  const address = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(address, {
    features: {
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true },
      devInteractions: { enabled: true },
      registration: { enabled: true, initialAccessToken },
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

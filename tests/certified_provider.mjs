// A certified identity provider (npm: oidc-provider) on loopback, for the tests of a company's own sign-in.
// Started as: node certified_provider.mjs FOLDER PORT BACK; says "ready" when it serves.
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, port, back] = process.argv.slice(2);
const { Provider } = await import(pathToFileURL(join(folder, "node_modules/oidc-provider/lib/index.js")));
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: ["polyphony", "neighbour"].map((client_id) => ({
    client_id, client_secret: "a secret that the provider gave", redirect_uris: [back],
    grant_types: ["authorization_code"], response_types: ["code"],
  })),
  cookies: { keys: ["only for tests"] },
  pkce: { required: () => true },
  claims: { openid: ["sub", "email"] },
  // Everybody here has the same address: nobody may be found by it.
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id, email: "ada@halcyon.example" }) }),
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));

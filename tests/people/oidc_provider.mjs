/**
 * A real OpenID provider for the tests: panva's `oidc-provider` with its own development log-in pages.
 *
 * node oidc_provider.mjs PORT REDIRECT_URI; whoever signs in as NAME has the e-mail NAME@example.test, verified unless
 * NAME begins with "unverified". Prints one line when it listens; ends with its input.
 */
const at = new URL("../clients/node/node_modules/oidc-provider/lib/index.js", import.meta.url);
const { default: Provider } = await import(at.href);
const [port, redirect] = process.argv.slice(2);

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: "jointhq",
    client_secret: "a secret: with + and %",
    redirect_uris: [redirect],
    response_types: ["code"],
    grant_types: ["authorization_code"],
  }],
  pkce: { required: () => true },
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["preferred_username"] },
  findAccount: (_context, id) => ({
    accountId: id,
    claims: () => ({
      sub: id,
      email: `${id}@example.test`,
      email_verified: !id.startsWith("unverified"),
      preferred_username: id,
    }),
  }),
});
process.stdin.resume().on("end", () => process.exit());
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));

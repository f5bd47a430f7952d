// The issuer and somebody who gets tokens from it, for a program that starts this. A line of standard input asks, a line of standard output
// answers; the first line says where the issuer is. It ends with its standard input.
import { createInterface } from "node:readline";
import { byClientCredentials, byCode } from "./client.mjs";
import { ANOTHER_API, API, REDIRECT_URI, clientSecret, passwords, start } from "./server.mjs";

const issuer = await start();

const person = (user, changes = {}) =>
  byCode(issuer.address, {
    client: "portal",
    redirectUri: REDIRECT_URI,
    resource: API,
    scope: "openid keys:use keys:service",
    user,
    password: passwords[user],
    ...changes,
  });

const asked = {
  person: async () => (await person("alice")).access_token,
  manager: async () => (await person("mia")).access_token,
  service: async () => {
    const asking = { client: "job", secret: clientSecret, resource: API, scope: "keys:service" };
    return (await byClientCredentials(issuer.address, asking)).access_token;
  },
  id: async () => (await person("mia")).id_token,
  "of-another-client": async () => (await person("mia", { client: "shop" })).access_token,
  "for-another-api": async () =>
    (await person("mia", { resource: ANOTHER_API, scope: "openid shop:use" })).access_token,
  "for-no-api": async () => (await person("mia", { resource: undefined, scope: "openid" })).access_token,
  password: async (user) => passwords[user],
  register: async (page) => issuer.register(page) ?? page,
  rotate: async (alg, kid) => issuer.rotate(alg, kid).join(" "),
  withdraw: async () => issuer.withdraw().join(" "),
};

const say = (line) => process.stdout.write(`${line}\n`);
say(issuer.address);
for await (const line of createInterface({ input: process.stdin })) {
  const [what, ...arguments_] = line.split(" ");
  say(await asked[what](...arguments_).catch((error) => `FAILED ${error.message}`));
}
process.exit(0);

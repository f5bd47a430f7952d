// A token issuer that nobody here wrote: npm's oidc-provider, on a free port of this machine. Who may log in, which clients there are and
// what stands in their tokens is below; how tokens are made and keys are published is the package's. Every secret is made at the start.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";

// What the package has to say is for people; standard output is for answers.
console.log = console.info = console.warn = console.error;
const { default: Provider } = await import(pathToFileURL(`${process.env.OIDC_PROVIDER}/lib/index.js`));

export const API = "https://keys.example/api";
export const ANOTHER_API = "https://shop.example/api";
export const REDIRECT_URI = "http://127.0.0.1/callback";
const SCOPES = { [API]: "keys:use keys:service", [ANOTHER_API]: "shop:use" };

const secret = () => randomBytes(32).toString("base64url");
export const passwords = { alice: secret(), mia: secret() };
export const clientSecret = secret();

// What an administrator has said about people and machines.
const ABOUT = {
  alice: { org_id: "demo-org", groups: ["staff"] },
  mia: { org_id: "demo-org", groups: ["staff", "key-managers/demo-org"] },
  job: { org_id: "demo-org" },
};

const ALGORITHMS = {
  RS256: ["rsa", { modulusLength: 2048 }],
  ES256: ["ec", { namedCurve: "P-256" }],
  Ed25519: ["ed25519", {}],
};

function newKey(alg, kid) {
  const { privateKey } = generateKeyPairSync(...ALGORITHMS[alg]);
  return { ...privateKey.export({ format: "jwk" }), alg, kid, use: "sig" };
}

// The issuer with these keys, of which the first one signs, and the page for key managers at this address, if there is one.
function issuerWith(address, keys, page) {
  const [{ alg }] = keys;
  const application = (client_id) => ({
    client_id,
    application_type: "native",
    grant_types: ["authorization_code"],
    response_types: ["code"],
    redirect_uris: [REDIRECT_URI],
    token_endpoint_auth_method: "none",
    id_token_signed_response_alg: alg,
  });
  const browser = (client_id, grant_types) => ({
    ...application(client_id),
    application_type: "web",
    grant_types,
    redirect_uris: [page],
    post_logout_redirect_uris: [page],
  });
  return new Provider(address, {
    jwks: { keys },
    clients: [
      application("portal"),
      application("shop"),
      ...(page ? [browser("cabinet", ["authorization_code", "refresh_token"]), browser("desk", ["authorization_code"])] : []),
      {
        client_id: "job",
        client_secret: clientSecret,
        grant_types: ["client_credentials"],
        response_types: [],
        redirect_uris: [],
        id_token_signed_response_alg: alg,
      },
    ],
    clientBasedCORS: (_ctx, origin, client) => client.redirectUris.some((uri) => new URL(uri).origin === origin),
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed("refresh_token"),
    findAccount: (_ctx, id) => id in passwords && { accountId: id, claims: () => ({ sub: id }) },
    extraTokenClaims: (_ctx, token) => ABOUT[token.accountId ?? token.clientId],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_ctx, resource) => ({
          audience: resource,
          scope: SCOPES[resource],
          accessTokenTTL: 3600,
          accessTokenFormat: "jwt",
          jwt: { sign: { alg } },
        }),
      },
    },
    interactions: { url: (_ctx, interaction) => `/login/${interaction.uid}` },
    cookies: { keys: [secret()] },
    routes: { jwks: "/jwks" },
  });
}

async function form(request) {
  let body = "";
  for await (const chunk of request) body += chunk;
  return new URLSearchParams(body);
}

// The login page.
function loginPage(response) {
  response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end(
    `<!doctype html><title>Log in</title><form method="post">
    <input name="user" id="user"><input name="password" id="password" type="password"><button id="log-in">Log in</button></form>`,
  );
}

// The login page's form. Whoever knows the password is logged in, and agrees to what was asked for, as far as people may have it.
async function logIn(issuer, request, response) {
  const { params } = await issuer.interactionDetails(request, response);
  const given = await form(request);
  const user = given.get("user");
  if (!Object.hasOwn(passwords, user) || passwords[user] !== given.get("password")) {
    response.writeHead(403).end();
    return;
  }
  const grant = new issuer.Grant({ accountId: user, clientId: params.client_id });
  grant.addOIDCScope("openid");
  if (params.resource) {
    grant.addResourceScope(params.resource, "keys:use shop:use");
    grant.rejectResourceScope(params.resource, "keys:service");
  }
  const result = { login: { accountId: user }, consent: { grantId: await grant.save() } };
  await issuer.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

export async function start() {
  let issuer, answer;
  const server = createServer((request, response) => {
    if (request.method === "POST" && request.url.startsWith("/login/")) {
      logIn(issuer, request, response).catch(() => response.writeHead(400).end());
    } else if (request.url.startsWith("/login/")) {
      loginPage(response);
    } else {
      answer(request, response);
    }
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const address = `http://127.0.0.1:${server.address().port}`;
  let page;
  const publish = (keys) => {
    issuer = issuerWith(address, keys, page);
    answer = issuer.callback();
    return keys.map(({ kid }) => kid);
  };
  let keys = [newKey("RS256", "first")];
  publish(keys);
  return {
    address,
    // Lets people sign in to the page at this address.
    register: (url) => {
      page = url;
      publish(keys);
    },
    // Signs with a new key from now on, and publishes the old ones beside it.
    rotate: (alg, kid) => publish((keys = [newKey(alg, kid), ...keys])),
    // Publishes no key any more but the one that signs.
    withdraw: () => publish((keys = keys.slice(0, 1))),
  };
}

// Gets tokens from an issuer over HTTP, by the two grants that are left: authorization code with PKCE (RFC 7636), client credentials.
import { createHash, randomBytes } from "node:crypto";

async function post(url, fields, headers = {}) {
  return fetch(url, { method: "POST", body: new URLSearchParams(fields), headers, redirect: "manual" });
}

async function tokens(response) {
  const answer = await response.json();
  if (!response.ok) throw new Error(JSON.stringify(answer));
  return answer;
}

// What a browser does between the application's link and its redirect URI: it keeps cookies, and fills in the login form.
async function browse(url, redirectUri, user, password) {
  const cookies = new Map();
  let request = () => fetch(url, { headers: headers(), redirect: "manual" });
  const headers = () => ({ cookie: [...cookies].map((cookie) => cookie.join("=")).join("; ") });
  for (let step = 0; step < 10; step += 1) {
    const response = await request();
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
      cookies.set(name, value);
    }
    const location = new URL(response.headers.get("location"), url);
    if (location.href.startsWith(redirectUri)) return location.searchParams;
    request = location.pathname.startsWith("/login/")
      ? () => post(location, { user, password }, headers())
      : () => fetch(location, { headers: headers(), redirect: "manual" });
  }
  throw new Error("the login does not end");
}

export async function byCode(issuer, { client, redirectUri, resource, scope, user, password }) {
  const metadata = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
  const verifier = randomBytes(32).toString("base64url");
  const url = new URL(metadata.authorization_endpoint);
  url.search = new URLSearchParams({
    client_id: client,
    redirect_uri: redirectUri,
    response_type: "code",
    scope,
    nonce: randomBytes(16).toString("base64url"),
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
    ...(resource && { resource }),
  });
  const came = await browse(url, redirectUri, user, password);
  if (came.get("iss") !== issuer || !came.has("code")) throw new Error(came.toString());
  const exchange = { grant_type: "authorization_code", code: came.get("code"), redirect_uri: redirectUri, client_id: client };
  return tokens(await post(metadata.token_endpoint, { ...exchange, code_verifier: verifier, ...(resource && { resource }) }));
}

export async function byClientCredentials(issuer, { client, secret, resource, scope }) {
  const metadata = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
  const authorization = `Basic ${Buffer.from(`${client}:${secret}`).toString("base64")}`;
  const asked = { grant_type: "client_credentials", resource, scope };
  return tokens(await post(metadata.token_endpoint, asked, { authorization }));
}

/**
 * Signing in at the deployment's issuer: OpenID Connect, authorization code with PKCE (OAuth 2.0 for Browser-Based
 * Applications). The protocol is oauth4webapi's; what is decided here is what is asked for, and what stays in the tab.
 *
 * Tokens are never stored. What the way to the issuer and back needs (state, nonce, code verifier, the address to come
 * back to) is in the tab's session storage for as long as it takes, and good for nothing afterwards.
 */

import { Problem } from "./api.js";
import * as oauth from "./vendor/oauth4webapi-3.8.8.js";

const UNDER_WAY = "sign-in";
/** An access token is renewed when it has no longer than this, or than half of its lifetime. */
const RENEW_BEFORE_S = 60;
/** Whoever signs in anew has given a password no longer ago than this: a cabinet's computer is shared. */
const MAX_AGE_S = 900;
/** What an issuer says to `prompt=none` when there is nobody whom it knows. */
const NOBODY = ["login_required", "interaction_required", "consent_required", "account_selection_required"];

/** Why nobody is signed in. */
export class SignInFault extends Problem {}

export class Issuer {
  #configuration;
  #server;
  #options;

  constructor(configuration) {
    this.#configuration = configuration;
    // Only an issuer on this very machine may be spoken to without TLS.
    const isHere = ["127.0.0.1", "localhost", "[::1]"].includes(new URL(configuration.issuer).hostname);
    this.#options = { [oauth.allowInsecureRequests]: isHere };
  }

  /** Whether the page was opened by the issuer's answer. */
  static isAnswered() {
    const parameters = new URLSearchParams(location.search);
    return parameters.has("state") && (parameters.has("code") || parameters.has("error"));
  }

  /** Leaves for the issuer, and comes back to this address. `quietly` asks nobody anything. */
  async begin(address, { quietly = false } = {}) {
    const server = await this.#discovered();
    const [state, nonce, verifier] = [oauth.generateRandomState(), oauth.generateRandomNonce(), oauth.generateRandomCodeVerifier()];
    const { clientId, scope, audience, resource } = this.#configuration;
    const asked = {
      client_id: clientId,
      redirect_uri: redirectUri(),
      response_type: "code",
      scope,
      state,
      nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      ...(audience && { audience }),
      ...(resource && { resource }),
      ...(quietly ? { prompt: "none" } : { max_age: String(MAX_AGE_S) }),
    };
    const url = new URL(server.authorization_endpoint);
    for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
    sessionStorage.setItem(UNDER_WAY, JSON.stringify({ state, nonce, verifier, address, quietly }));
    location.assign(url);
    // The page is being left: nothing that waits for it goes on.
    await new Promise(() => {});
  }

  /**
   * Takes the issuer's answer out of the address and redeems it: `{ tokens, address }`, or `{ address }` where the issuer
   * was asked quietly and knows nobody.
   */
  async finish() {
    const parameters = new URL(location.href).searchParams;
    const kept = JSON.parse(sessionStorage.getItem(UNDER_WAY) ?? "null");
    sessionStorage.removeItem(UNDER_WAY);
    const address = kept?.address ?? "";
    history.replaceState(null, "", location.pathname + address);
    if (!kept) throw new SignInFault("This sign-in was begun somewhere else, or is over. Sign in again.");
    const server = await this.#discovered();
    try {
      const answer = oauth.validateAuthResponse(server, this.#client, parameters, kept.state);
      const granting = oauth.authorizationCodeGrantRequest(
        server, this.#client, oauth.None(), answer, redirectUri(), kept.verifier, this.#resource(),
      );
      const checks = { expectedNonce: kept.nonce, requireIdToken: true };
      const tokens = tokensOf(await oauth.processAuthorizationCodeResponse(server, this.#client, await granting, checks));
      if (!kept.quietly) expectFreshPassword(tokens.claims);
      return { tokens, address };
    } catch (error) {
      if (kept.quietly && NOBODY.includes(error.error)) return { address };
      throw faultOf(error);
    }
  }

  /** Whether an access token is about to end. */
  isEnding({ renewAt }) {
    return Date.now() > renewAt;
  }

  /** New tokens for those that end, or nothing where the issuer gives none without being visited. */
  async renewed(tokens) {
    if (!tokens.refreshToken) return undefined;
    try {
      const server = await this.#discovered();
      const asking = oauth.refreshTokenGrantRequest(server, this.#client, oauth.None(), tokens.refreshToken, this.#resource());
      const renewed = await oauth.processRefreshTokenResponse(server, this.#client, await asking);
      return { ...tokens, ...withoutAbsent(tokensOf(renewed)) };
    } catch (error) {
      // What is refused is over; what was not answered may be answered the next time.
      if (error instanceof oauth.ResponseBodyError) return undefined;
      throw faultOf(error);
    }
  }

  /** Ends the issuer's session as well, for which it has to be visited. Where it cannot be, nothing is left here. */
  async end({ refreshToken, idToken }) {
    const server = await this.#discovered().catch(() => ({}));
    if (refreshToken && server.revocation_endpoint) {
      await oauth.revocationRequest(server, this.#client, oauth.None(), refreshToken, this.#options).catch(() => {});
    }
    if (!server.end_session_endpoint) return;
    const url = new URL(server.end_session_endpoint);
    const said = { id_token_hint: idToken, client_id: this.#configuration.clientId, post_logout_redirect_uri: redirectUri() };
    for (const [name, value] of Object.entries(said)) url.searchParams.set(name, value);
    location.assign(url);
    await new Promise(() => {});
  }

  get #client() {
    return { client_id: this.#configuration.clientId };
  }

  #resource() {
    const { resource } = this.#configuration;
    return { ...this.#options, ...(resource && { additionalParameters: { resource } }) };
  }

  async #discovered() {
    if (this.#server) return this.#server;
    const issuer = new URL(this.#configuration.issuer);
    try {
      const response = await oauth.discoveryRequest(issuer, this.#options);
      this.#server = await oauth.processDiscoveryResponse(issuer, response);
    } catch (error) {
      throw faultOf(error);
    }
    return this.#server;
  }
}

/** What is kept of an issuer's answer. */
function tokensOf(answer) {
  // An issuer that does not say for how long is asked again soon.
  const lifetime = answer.expires_in ?? 300;
  return {
    accessToken: answer.access_token,
    refreshToken: answer.refresh_token,
    idToken: answer.id_token,
    claims: oauth.getValidatedIdTokenClaims(answer),
    renewAt: Date.now() + Math.max(lifetime - RENEW_BEFORE_S, lifetime / 2) * 1_000,
  };
}

function withoutAbsent(tokens) {
  return Object.fromEntries(Object.entries(tokens).filter(([, value]) => value !== undefined));
}

/** An issuer that says when the password was given has kept to what was asked for; not every issuer says it. */
function expectFreshPassword({ auth_time: given }) {
  if (given !== undefined && given * 1_000 < Date.now() - (MAX_AGE_S + 60) * 1_000) {
    throw new SignInFault("The issuer let somebody in who signed in long ago. Sign out there first.");
  }
}

/** Where the issuer sends people back to; it has to be registered there exactly so. */
function redirectUri() {
  return location.origin + location.pathname;
}

/** In words, of which none is the issuer's but its code: whoever makes up an address could say anything. */
function faultOf(error) {
  if (error instanceof SignInFault) return error;
  const code = typeof error.error === "string" && /^[a-z_]{1,40}$/.test(error.error) ? error.error : "";
  if (code === "access_denied") return new SignInFault("The sign-in was cancelled, or is not allowed to you.");
  if (code) return new SignInFault(`The issuer refused the sign-in (${code}).`);
  if (error instanceof TypeError) return new SignInFault("The issuer could not be reached.");
  console.error(error);
  return new SignInFault("The issuer's answer cannot be used. Sign in again.");
}

/**
 * Who is at the page: the credentials, which are in memory only, and the end of it after a quarter of an hour in which
 * nobody does anything.
 */

import { organisationClaim, signIn } from "./configuration.js";
import { forgetDrafts } from "./drafts.js";

export const IDLE_MS = 15 * 60_000;
const WARNING_MS = 60_000;
const LOOK_MS = 5_000;
/** In the tab's storage: when somebody who is signed in did something last. It says nothing else. */
const LAST_ACT = "last-act";

export class Session extends EventTarget {
  /** Who it is: `{ name, orgId, isSignedIn?, isDemo? }` (`isSignedIn`: at the issuer). */
  who;
  #credentials = {};
  #issuer;
  #tokens;
  #renewal;
  #lastAct = Date.now();
  #isWarned = false;

  constructor() {
    super();
    for (const kind of ["pointerdown", "keydown", "wheel", "touchstart"]) {
      addEventListener(kind, () => this.#acted(), { passive: true });
    }
    setInterval(() => this.#look(), LOOK_MS);
    // Timers of a page that is not looked at are late.
    document.addEventListener("visibilitychange", () => this.#look());
  }

  /** What the next call is made with. Near its end an access token is renewed first, for which the page may be left. */
  async credentials() {
    if (this.#tokens && this.#issuer.isEnding(this.#tokens)) {
      // Once for all calls that are made meanwhile: a refresh token that comes twice is taken for a stolen one.
      this.#renewal ??= this.#renew().finally(() => (this.#renewal = undefined));
      await this.#renewal;
    }
    return this.#credentials;
  }

  /** Comes back from the issuer, or to what this tab was before it was reloaded. */
  async resume() {
    if (!signIn) return;
    const { Issuer } = await import("./issuer.js");
    this.#issuer = new Issuer(signIn);
    if (Issuer.isAnswered()) {
      const { tokens } = await this.#issuer.finish();
      if (tokens) this.#signedIn(tokens);
      else sessionStorage.removeItem(LAST_ACT);
    } else if (Date.now() - Number(sessionStorage.getItem(LAST_ACT)) < IDLE_MS) {
      await this.#issuer.begin(location.hash, { quietly: true });
    }
  }

  /** Leaves for the issuer. */
  async begin() {
    await this.#issuer.begin(location.hash);
  }

  /** Takes credentials that were given in another way than by the issuer. */
  use({ token = "", apiKey = "", orgId = "", isDemo = false }) {
    const claims = claimsOf(token);
    const organisation = orgId || organisationOf(claims);
    this.#credentials = { token, apiKey };
    const name = typeof claims.sub === "string" ? claims.sub : "whoever has this API key";
    this.#began({ name, orgId: organisation, isDemo });
  }

  /** Forgets everything, and has the issuer forget it, too. */
  async end(reason = "") {
    const tokens = this.#tokens;
    this.#credentials = {};
    this.#tokens = undefined;
    this.who = undefined;
    sessionStorage.removeItem(LAST_ACT);
    forgetDrafts();
    this.dispatchEvent(new CustomEvent("end", { detail: reason }));
    if (tokens) await this.#issuer.end(tokens);
  }

  async #renew() {
    const before = this.#tokens;
    const renewed = await this.#issuer.renewed(before);
    if (!renewed) await this.#issuer.begin(location.hash, { quietly: true });
    // Somebody may have signed out in the meantime.
    if (this.#tokens !== before) return;
    this.#tokens = renewed;
    this.#credentials = { token: renewed.accessToken };
  }

  #signedIn(tokens) {
    const { name, preferred_username: username, email, sub } = tokens.claims;
    const claims = claimsOf(tokens.accessToken);
    this.#tokens = tokens;
    this.#credentials = { token: tokens.accessToken };
    this.#began({ name: name ?? username ?? email ?? sub, orgId: organisationOf(claims), isSignedIn: true });
  }

  #began(who) {
    this.who = who;
    this.#lastAct = Date.now();
    this.#acted();
    this.dispatchEvent(new Event("begin"));
  }

  #acted() {
    if (!this.who) return;
    // Whoever comes back after a quarter of an hour may be somebody else.
    if (this.#isOver()) return this.#look();
    this.#lastAct = Date.now();
    if (this.#tokens) sessionStorage.setItem(LAST_ACT, String(this.#lastAct));
    if (this.#isWarned) this.dispatchEvent(new CustomEvent("idle", { detail: false }));
    this.#isWarned = false;
  }

  #look() {
    if (!this.who || this.who.isDemo) return;
    if (this.#isOver()) {
      this.end("Nobody did anything for 15 minutes, so you were signed out.");
    } else if (!this.#isWarned && Date.now() - this.#lastAct >= IDLE_MS - WARNING_MS) {
      this.#isWarned = true;
      this.dispatchEvent(new CustomEvent("idle", { detail: true }));
    }
  }

  #isOver() {
    return !this.who.isDemo && Date.now() - this.#lastAct >= IDLE_MS;
  }
}

/** What a token says. Nothing is decided by it here: the API verifies the token, and decides. */
function claimsOf(token) {
  try {
    const [, payload] = token.split(".");
    const bytes = Uint8Array.from(atob(payload.replaceAll("-", "+").replaceAll("_", "/")), (byte) => byte.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes)) ?? {};
  } catch {
    return {};
  }
}

function organisationOf(claims) {
  const named = claims[organisationClaim];
  const [first = "", ...others] = [named ?? ""].flat();
  return others.length === 0 && typeof first === "string" ? first : "";
}

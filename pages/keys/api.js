/** The calls of the public API, and what can go wrong with them. */

const TIMEOUT_MS = 15_000;
const PAGE_SIZE = "100";
const IDEMPOTENCY_KEY_REUSED = 422;

/** Why a call has no result: the API refused it, or its answer never came. */
export class Problem extends Error {
  /** The HTTP status; 0 when there is no answer. */
  status = 0;
  /** The API's code for the refusal, such as `one_user_only`. */
  code = "";
  /** Everything the API found wrong: `{ message, pointer? }`. */
  errors = [];
  requestId = "";
  /** After how many seconds the API asks to be called again; 0 when it does not say. */
  retryAfter = 0;
  isCommand = false;
  /** True when the call may have been carried out without our knowing, or may succeed when sent again. */
  isPassing = false;

  constructor(message, details = {}) {
    super(message);
    Object.assign(this, details);
  }
}

/** The API at one address, called with what `credentials()` gives at the moment of each call: `{ token?, apiKey? }`. */
export class Api {
  #address;
  #credentials;
  /** The Idempotency-Key of every command that has not succeeded, by its path and body. */
  #unsettled = new Map();

  constructor(address, credentials) {
    this.#address = address;
    this.#credentials = credentials;
  }

  /** One page of the physical keys that a user holds: `{ keys, total?, nextCursor? }`. */
  physicalKeys(userId, { q = "", cursor = "" } = {}) {
    return this.#query(userPath(userId, "PhysicalKeys"), { q, limit: PAGE_SIZE, cursor });
  }

  /** One page of the physical keys that an organisation has out, newest first: `{ keys, nextCursor? }`. */
  organisationsPhysicalKeys(orgId, { cursor = "" } = {}) {
    return this.#query(`/orgs/${segment(orgId, "organisation")}/PhysicalKeys`, { limit: PAGE_SIZE, cursor });
  }

  /** One page of a user's history, oldest event first: `{ events, nextCursor? }`. */
  events(userId, { cursor = "", limit = PAGE_SIZE } = {}) {
    return this.#query(userPath(userId, "PhysicalKeyEvents"), { limit, cursor });
  }

  /** Issues a physical key to a user; `details` are `{ orgId, orgName?, note? }`. The answer has its event's `hash` as well. */
  add(userId, details) {
    return this.#command(userPath(userId, "AddPhysicalKey"), details);
  }

  /** Takes a physical key back from a user. */
  takeBack(userId, number) {
    return this.#command(userPath(userId, "RemovePhysicalKey"), { number });
  }

  async #query(path, parameters) {
    const given = Object.entries(parameters).filter(([, value]) => value !== "");
    const headers = await this.#headers();
    const { answer } = await this.#call(`${path}?${new URLSearchParams(given)}`, { method: "GET", headers });
    return answer;
  }

  /**
   * A command that is sent again keeps its Idempotency-Key until it has succeeded, so it is carried out once even
   * if an answer was lost. The API remembers commits only: keeping the Idempotency-Key after a refusal is safe,
   * except after the refusal of that very Idempotency-Key.
   */
  async #command(path, details) {
    const body = JSON.stringify(details);
    const submission = `${path} ${body}`;
    const idempotencyKey = this.#unsettled.get(submission) ?? freshIdempotencyKey();
    const headers = await this.#headers({ "Content-Type": "application/json", "Idempotency-Key": idempotencyKey });
    this.#unsettled.set(submission, idempotencyKey);
    try {
      const { answer, response } = await this.#call(path, { method: "POST", headers, body });
      this.#unsettled.delete(submission);
      return { ...answer, hash: response.headers.get("Event-Hash") ?? "" };
    } catch (problem) {
      if (problem.status === IDEMPOTENCY_KEY_REUSED) this.#unsettled.delete(submission);
      throw problem;
    }
  }

  async #headers(others = {}) {
    const { token, apiKey } = await this.#credentials();
    const headers = new Headers({ Accept: "application/json", ...others });
    if (token) setCredential(headers, "Authorization", `Bearer ${token}`, "bearer token");
    if (apiKey) setCredential(headers, "X-API-Key", apiKey, "API key");
    return headers;
  }

  async #call(path, options) {
    const isCommand = options.method === "POST";
    let response, text;
    try {
      response = await fetch(this.#address + path, {
        ...options,
        cache: "no-store",
        // Browsers would take the X-API-Key header along to wherever a redirect leads.
        redirect: "error",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      text = await response.text();
    } catch (error) {
      throw unanswered(error, isCommand);
    }
    const answer = parsed(text);
    if (response.ok && answer) return { answer, response };
    throw refusal(response, answer, isCommand);
  }
}

function userPath(userId, operation) {
  return `/users/${segment(userId, "user")}/${operation}`;
}

function segment(id, what) {
  // Browsers resolve these two as steps within the path, however they are encoded.
  if (id === "." || id === "..") {
    throw new Problem(`A browser cannot ask for the ${what} “${id}”: it would be a step in the address.`);
  }
  // Half of a character cannot be encoded.
  return encodeURIComponent(id.toWellFormed());
}

function setCredential(headers, name, value, what) {
  try {
    headers.set(name, value);
  } catch {
    throw new Problem(`The ${what} has a character that cannot be sent. Copy it again, whole and without more.`);
  }
}

function freshIdempotencyKey() {
  // Browsers offer `randomUUID` in secure contexts only, and plain http in a local network is none.
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The object that `text` is the JSON of, or null: proxies and static hosts answer with pages of their own. */
function parsed(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

function unanswered(error, isCommand) {
  const isLate = error.name === "TimeoutError";
  const message = isLate ? `The API took longer than ${TIMEOUT_MS / 1000} seconds.` : "The API could not be reached.";
  return new Problem(message, { isCommand, isPassing: true });
}

function refusal(response, answer, isCommand) {
  const { status } = response;
  const isTheApis = typeof answer?.message === "string";
  const message = isTheApis ? answer.message : `The answer (status ${status}) is not one of the API.`;
  return new Problem(message, {
    status,
    code: answer?.error ?? "",
    errors: Array.isArray(answer?.errors) ? answer.errors : [],
    requestId: answer?.requestId ?? response.headers.get("X-Request-Id") ?? "",
    retryAfter: Number(response.headers.get("Retry-After")) || 0,
    isCommand,
    isPassing: response.ok || status === 409 || status === 429 || status >= 500,
  });
}

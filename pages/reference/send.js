/** Sends a request from the browser. */

const TIMEOUT_MS = 30_000;
/** More of an answer is not shown. */
const SHOWN_LENGTH = 200_000;

/** What came back: `{ status, statusText, headers, text, millis, bytes, isCut, isForeign }`, or `{ failure }`, a sentence. */
export async function send({ method, url, headers, body }) {
  const given = headers.filter(({ isPlaceholder }) => !isPlaceholder).map(({ name, value }) => [name, value]);
  const started = performance.now();
  try {
    // Nothing but what is shown goes along; and headers would be taken along to wherever a redirect leads.
    const options = { cache: "no-store", credentials: "omit", redirect: "error", signal: AbortSignal.timeout(TIMEOUT_MS) };
    const response = await fetch(url, { method, headers: given, body, ...options });
    const bytes = await response.arrayBuffer();
    const millis = Math.round(performance.now() - started);
    const text = new TextDecoder().decode(bytes);
    const { status, statusText } = response;
    const shown = { text: text.slice(0, SHOWN_LENGTH), isCut: text.length > SHOWN_LENGTH };
    return { status, statusText, headers: [...response.headers], ...shown, millis, bytes: bytes.byteLength, isForeign: isForeign(url) };
  } catch (error) {
    return { failure: failure(error, url) };
  }
}

function failure(error, url) {
  const { origin } = new URL(url);
  if (error.name === "TimeoutError") return `Nothing came back from ${origin} within ${TIMEOUT_MS / 1000} seconds.`;
  if (!isForeign(url)) return `${origin} could not be reached. It may be down.`;
  const cors = `it does not allow requests from pages at ${location.origin} (CORS)`;
  return `${origin} could not be reached. Browsers do not say why: it may be down, it may redirect, or ${cors}.`;
}

function isForeign(url) {
  return new URL(url).origin !== location.origin;
}

/** What came back for a request. */

import { code, element, folded, freshId, listing } from "./elements.js";
import { sentence } from "./prose.js";

export class Answer {
  #responses;
  #status = element("p", { class: "outcome", role: "status" });
  #content = element("div", { class: "stack" });

  /** `responses` are those that the document has for the operation. */
  constructor(responses) {
    this.#responses = responses;
    const heading = element("h2", { id: freshId() }, "Response");
    this.element = element("section", { "aria-labelledby": heading.id }, heading, this.#status, this.#content);
    this.#tell("quiet", "Response will appear here after sending the request");
  }

  wait() {
    this.#tell("quiet", "Waiting for the response…");
  }

  /** Why there is none. */
  refuse(reason) {
    this.#tell("bad", reason);
  }

  show(result) {
    if (result.failure) return this.refuse(result.failure);
    const { status, statusText, millis, bytes, headers, text } = result;
    const line = [element("strong", {}, `${status} ${statusText}`.trim()), ` in ${millis.toLocaleString("en-GB")} ms, ${bytes.toLocaleString("en-GB")} bytes`];
    this.#tell(status < 400 ? "good" : "bad", ...line);
    const described = (name) => this.#responses.find((response) => response.status === name);
    const documented = described(String(status)) ?? described("default");
    if (documented?.description) this.#content.append(element("p", { class: "quiet" }, sentence(documented.description)));
    this.#content.append(bodyOf(text, result.isCut));
    this.#content.append(folded(`Headers (${headers.length})`, () => list(headers), { open: true }));
    if (result.isForeign) this.#content.append(element("p", { class: "quiet" }, "Of another origin's answer, a page sees only the headers that the API exposes."));
    this.element.scrollIntoView({ block: "nearest" });
    return undefined;
  }

  #tell(kind, ...words) {
    this.#status.className = `outcome ${kind}`;
    this.#status.replaceChildren(...words);
    this.#content.replaceChildren();
  }
}

function list(headers) {
  return element("dl", { class: "headers" }, headers.map(([name, value]) => element("div", {}, element("dt", {}, code(name)), element("dd", {}, code(value)))));
}

function bodyOf(text, isCut) {
  if (text === "") return element("p", { class: "quiet" }, "The response has no body.");
  return listing(isCut ? `${text}…` : pretty(text), { class: "code body", role: "group", "aria-label": "Body" });
}

/** JSON over several lines; anything else as it came. */
function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

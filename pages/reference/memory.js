/** What the page remembers while it is open, and nowhere else: where requests go, with which credentials, how they are shown. */

/** It says `change` whenever something in it was changed. */
export class Memory extends EventTarget {
  baseUrl = "";
  /** By the names of the document's security schemes. */
  credentials = {};
  areCredentialsShown = false;
  language = "curl";
  /** What was typed for parameters, by `"in name"`: the user that was typed for one operation is the next one's. */
  values = {};
  #origins;

  /** The base URLs are those that requests may be sent to. */
  constructor(baseUrls) {
    super();
    this.baseUrl = baseUrls[0];
    this.#origins = [...new Set(baseUrls.map((url) => new URL(url).origin))];
  }

  change(changes) {
    Object.assign(this, changes);
    this.dispatchEvent(new Event("change"));
  }

  /** The base URL as requests have it, without a slash at the end. */
  get target() {
    return URL.canParse(this.baseUrl) ? new URL(this.baseUrl).href.replace(/\/+$/, "") : this.baseUrl;
  }

  /** Why nothing is sent there from this page, in sentences. */
  get reasonAgainstSending() {
    if (faultOfBaseUrl(this.baseUrl) || this.#origins.includes(new URL(this.baseUrl).origin)) return "";
    return `From this page, requests are sent to ${this.#origins.join(" and ")} only. The samples are for the base URL that you typed: copy one of them.`;
  }
}

/** What is wrong with a base URL, in a sentence. */
export function faultOfBaseUrl(text) {
  if (!URL.canParse(text)) return "It is not a URL with https:// or http:// at its beginning.";
  const { protocol, search, hash, username, password } = new URL(text);
  if (protocol !== "https:" && protocol !== "http:") return "It does not begin with https:// or http://.";
  return search || hash || username || password ? "It has more than a scheme, a host, a port and a path." : "";
}

/** The base URLs of a page: those that its host names, or where the document says that the API is, if that is where the page is. */
export function baseUrls(named, root) {
  const own = named.split(/\s+/).filter((url) => URL.canParse(url));
  if (own.length > 0) return own;
  const servers = (root.servers ?? []).filter(({ url }) => URL.canParse(url, document.baseURI)).map(({ url }) => new URL(url, document.baseURI));
  const here = servers.find(({ origin }) => origin === location.origin) ?? new URL(".", document.baseURI);
  return [here.href.replace(/\/$/, "")];
}

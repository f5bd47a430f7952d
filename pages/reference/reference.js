/**
 * The interactive reference, made from the OpenAPI document beside it. Where a local server offers its demo's credentials, they are
 * filled in, so that the first try works. Credentials stay in the page's memory.
 */

import { groupsOf, operationsOf, webhooksOf } from "./document.js";
import { element } from "./elements.js";
import { Memory, baseUrls } from "./memory.js";
import { operationView, webhookView } from "./operation.js";
import { addressOf, navigation, overview } from "./overview.js";

const content = document.getElementById("content");

function configured(name) {
  return document.querySelector(`meta[name=${name}]`)?.content ?? "";
}

async function json(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
  return response.json();
}

/** Fills the demo's credentials in, by what the document calls them: a token goes into the Authorization header. */
async function fillIn(memory, operations) {
  const address = configured("demo-credentials");
  const demo = address && (await json(address).catch(() => undefined));
  if (!demo) return;
  const schemes = operations.flatMap(({ credentials }) => credentials);
  const credentials = schemes.map(({ name, header }) => [name, header === "Authorization" ? demo.token : demo.apiKey]);
  memory.credentials = Object.fromEntries(credentials);
  memory.demo = `The credentials of a service of ${demo.orgId}, the local demo's, are filled in.`;
}

function begin(root, memory, operations) {
  const webhooks = webhooksOf(root);
  const groups = groupsOf(root, [...operations, ...webhooks]);
  const first = overview(root, groups);
  const views = new Map();
  let shown = first;

  const menu = document.getElementById("operations");
  menu.append(...navigation(groups));
  const wide = matchMedia("(min-width: 64rem)");
  const fit = () => {
    menu.open = wide.matches;
  };
  wide.addEventListener("change", fit);
  fit();

  /** What the address names; an operation's view is made once, and keeps what was typed. */
  const viewOf = (address) => {
    if (views.has(address)) return views.get(address);
    const operation = operations.find((one) => addressOf(one) === address);
    const webhook = webhooks.find((one) => addressOf(one) === address);
    if (!operation && !webhook) return first;
    views.set(address, operation ? operationView(root, operation, memory) : webhookView(root, webhook));
    return views.get(address);
  };
  const show = () => {
    shown = viewOf(location.hash);
    shown.refresh();
    content.replaceChildren(shown.element);
    const heading = content.querySelector("h1").textContent;
    document.title = shown === first ? `${heading}: API reference` : `${heading}: ${root.info.title}`;
    for (const link of menu.querySelectorAll("a")) link.setAttribute("aria-current", link.getAttribute("href") === location.hash ? "page" : "false");
  };
  addEventListener("hashchange", () => {
    show();
    fit();
    scrollTo(0, 0);
    content.querySelector("h1").focus({ preventScroll: true });
  });
  memory.addEventListener("change", () => shown.refresh());
  show();
}

document.querySelector(".skip").addEventListener("click", (event) => {
  // The address names what is shown, and stays.
  event.preventDefault();
  content.focus();
});

try {
  const root = await json("openapi.json");
  const memory = new Memory(baseUrls(configured("base-urls"), root));
  const operations = operationsOf(root);
  await fillIn(memory, operations);
  begin(root, memory, operations);
} catch (error) {
  const reason = element("p", { role: "alert" }, `The OpenAPI document cannot be shown: ${error.message}`);
  content.replaceChildren(element("h1", { tabindex: "-1" }, "There is nothing to show"), reason);
}

/** What one sees first: what the API is for, its operations, and what holds for all of them. */

import { code, element, freshId } from "./elements.js";
import { route } from "./operation.js";
import { paragraphs } from "./prose.js";

/** The address of an operation within the page. */
export function addressOf(operation) {
  return `#${encodeURIComponent(operation.id)}`;
}

export function overview(root, groups) {
  const { title, version, description } = root.info;
  const [lead, ...rest] = paragraphs(description);
  const head = element("div", { class: "stack lead" }, element("h1", { tabindex: "-1" }, title), element("p", { class: "quiet" }, `Version ${version}`), lead);
  const more = rest.length > 0 ? element("section", { class: "prose", "aria-label": "For all operations" }, rest) : undefined;
  return { element: element("article", { class: "overview" }, head, groups.map((group) => listOf(root, group)), more), refresh: () => {} };
}

function listOf(root, { name, operations }) {
  const heading = element("h2", { id: freshId() }, name);
  const described = (root.tags ?? []).find((tag) => tag.name === name)?.description;
  const rows = operations.map((operation) => {
    const link = element("a", { href: addressOf(operation) }, operation.summary);
    return element("li", {}, element("p", { class: "row" }, link), route(operation));
  });
  return element("section", { "aria-labelledby": heading.id }, heading, paragraphs(described), element("ul", { class: "rows" }, rows));
}

/** The same, beside every view. */
export function navigation(groups) {
  return groups.map(({ name, operations }) => {
    const heading = element("p", { class: "group", id: freshId() }, name);
    const rows = operations.map((operation) => {
      const method = element("span", { class: `method ${operation.method.toLowerCase()}` }, operation.method);
      return element("li", {}, element("a", { href: addressOf(operation) }, method, " ", code(operation.id)));
    });
    return element("div", {}, heading, element("ul", { "aria-labelledby": heading.id }, rows));
  });
}

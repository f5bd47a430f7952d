/** The responses that the document has for an operation: when, with which headers and which body, refusals with their codes. */

import { code, element, folded, listing } from "./elements.js";
import { paragraphs, sentence } from "./prose.js";
import { flat, resolved, typeWords } from "./schema.js";
import { shape } from "./shapes.js";

export function responseList(root, responses) {
  return responses.map((response, index) => {
    const title = [element("span", { class: "status" }, response.status), " ", element("span", {}, sentence(response.description))];
    return folded(element("span", { class: "response-title" }, title), () => content(root, response), { class: "response", open: index === 0 });
  });
}

function content(root, response) {
  return [...bodies(root, response.content ?? {}), ...headers(root, response.headers ?? {})];
}

/** What is of one schema in several media types is shown once. */
export function bodies(root, content) {
  const bySchema = Map.groupBy(Object.entries(content), ([, media]) => JSON.stringify(media.schema ?? {}));
  return [...bySchema.values()].map((same) => {
    const [, { schema }] = same[0];
    const known = flat(root, schema);
    const types = same.map(([type]) => type).join(", ");
    const type = element("span", { class: "type" }, `${known.name ?? typeWords(root, known)}, ${types}`);
    const head = element("p", { class: "head" }, element("strong", {}, "Body"), type);
    const unfolded = folded("Members", () => shape(root, schema), { class: "inner" });
    return element("div", { class: "stack" }, head, examples(root, same.map(([, media]) => media)), unfolded);
  });
}

function examples(root, medias) {
  const single = medias.filter(({ example }) => example !== undefined).map(({ example }) => spelled(example));
  const named = medias.flatMap((media) => Object.entries(media.examples ?? {})).map(([name, reference]) => {
    const { summary, value } = resolved(root, reference);
    const words = summary ?? value?.message ?? "";
    return folded(element("span", {}, code(name), words && ": ", words && sentence(words)), () => spelled(value), { class: "example" });
  });
  return [...single, ...named];
}

function spelled(value) {
  return listing(typeof value === "string" ? value : JSON.stringify(value, null, 2), { role: "group", "aria-label": "Example" });
}

function headers(root, named) {
  const rows = Object.entries(named).map(([name, reference]) => {
    const header = resolved(root, reference);
    const type = typeWords(root, flat(root, header.schema ?? {}));
    return element("li", {}, element("p", { class: "head" }, code(name), element("span", { class: "type" }, type)), paragraphs(header.description));
  });
  return rows.length === 0 ? [] : [folded(`Headers (${rows.length})`, () => element("ul", { class: "members" }, rows), { class: "inner" })];
}

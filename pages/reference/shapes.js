/** The shape of a value: its members, of what type, within which limits. What they are made of unfolds. */

import { code, element, folded } from "./elements.js";
import { paragraphs } from "./prose.js";
import { exampleOf, flat, limitWords, members, typeWords } from "./schema.js";

/** What there is to say of a schema under its name and type. */
export function shape(root, schema) {
  const known = flat(root, schema);
  return [...own(root, known), ...inner(root, known)];
}

function own(root, known) {
  const example = exampleOf(root, known);
  const limits = [...limitWords(known), ...(example === undefined ? [] : [`Example: ${JSON.stringify(example)}`])];
  const patterned = known.pattern === undefined ? [] : [folded("Pattern", () => element("p", {}, code(known.pattern)), { class: "pattern" })];
  const limited = limits.length === 0 ? [] : [element("ul", { class: "limits" }, limits.map((limit) => element("li", {}, limit)))];
  return [...paragraphs(known.description), ...limited, ...patterned];
}

/** Members, items, alternatives. */
function inner(root, known) {
  const parts = members(root, known).map(({ name, isRequired, schema }) => member(root, name, schema, isRequired));
  const shown = parts.length > 0 ? [element("ul", { class: "members" }, parts)] : [];
  if (known.items) shown.push(...part(root, "Each item", known.items));
  if (typeof known.additionalProperties === "object") shown.push(...part(root, "Each member", known.additionalProperties));
  const alternatives = (known.alternatives ?? []).map((one, index) => element("li", {}, part(root, `Alternative ${index + 1}`, one, nameOf(root, one))));
  return alternatives.length > 0 ? [...shown, element("ul", { class: "members" }, alternatives)] : shown;
}

function part(root, label, schema, name) {
  const known = flat(root, schema);
  const head = element("p", { class: "head" }, element("span", {}, label), element("span", { class: "type" }, name ?? known.name ?? typeWords(root, known)));
  return [head, ...own(root, known), ...unfolding(root, known)];
}

function member(root, name, known, isRequired) {
  const head = element("p", { class: "head" }, code(name), element("span", { class: "type" }, typeWords(root, known)));
  if (isRequired) head.append(element("span", { class: "required" }, "Required"));
  return element("li", {}, head, own(root, known), unfolding(root, known));
}

/** What a schema within another one has in it is made when it is asked for: schemas may have themselves in them. */
function unfolding(root, known) {
  const hasMore = known.properties || known.items?.$ref || known.items?.properties || known.alternatives || typeof known.additionalProperties === "object";
  return hasMore ? [folded(known.name ? `Members of ${known.name}` : "Members", () => inner(root, known), { class: "inner" })] : [];
}

/** An alternative is best told by the one value that a member of it has. */
function nameOf(root, schema) {
  const known = flat(root, schema);
  if (known.name) return known.name;
  const told = members(root, known).find(({ schema }) => schema.const !== undefined || schema.enum?.length === 1);
  return told && String(told.schema.const ?? told.schema.enum[0]);
}

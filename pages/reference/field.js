/** A field for a parameter, a credential or a member of the body: its name, type, limits and description, and what is wrong. */

import { code, element, folded, freshId } from "./elements.js";
import { faultOf } from "./faults.js";
import { paragraphs } from "./prose.js";
import { limitWords, typeWords } from "./schema.js";

/** Longer texts than this have a field of several lines. */
const LINE_LENGTH = 200;

/** `{ element, input, text, fault, focus() }` of what is typed for a name. */
export class Field {
  #schema;
  #isRequired;
  #faultOf;
  #fault = element("p", { class: "fault", id: freshId() });

  /** `faultOf(text)` says what else is wrong; `onInput()` is called for each change. */
  constructor({ root, name, schema, isRequired, descriptions = [], example, value = "", isSecret, faultOf: others = () => "", onInput }) {
    this.#schema = schema;
    this.#isRequired = isRequired;
    this.#faultOf = others;
    const [id, hintId] = [freshId(), freshId()];
    const described = { "aria-describedby": `${hintId} ${this.#fault.id}`, "aria-required": isRequired && "true" };
    this.input = input(schema, value, { id, class: isSecret && "secret", ...described });
    this.text = value;
    this.input.addEventListener("input", () => {
      this.showFault();
      onInput();
    });
    const label = element("label", { for: id }, code(name));
    const head = element("div", { class: "head" }, label, element("span", { class: "type" }, typeWords(root, schema)));
    if (isRequired) head.append(element("span", { class: "required" }, "Required"));
    const hint = element("div", { class: "hint", id: hintId }, descriptions.flatMap(paragraphs), limits(schema, example));
    this.element = element("div", { class: "field", "data-name": name }, head, this.input, this.#fault, hint, pattern(schema));
  }

  get text() {
    return this.input.value;
  }

  set text(text) {
    this.input.value = text;
    this.showFault();
  }

  get fault() {
    return faultOf(this.text, this.#schema, this.#isRequired) || this.#faultOf(this.text);
  }

  /** What is not there yet is not called wrong before it is missed. */
  showFault(isMissed = false) {
    const fault = this.text === "" && !isMissed ? "" : this.fault;
    this.#fault.textContent = fault;
    this.input.setAttribute("aria-invalid", String(fault !== ""));
  }

  focus() {
    this.showFault(true);
    this.input.focus();
  }
}

/** What is typed is nothing that a browser should remember, begin with a capital or correct. */
export const TYPING = { autocomplete: "off", autocapitalize: "none", spellcheck: "false" };

function input(schema, value, attributes) {
  const values = schema.type === "boolean" ? ["true", "false"] : schema.enum?.map(String);
  const choices = value === "" ? ["", ...(values ?? [])] : values;
  if (values) return element("select", attributes, choices.map((choice) => element("option", { value: choice }, choice || "—")));
  const isJson = schema.type === "object" || schema.type === "array";
  const isLong = schema.type === "string" && !schema.pattern && (schema.maxLength ?? 0) > LINE_LENGTH;
  if (isJson || isLong) return element("textarea", { rows: "2", ...TYPING, ...attributes });
  const inputmode = schema.type === "integer" ? "numeric" : undefined;
  return element("input", { type: "text", inputmode, ...TYPING, ...attributes });
}

function limits(schema, example) {
  const words = limitWords(schema);
  if (example !== undefined) words.push(`Example: ${typeof example === "string" ? example : JSON.stringify(example)}`);
  return words.length === 0 ? undefined : element("ul", { class: "limits" }, words.map((word) => element("li", {}, word)));
}

function pattern(schema) {
  return schema.pattern === undefined ? undefined : folded("Pattern", () => element("p", {}, code(schema.pattern)), { class: "pattern" });
}

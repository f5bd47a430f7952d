/** The body of a request: a field for each member, or the whole text. */

import { button, element, freshId } from "./elements.js";
import { faultOfJson } from "./faults.js";
import { Field, TYPING } from "./field.js";
import { paragraphs } from "./prose.js";
import { bodyOf } from "./request.js";
import { exampleOf, flat, members } from "./schema.js";

/** `{ element, mediaType, text }` of an operation's body. */
export class Body {
  #root;
  #content;
  #onInput;
  #members = [];
  #fields = [];
  #typed = element("div", { class: "fields" });
  #whole = element("textarea", { id: freshId(), rows: "8", class: "code", ...TYPING });
  #fault = element("p", { class: "fault", id: freshId() });
  #toggle = button("Edit as text", { class: "small", "aria-pressed": "false" }, () => this.#change(!this.#isWhole));

  constructor(root, body, onInput) {
    this.#root = root;
    this.#content = body.content ?? {};
    this.#onInput = onInput;
    this.type = this.#typeField();
    this.#whole.setAttribute("aria-describedby", this.#fault.id);
    this.#whole.addEventListener("input", () => this.#tell());
    const whole = element("div", { class: "field" }, element("label", { for: this.#whole.id }, "Text of the body"), this.#whole, this.#fault);
    const hint = element("div", { class: "hint" }, paragraphs(body.description));
    this.element = element("fieldset", {}, element("legend", {}, "Body"), hint, this.type.element, this.#choice(), this.#toggle, this.#typed, whole);
    this.#begin();
  }

  #typeField() {
    const types = Object.keys(this.#content);
    const common = { root: this.#root, name: "Content-Type", schema: { type: "string", enum: types }, isRequired: true, value: types[0] };
    return new Field({ ...common, descriptions: ["The media type of the request body"], onInput: () => this.#begin() });
  }

  get mediaType() {
    return this.type.text;
  }

  get text() {
    if (this.#isWhole) return this.#whole.value;
    return bodyOf(this.#members, Object.fromEntries(this.#fields.map(({ name, field }) => [name, field.text])));
  }

  get #isWhole() {
    return this.#toggle.getAttribute("aria-pressed") === "true";
  }

  get #media() {
    return this.#content[this.mediaType] ?? {};
  }

  /** Puts the fields of the chosen media type there. */
  #begin() {
    const schema = flat(this.#root, this.#media.schema ?? {});
    const isOfMembers = /[/+]json$/.test(this.mediaType) && schema.properties !== undefined;
    this.#members = isOfMembers ? members(this.#root, schema).filter((member) => !member.schema.readOnly) : [];
    this.#fields = this.#members.map(({ name, isRequired, schema }) => {
      const example = exampleOf(this.#root, schema);
      const common = { root: this.#root, name, schema, isRequired, example, descriptions: [schema.description] };
      return { name, field: new Field({ ...common, onInput: () => this.#onInput() }) };
    });
    this.#typed.replaceChildren(...this.#fields.map(({ field }) => field.element));
    this.#toggle.hidden = !isOfMembers;
    this.#fill(exampleOf(this.#root, this.#media) ?? exampleOf(this.#root, schema) ?? {});
    this.#change(!isOfMembers);
  }

  /** Fills a value in: into its members' fields, or as text. */
  #fill(value) {
    for (const { name, field } of this.#fields) {
      const member = value?.[name];
      field.text = member === undefined ? "" : typeof member === "string" ? member : JSON.stringify(member);
    }
    this.#whole.value = typeof value === "string" ? value : JSON.stringify(value, null, 2);
    this.#tell();
  }

  /** Changes between the fields and the text, and takes what was typed along. */
  #change(isWhole) {
    if (isWhole && !this.#isWhole && this.#fields.length > 0) this.#whole.value = this.text;
    if (!isWhole && this.#isWhole && faultOfJson(this.#whole.value) === "") this.#fill(JSON.parse(this.#whole.value));
    this.#toggle.setAttribute("aria-pressed", String(isWhole));
    this.#typed.hidden = isWhole;
    this.#whole.parentElement.hidden = !isWhole;
    this.#tell();
  }

  #tell() {
    const isJson = /[/+]json$/.test(this.mediaType);
    const fault = isJson && this.#isWhole ? faultOfJson(this.#whole.value) : "";
    this.#fault.textContent = fault;
    this.#whole.setAttribute("aria-invalid", String(fault !== ""));
    this.#onInput();
  }

  /** Where there are several examples, which of them is filled in. */
  #choice() {
    const examples = Object.entries(this.#media.examples ?? {});
    if (examples.length < 2) return undefined;
    const id = freshId();
    const choice = element("select", { id, "data-example": true }, examples.map(([name, { summary }]) => element("option", { value: name }, summary ?? name)));
    choice.addEventListener("input", () => this.#fill(this.#media.examples[choice.value].value));
    return element("div", { class: "field" }, element("label", { for: id }, "Example"), choice);
  }
}

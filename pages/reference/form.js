/** What is asked for to make an operation's request: where it goes, the credentials, the parameters, the body. */

import { Body } from "./body.js";
import { element, freshId } from "./elements.js";
import { Field } from "./field.js";
import { faultOfBaseUrl } from "./memory.js";
import { requestOf } from "./request.js";
import { exampleOf, flat } from "./schema.js";

const PLACES = { path: "Path parameters", query: "Query parameters", header: "Headers" };

/** `{ element, request, unsendable, refresh() }`. The element is a form, and is submitted to send. */
export class RequestForm {
  #root;
  #operation;
  #memory;
  #parameters = [];
  #body;
  #note = element("p", { class: "notice", role: "status" });

  constructor(root, operation, memory, onInput) {
    this.#root = root;
    this.#operation = operation;
    this.#memory = memory;
    this.baseUrl = this.#baseUrlField();
    this.credentials = operation.credentials.map((scheme) => this.#credentialField(scheme));
    const places = Object.keys(PLACES).map((place) => this.#parametersIn(place, onInput));
    this.#body = operation.body && new Body(root, operation.body, () => onInput());
    const server = element("fieldset", {}, element("legend", {}, "Server"), this.baseUrl.element, this.#note);
    const parts = [server, this.#credentialsSet(), ...places, this.#body?.element];
    this.element = element("form", { id: freshId(), novalidate: true, autocomplete: "off" }, parts);
    this.refresh();
  }

  get request() {
    const { target, credentials, values } = this.#memory;
    const [operation, mediaType, body] = [this.#operation, this.#body?.mediaType, this.#body?.text];
    return requestOf({ operation, baseUrl: target, credentials, values, mediaType, body });
  }

  /** The fields without which there is no request: what is wrong with them cannot be sent. What can, is for the API to refuse. */
  get unsendable() {
    const parameters = this.#parameters.filter(({ parameter, field }) => unsendable(parameter, field.text) !== "");
    const credentials = this.credentials.filter(({ field }) => unsendableHeader(field.text) !== "");
    return [...(this.baseUrl.fault ? [this.baseUrl] : []), ...[...credentials, ...parameters].map(({ field }) => field)];
  }

  /** Shows what another operation's form has changed. */
  refresh() {
    const { baseUrl, credentials, values, areCredentialsShown, reasonAgainstSending } = this.#memory;
    const show = (field, text) => {
      if (field.text !== text) field.text = text;
    };
    show(this.baseUrl, baseUrl);
    for (const { scheme, field } of this.credentials) {
      show(field, credentials[scheme.name] ?? "");
      field.input.classList.toggle("secret", !areCredentialsShown);
    }
    for (const { key, field } of this.#parameters) show(field, values[key] ?? "");
    if (this.#note.textContent !== reasonAgainstSending) this.#note.textContent = reasonAgainstSending;
    if (this.shown) this.shown.checked = areCredentialsShown;
  }

  #baseUrlField() {
    const descriptions = ["Target server for requests. Edit to use your own host."];
    const common = { root: this.#root, name: "Base URL", schema: { type: "string" }, isRequired: true, descriptions };
    const onInput = () => this.#memory.change({ baseUrl: this.baseUrl.text });
    return new Field({ ...common, faultOf: faultOfBaseUrl, value: this.#memory.baseUrl, onInput });
  }

  #credentialField(scheme) {
    const onInput = () => this.#memory.change({ credentials: { ...this.#memory.credentials, [scheme.name]: field.text } });
    const common = { root: this.#root, schema: { type: "string" }, isRequired: scheme.isRequired, isSecret: true };
    const field = new Field({ ...common, name: scheme.label, descriptions: [scheme.description], faultOf: unsendableHeader, onInput });
    return { scheme, field };
  }

  #credentialsSet() {
    if (this.credentials.length === 0) return undefined;
    const id = freshId();
    this.shown = element("input", { type: "checkbox", id });
    this.shown.addEventListener("input", () => this.#memory.change({ areCredentialsShown: this.shown.checked }));
    const show = element("p", { class: "check" }, this.shown, element("label", { for: id }, "Show credentials, here and in the request"));
    const demo = this.#memory.demo && element("p", { class: "notice credentials" }, this.#memory.demo);
    return element("fieldset", {}, element("legend", {}, "Credentials"), demo, this.credentials.map(({ field }) => field.element), show);
  }

  #parametersIn(place, onInput) {
    const parameters = this.#operation.parameters.filter((parameter) => parameter.in === place);
    if (parameters.length === 0) return undefined;
    const fields = parameters.map((parameter) => this.#parameterField(parameter, onInput));
    return element("fieldset", {}, element("legend", {}, PLACES[place]), fields.map(({ element }) => element));
  }

  #parameterField(parameter, onInput) {
    const key = `${parameter.in} ${parameter.name}`;
    const { values } = this.#memory;
    const schema = flat(this.#root, parameter.schema ?? { type: "string" });
    const example = exampleOf(this.#root, parameter) ?? exampleOf(this.#root, schema) ?? schema.default;
    // What is optional is left out at first: another cursor or Idempotency-Key than one's own is refused, or worse, taken.
    if (parameter.required && values[key] === undefined && example !== undefined) values[key] = String(example);
    const { name, required: isRequired } = parameter;
    const said = { example: isRequired ? undefined : example, descriptions: [...new Set([parameter.description, schema.description])].filter(Boolean) };
    const keep = () => {
      values[key] = field.text;
      onInput();
    };
    const rules = { isRequired, faultOf: (text) => unsendable(parameter, text), onInput: keep };
    const field = new Field({ root: this.#root, name, schema, value: values[key] ?? "", ...said, ...rules });
    this.#parameters.push({ key, parameter, field });
    return field;
  }
}

/** Why there can be no request with this text in it. */
function unsendable(parameter, text) {
  if (parameter.in === "header") return unsendableHeader(text);
  if (parameter.in !== "path") return "";
  if (text === "") return "It is a part of the path.";
  return text === "." || text === ".." ? "A browser takes it for a step in the path." : "";
}

function unsendableHeader(text) {
  try {
    new Headers().set("X", text);
    return "";
  } catch {
    return "It has a character that a header cannot have.";
  }
}

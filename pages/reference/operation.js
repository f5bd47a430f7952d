/** An operation: what it does, a form to try it with, its request as it is typed, and all that it answers. */

import { Answer } from "./answer.js";
import { code, element, freshId } from "./elements.js";
import { RequestForm } from "./form.js";
import { Preview } from "./preview.js";
import { paragraphs } from "./prose.js";
import { bodies, responseList } from "./responses.js";
import { send } from "./send.js";

/** `{ element, refresh() }` of an operation. */
export function operationView(root, operation, memory) {
  let form;
  const refresh = () => {
    form?.refresh();
    if (form) preview.show(form.request);
  };
  const answer = new Answer(operation.responses);
  form = new RequestForm(root, operation, memory, () => form && preview.show(form.request));
  const preview = new Preview(memory, form.element.id);
  form.element.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(form, preview, answer, memory);
  });
  const tried = element("div", { class: "tried" }, preview.element, answer.element);
  const view = element("article", { class: "operation" }, head(operation), form.element, tried, responses(root, operation));
  refresh();
  return { element: view, refresh };
}

/** A webhook: what is sent, and to be answered with what. */
export function webhookView(root, webhook) {
  const body = webhook.body && section("What is sent", [...paragraphs(webhook.body.description), ...bodies(root, webhook.body.content ?? {})]);
  return { element: element("article", { class: "webhook" }, head(webhook), body, responses(root, webhook)), refresh: () => {} };
}

/** The method and the path, or what a webhook is called. */
export function route({ method, path, name }) {
  return element("p", { class: "route" }, element("span", { class: `method ${method.toLowerCase()}` }, method), " ", code(path ?? name));
}

async function submit(form, preview, answer, memory) {
  const { unsendable, request } = form;
  if (unsendable.length > 0) {
    for (const field of unsendable) field.showFault(true);
    unsendable[0].focus();
    return;
  }
  if (memory.reasonAgainstSending) {
    answer.refuse(memory.reasonAgainstSending);
    return;
  }
  answer.wait();
  preview.send.disabled = true;
  const result = await send(request);
  preview.send.disabled = false;
  answer.show(result);
}

function head(operation) {
  const title = element("h1", { tabindex: "-1" }, operation.summary);
  return element("div", { class: "stack lead" }, title, route(operation), paragraphs(operation.description));
}

function responses(root, { responses }) {
  return responses.length === 0 ? undefined : section("Responses", responseList(root, responses), "responses");
}

function section(title, content, name) {
  const heading = element("h2", { id: freshId() }, title);
  return element("section", { "aria-labelledby": heading.id, class: name }, heading, content);
}

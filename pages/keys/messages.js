/** What the page says of what was done and what went wrong, in a place of its own that covers nothing. */

import { Problem } from "./api.js";
import { button, element } from "./elements.js";
import { problemParts } from "./sentences.js";

const DONE_IS_READ_MS = 10_000;

export class Messages {
  #done;
  #problem;
  #fields;
  #timer;

  /** In this container; `fields` are a form's fields by the JSON pointers under which the API finds fault with them. */
  constructor(container, fields = new Map()) {
    this.#done = container.querySelector(".done");
    this.#problem = container.querySelector(".problem");
    this.#fields = fields;
  }

  clear() {
    clearTimeout(this.#timer);
    this.#done.textContent = "";
    this.#problem.replaceChildren();
    for (const field of this.#fields.values()) {
      field.removeAttribute("aria-invalid");
      faultOf(field).replaceChildren();
    }
  }

  /** Says what was done; it goes away by itself, because what was done is seen in the lists as well. */
  done(...said) {
    this.clear();
    this.#done.replaceChildren(...said);
    this.#timer = setTimeout(() => this.#done.replaceChildren(), DONE_IS_READ_MS);
  }

  /** Says what went wrong, until it is dismissed or something else is done, such as `again()`. */
  problem(thrown, again) {
    const problem = thrown instanceof Problem ? thrown : new Problem(thrown.message);
    if (problem !== thrown) console.error(thrown);
    this.clear();
    const focused = document.activeElement;
    const dismiss = button("Dismiss", {}, () => {
      this.#problem.replaceChildren();
      focused.focus();
    });
    const retry = again ? [button("Try again", {}, () => (this.clear(), again()))] : [];
    const choices = element("p", { class: "actions" }, ...retry, dismiss);
    this.#problem.replaceChildren(...problemParts(problem, (pointer) => this.#fields.has(pointer)), choices);
    this.#markFields(problem.errors);
    this.#problem.scrollIntoView({ block: "nearest" });
  }

  /** Says at a field what is wrong with it. */
  fault(pointer, message) {
    const field = this.#fields.get(pointer);
    field.setAttribute("aria-invalid", "true");
    faultOf(field).append(element("span", {}, message));
  }

  #markFields(errors) {
    const faults = errors.filter(({ pointer }) => this.#fields.has(pointer));
    for (const { pointer, message } of faults) this.fault(pointer, message);
    if (faults.length > 0) this.#fields.get(faults[0].pointer).focus();
  }

  /** Does `work` while `control` cannot be pressed, and says what goes wrong with it. */
  async during(control, work) {
    const wasFocused = document.activeElement === control;
    this.clear();
    control.disabled = true;
    control.setAttribute("aria-busy", "true");
    try {
      await work();
    } catch (problem) {
      this.problem(problem);
    } finally {
      control.disabled = false;
      control.removeAttribute("aria-busy");
      // A button that is disabled loses the focus, and the keyboard its place.
      if (wasFocused && document.activeElement === document.body) control.focus({ preventScroll: true });
    }
  }
}

function faultOf(field) {
  return document.getElementById(`${field.id}-error`);
}

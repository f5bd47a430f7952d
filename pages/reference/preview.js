/** The request as it would be sent, in several languages. It changes as one types. */

import { button, element, freshId, lines, listing } from "./elements.js";
import { masked } from "./request.js";
import { LANGUAGES } from "./samples.js";

const STEPS = { ArrowLeft: -1, ArrowRight: 1 };

export class Preview {
  #memory;
  #request;
  #tabs;
  #panel = listing("", { id: freshId(), role: "tabpanel" });
  #note = element("p", { class: "quiet" });
  #said = element("p", { class: "quiet", role: "status" });

  /** `formId` is the form that the button sends. */
  constructor(memory, formId) {
    this.#memory = memory;
    this.#tabs = LANGUAGES.map(({ id, name }) => {
      const attributes = { id: freshId(), role: "tab", "aria-controls": this.#panel.id };
      return button(name, attributes, () => memory.change({ language: id }));
    });
    const list = element("div", { class: "tabs", role: "tablist", "aria-label": "Language" }, this.#tabs);
    list.addEventListener("keydown", (event) => this.#step(event));
    this.send = element("button", { class: "primary", form: formId }, "Send request");
    const copy = button("Copy", {}, () => this.#copy());
    const actions = element("div", { class: "actions" }, this.send, copy, this.#said);
    const heading = element("h2", { id: freshId() }, "Request preview");
    this.element = element("section", { "aria-labelledby": heading.id }, heading, list, this.#panel, this.#note, actions);
  }

  show(request) {
    this.#request = request;
    const { language, areCredentialsShown } = this.#memory;
    LANGUAGES.forEach(({ id }, index) => {
      const tab = this.#tabs[index];
      tab.setAttribute("aria-selected", String(id === language));
      tab.tabIndex = id === language ? 0 : -1;
      if (id === language) this.#panel.setAttribute("aria-labelledby", tab.id);
    });
    this.#panel.replaceChildren(...lines(this.#spelled(areCredentialsShown ? request : masked(request))));
    this.#note.textContent = noteOf(request, areCredentialsShown);
    this.#said.textContent = "";
  }

  #spelled(request) {
    return LANGUAGES.find(({ id }) => id === this.#memory.language).spell(request);
  }

  #step(event) {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const next = this.#tabs.at((this.#tabs.indexOf(event.target) + step) % this.#tabs.length);
    next.click();
    next.focus();
  }

  async #copy() {
    const text = this.#spelled(this.#request);
    try {
      await navigator.clipboard.writeText(text);
      this.#said.textContent = "Copied.";
    } catch {
      // Browsers have a clipboard in secure contexts only, and plain http in a local network is none.
      this.#panel.replaceChildren(...lines(text));
      getSelection().selectAllChildren(this.#panel);
      this.#said.textContent = "Your browser does not let pages copy. It is selected whole.";
    }
  }
}

function noteOf({ headers }, areCredentialsShown) {
  const placeholders = headers.filter(({ isPlaceholder }) => isPlaceholder).map(({ value }) => value.split(" ").at(-1));
  if (placeholders.length > 0) return `${placeholders.join(" and ")}: of what is not filled in, nothing is sent.`;
  const isCut = !areCredentialsShown && headers.some(({ isSecret }) => isSecret);
  return isCut ? "Credentials are cut off here. The copy has them whole." : "";
}

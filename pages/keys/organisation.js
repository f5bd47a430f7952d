/** The first view: the organisation's physical keys that are out, newest first, found as one types. */

import { ofOrganisation, ofPerson } from "./addresses.js";
import { Problem } from "./api.js";
import { csv, save, xlsx } from "./downloads.js";
import { byId, counted, countOf, element, typed } from "./elements.js";

const WRITERS = { csv, xlsx };

export class OrganisationView {
  #listing;
  #rows;
  #messages;
  /** What is looked through, folded once for each physical key. */
  #folded = new WeakMap();
  #found = [];

  constructor({ listing, rows, messages }) {
    this.#listing = listing;
    this.#rows = rows;
    this.#messages = messages;
    listing.addEventListener("change", () => this.#update());
    listing.addEventListener("problem", ({ detail }) => messages.problem(detail, () => listing.load()));
    byId("query").addEventListener("input", () => this.#find());
    byId("find").addEventListener("submit", (event) => event.preventDefault());
    for (const button of byId("download").querySelectorAll("button")) {
      button.addEventListener("click", () => messages.during(button, () => this.#download(button.dataset.format)));
    }
  }

  show({ q }) {
    if (byId("query").value !== q) byId("query").value = q;
    this.#update();
  }

  #find() {
    // The address is what is seen; going back does not go through every letter.
    history.replaceState(null, "", ofOrganisation(byId("query").value));
    this.#update();
  }

  #update() {
    const words = fold(byId("query").value).split(/\s+/).filter((word) => word !== "");
    const { items, isWhole } = this.#listing;
    const matches = (key) => words.every((word) => this.#text(key).includes(word));
    this.#found = words.length === 0 ? items : items.filter(matches);
    this.#rows.show(this.#found);
    if (isWhole) this.#rows.keepChosen(items);
    byId("organisation-count").textContent = this.#count(words.length > 0);
    this.#describeEmpty(byId("query").value.trim(), isWhole);
  }

  #count(isFiltered) {
    const all = countOf(this.#listing);
    return isFiltered && this.#listing.items.length > 0 ? `${this.#found.length.toLocaleString()} of ${all}` : all;
  }

  #describeEmpty(query, isWhole) {
    const empty = byId("out-empty");
    empty.hidden = this.#found.length > 0;
    if (!isWhole) {
      empty.replaceChildren();
    } else if (query === "") {
      empty.replaceChildren("None is out. Add the first one.");
    } else {
      const person = element("a", { href: ofPerson(query) }, "the person “", typed(query), "”");
      empty.replaceChildren("None that is out has this in it. It may be among what was taken back from ", person, ".");
    }
  }

  #text(key) {
    let text = this.#folded.get(key);
    if (text === undefined) {
      text = fold(`${key.userId}\n${key.note ?? ""}\n${key.orgName ?? ""}\n#${key.number}`);
      this.#folded.set(key, text);
    }
    return text;
  }

  async #download(format) {
    byId("download").open = false;
    if (!this.#listing.isWhole) throw new Problem("The list is still being read: wait until its count is there.");
    const keys = this.#found;
    save(await WRITERS[format](keys), `physical-keys.${format}`);
    this.#messages.done(`${counted(keys.length)} saved as physical-keys.${format}.`);
  }
}

/** Without regard to capitals and accents. */
function fold(text) {
  return text.normalize("NFKD").replaceAll(/\p{Mn}/gu, "").toLowerCase();
}

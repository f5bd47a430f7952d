/** The view of one person: what they hold, and everything that has happened, newest first. */

import { ofReceipt } from "./addresses.js";
import { byId, counted, countOf, timeZone } from "./elements.js";
import { eventItem } from "./sentences.js";

const EVENTS_AT_A_TIME = 100;

export class PersonView {
  #inventory;
  #rows;
  #messages;
  #person;
  #most = EVENTS_AT_A_TIME;
  /** The items that have been made, by their events. */
  #items = new Map();

  constructor({ inventory, rows, messages }) {
    this.#inventory = inventory;
    this.#rows = rows;
    this.#messages = messages;
    byId("history-more").addEventListener("click", () => this.#more());
  }

  show({ userId }) {
    const person = this.#inventory.person(userId);
    byId("person-heading").replaceChildren(`Physical keys of ${userId}`);
    byId("person-receipt").href = ofReceipt(userId);
    if (person !== this.#person) this.#begin(person);
    this.#updateHeld();
    this.#updateHistory();
  }

  forget() {
    this.#person = undefined;
    this.#items.clear();
    this.#rows.show([]);
    byId("history").replaceChildren();
  }

  #begin(person) {
    this.#person = person;
    this.#most = EVENTS_AT_A_TIME;
    this.#items.clear();
    this.#rows.reset();
    const ifStill = (act) => (event) => {
      if (person === this.#person) act(event);
    };
    person.held.addEventListener("change", ifStill(() => this.#updateHeld()));
    person.history.addEventListener("change", ifStill(() => this.#updateHistory()));
    for (const list of [person.held, person.history]) {
      list.addEventListener("problem", ifStill(({ detail }) => this.#messages.problem(detail, () => list.load())));
    }
  }

  #updateHeld() {
    const { items, isWhole } = this.#person.held;
    this.#rows.show(items.toSorted((one, other) => other.number - one.number));
    if (isWhole) this.#rows.keepChosen(items);
    byId("person-count").textContent = countOf(this.#person.held);
    byId("held-empty").hidden = items.length > 0 || !isWhole;
    byId("held-empty").textContent = "Holds none now.";
    byId("person-receipt").hidden = items.length === 0;
  }

  #updateHistory() {
    const { items, isWhole, isBroken } = this.#person.history;
    const words = byId("history-words");
    // It comes oldest first: what is newest is known at the end only.
    if (isBroken) words.textContent = "It could not be read.";
    else if (!isWhole) words.textContent = `Reading: ${counted(items.length, "event")} so far…`;
    else words.textContent = items.length === 0 ? "Nothing has happened yet." : `Newest first. Times are in ${timeZone}.`;
    const newest = isWhole ? items.toReversed() : [];
    byId("history").replaceChildren(...newest.slice(0, this.#most).map((event) => this.#item(event)));
    byId("history-more").hidden = newest.length <= this.#most;
  }

  #more() {
    const first = this.#most;
    this.#most += EVENTS_AT_A_TIME;
    this.#updateHistory();
    byId("history").children[first]?.querySelector("a")?.focus();
  }

  #item(event) {
    const made = this.#items.get(event) ?? eventItem(event, this.#person.userId);
    this.#items.set(event, made);
    return made;
  }
}

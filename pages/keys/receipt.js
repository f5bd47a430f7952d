/** The view that is printed: who holds what since when, by which events, and lines to sign. */

import { ofPerson } from "./addresses.js";
import { byId, element, time, typed } from "./elements.js";

export class ReceiptView {
  #inventory;
  #session;
  #messages;
  #shown;

  constructor({ inventory, session, messages }) {
    this.#inventory = inventory;
    this.#session = session;
    this.#messages = messages;
    byId("print").addEventListener("click", () => print());
  }

  /** Of these numbers, or of all that the person holds where there are none. */
  show({ userId, numbers }) {
    const person = this.#inventory.person(userId);
    if (this.#shown?.person !== person) {
      for (const list of [person.held, person.history]) {
        list.addEventListener("change", () => this.#shown?.person === person && this.#update());
        list.addEventListener("problem", ({ detail }) => this.#shown?.person === person && this.#messages.problem(detail, () => list.load()));
      }
    }
    this.#shown = { person, numbers };
    byId("receipt-back").href = ofPerson(userId);
    byId("receipt-back").textContent = `All physical keys of ${userId}`;
    this.#update();
  }

  forget() {
    this.#shown = undefined;
    byId("receipt-body").replaceChildren();
  }

  #update() {
    const { person, numbers } = this.#shown;
    const { held, history } = person;
    byId("print").disabled = !(held.isWhole && history.isWhole);
    if (byId("print").disabled) return byId("receipt-body").replaceChildren(element("p", { class: "hint" }, "Reading…"));
    const wanted = held.items.filter(({ number }) => numbers.length === 0 || numbers.includes(number));
    const added = history.items.filter(({ event }) => event.type === "PhysicalKeyAdded");
    const hashes = new Map(added.map(({ event, hash }) => [event.data.number, hash]));
    byId("receipt-body").replaceChildren(...(wanted.length === 0 ? [nothing()] : this.#parts(person.userId, wanted, hashes)));
    byId("print").disabled = wanted.length === 0;
  }

  #parts(userId, keys, hashes) {
    const { name, orgId } = this.#session.who;
    const said = element("p", {}, typed(userId), " holds these physical keys of ", typed(keys[0].orgName ?? orgId), ".");
    const heads = ["Number", "What, and the event's hash", "Since"].map((head) => element("th", { scope: "col" }, head));
    const rows = keys.map((key) => row(key, hashes.get(key.number) ?? ""));
    const table = element("table", { class: "receipt" }, element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows));
    const made = element("p", { class: "hint" }, "Made ", time(Date.now()), " by ", typed(name), " from the inventory, whose audit trail has the events with these hashes.");
    const lines = [`Received: ${userId}`, `Handed out for ${orgId}`].map((who) => element("div", { class: "line" }, typed(who), ", date"));
    return [said, table, made, element("div", { class: "lines" }, ...lines)];
  }
}

function row({ number, note, addedAt }, hash) {
  const what = element("td", {}, typed(note ?? ""), element("code", {}, hash));
  return element("tr", {}, element("td", {}, String(number)), what, element("td", {}, time(addedAt)));
}

function nothing() {
  return element("p", { class: "hint" }, "None of these physical keys is out.");
}

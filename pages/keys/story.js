/** The view of one physical key: where it is, and what has happened to it. */

import { ofPerson, ofReceipt } from "./addresses.js";
import { button, byId, element, facts, time, typed } from "./elements.js";
import { eventItem } from "./sentences.js";

export class StoryView {
  #inventory;
  #takeBack;
  #shown;
  #messages;

  constructor({ inventory, takeBack, messages }) {
    this.#inventory = inventory;
    this.#takeBack = takeBack;
    this.#messages = messages;
  }

  show({ userId, number }) {
    const { history } = this.#inventory.person(userId);
    const shown = { userId, number, history };
    byId("story-back").href = ofPerson(userId);
    byId("story-back").textContent = `All physical keys of ${userId}`;
    byId("story-heading").textContent = `Physical key ${number} of ${userId}`;
    if (this.#shown?.history !== history) {
      history.addEventListener("change", () => {
        if (this.#shown?.history === history) this.#update();
      });
      history.addEventListener("problem", ({ detail }) => {
        if (this.#shown?.history === history) this.#messages.problem(detail, () => history.load());
      });
    }
    this.#shown = shown;
    this.#update();
  }

  forget() {
    this.#shown = undefined;
    for (const id of ["story-facts", "story-actions", "story-history"]) byId(id).replaceChildren();
  }

  #update() {
    const { userId, number, history } = this.#shown;
    const events = history.items.filter(({ event }) => event.data.number === number);
    const [added] = events;
    const removed = events.find(({ event }) => event.type === "PhysicalKeyRemoved");
    byId("story-state").textContent = stateOf(added, removed, history);
    byId("story-facts").replaceChildren(...(added ? factsOf(added, removed, userId) : []));
    byId("story-history").replaceChildren(...events.map((event) => eventItem(event, userId)));
    const isOut = added !== undefined && removed === undefined && history.isWhole;
    byId("story-actions").replaceChildren(...(isOut ? this.#actions(added.event.data) : []));
  }

  #actions(data) {
    const { userId, number } = this.#shown;
    const key = { userId, number, note: data.note };
    const receipt = element("a", { class: "button", href: ofReceipt(userId, [number]) }, "Receipt");
    return [button("Take back", {}, () => this.#takeBack(key)), receipt];
  }
}

function stateOf(added, removed, { isWhole, isBroken }) {
  if (removed) return "Taken back";
  if (!isWhole) return isBroken ? "" : "Reading…";
  return added ? "Out" : "There is no such physical key.";
}

function factsOf({ event: { data }, hash }, removed, userId) {
  return facts([
    ["Held by", removed ? undefined : typed(userId)],
    ["Note", data.note && typed(data.note)],
    ["Organisation", typed(data.orgName ?? data.orgId)],
    ["Issued", time(data.addedAt)],
    ["Taken back", removed && time(removed.event.data.removedAt)],
    ["Event hash", hash],
  ]);
}

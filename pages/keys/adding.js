/** The form that issues a physical key. */

import { ask } from "./asking.js";
import { ofPerson } from "./addresses.js";
import { keepDraft, save } from "./drafts.js";
import { byId, element, typed } from "./elements.js";
import { Messages } from "./messages.js";

/** In characters as the API counts them: Unicode scalar values. */
const MOST = { "/note": 500, "/orgName": 200 };
const SUGGESTIONS = 10;

const user = byId("add-user");
const note = byId("add-note");
const orgName = byId("add-org-name");
const FIELDS = new Map([["/id", user], ["/orgName", orgName], ["/note", note]]);
const DRAFT = "add";

export class AddForm {
  #inventory;
  #session;
  #added;
  #messages = new Messages(byId("add-messages"), FIELDS);

  /** `added(key)` is told what was added. */
  constructor({ inventory, session, added }) {
    this.#inventory = inventory;
    this.#session = session;
    this.#added = added;
    keepDraft(DRAFT, [...FIELDS.values()]);
    for (const field of [note, orgName]) field.addEventListener("input", () => countCharacters());
    user.addEventListener("input", () => this.#suggest());
    byId("add-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#messages.during(byId("add"), () => this.#add());
    });
    countCharacters();
  }

  /** The person whose view is shown is meant, unless somebody else is being typed. */
  suggestPerson(userId) {
    if (user.value === "" || user.dataset.suggested === user.value) user.value = userId;
    user.dataset.suggested = userId;
  }

  forget() {
    this.#messages.clear();
    for (const field of FIELDS.values()) field.value = "";
    countCharacters();
    byId("people").replaceChildren();
  }

  async #add() {
    const userId = user.value.trim();
    const details = { orgId: this.#session.who.orgId };
    if (orgName.value.trim()) details.orgName = orgName.value.trim();
    if (note.value.trim()) details.note = note.value.trim();
    if (!this.#isPossible(userId, details)) return;
    if (!(await this.#isMeant(userId))) return user.focus();
    const key = await this.#inventory.add(userId, details);
    note.value = "";
    user.dataset.suggested = user.value;
    save(DRAFT, [...FIELDS.values()]);
    countCharacters();
    const whose = element("a", { href: ofPerson(userId) }, typed(userId));
    this.#messages.done(`Physical key ${key.number} was issued to `, whose, ".");
    this.#added(key);
  }

  /** What can be said without asking the API is said at once, for all fields. */
  #isPossible(userId, { orgName: name = "", note: text = "" }) {
    const faults = [];
    if (userId === "") faults.push(["/id", "Who gets it?"]);
    for (const [pointer, value] of [["/orgName", name], ["/note", text]]) {
      const excess = [...value].length - MOST[pointer];
      if (excess > 0) faults.push([pointer, `${excess} too long: at most ${MOST[pointer]} characters.`]);
    }
    for (const [pointer, message] of faults) this.#messages.fault(pointer, message);
    if (faults.length > 0) FIELDS.get(faults[0][0]).focus();
    return faults.length === 0;
  }

  /** A typing error in a person's id would begin an inventory that nobody looks for. */
  async #isMeant(userId) {
    if (await this.#inventory.isKnown(userId)) return true;
    const words = element("p", {}, typed(userId), " has never had a physical key of yours. Is the id spelled as the person signs in?");
    return ask({ question: "A new person?", body: [words], yes: "Add for this person" });
  }

  #suggest() {
    const begun = user.value.trim().toLowerCase();
    const people = new Set();
    if (begun !== "") {
      for (const { userId } of this.#inventory.out.items) {
        if (userId.toLowerCase().includes(begun)) people.add(userId);
        if (people.size === SUGGESTIONS) break;
      }
    }
    byId("people").replaceChildren(...[...people].map((value) => element("option", { value })));
  }
}

function countCharacters() {
  for (const [pointer, field] of [["/note", note], ["/orgName", orgName]]) {
    const length = [...field.value.trim()].length;
    const said = byId(`${field.id}-length`);
    said.textContent = length === 0 && pointer === "/orgName" ? "" : `${length} of ${MOST[pointer]} characters.`;
  }
}

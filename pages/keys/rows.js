/** A table of physical keys: as many rows as people look at, and those of them that are chosen. */

import { ofPerson, ofStory } from "./addresses.js";
import { button, counted, element, note, time, typed } from "./elements.js";

/** Ten thousand rows would take a browser seconds; nobody reads them, but finds or asks for more. */
const ROWS_AT_A_TIME = 100;

const idOf = ({ userId, number }) => `${number} ${userId}`;

export class Rows {
  #table;
  #body;
  #moreButton;
  #all;
  #withPerson;
  #takeBack;
  #chosenChanged;
  #items = [];
  #most = ROWS_AT_A_TIME;
  /** The rows that have been made, by their physical keys. */
  #rows = new Map();
  #chosen = new Map();

  /** `takeBack(key)` is for a row's button, `chosenChanged(keys)` is told whenever other physical keys are chosen. */
  constructor(table, { moreButton, withPerson, takeBack, chosenChanged }) {
    this.#table = table;
    this.#moreButton = moreButton;
    this.#withPerson = withPerson;
    this.#takeBack = takeBack;
    this.#chosenChanged = chosenChanged;
    this.#all = element("input", { type: "checkbox", "aria-label": "Choose all that are listed" });
    this.#all.addEventListener("change", () => this.#chooseAll(this.#all.checked));
    this.#body = element("tbody", { role: "rowgroup" });
    table.append(this.#head(), this.#body);
    moreButton.addEventListener("click", () => this.#more());
  }

  /** Shows these physical keys, in this order. Rows that are there already stay what they are. */
  show(items) {
    this.#items = items;
    const shown = items.slice(0, this.#most);
    const stale = new Set(this.#rows.keys());
    let place = this.#body.firstElementChild;
    for (const key of shown) {
      const row = this.#rows.get(idOf(key)) ?? this.#made(key);
      stale.delete(idOf(key));
      if (row === place) place = place.nextElementSibling;
      else this.#body.insertBefore(row, place);
    }
    for (const id of stale) this.#drop(id);
    this.#table.hidden = items.length === 0;
    this.#moreButton.hidden = items.length <= shown.length;
    this.#moreButton.textContent = `Show more of ${counted(items.length)}`;
    this.#describeAll();
  }

  /** What is no longer there cannot be chosen any more. */
  keepChosen(items) {
    if (this.#chosen.size === 0) return;
    const there = new Set(items.map(idOf));
    const before = this.#chosen.size;
    for (const id of this.#chosen.keys()) if (!there.has(id)) this.#chosen.delete(id);
    if (this.#chosen.size !== before) this.#chosenChanged([...this.#chosen.values()]);
  }

  /** Begins anew, with the first rows and nothing chosen. */
  reset() {
    this.#most = ROWS_AT_A_TIME;
    this.chooseNone();
  }

  chooseNone() {
    this.#chosen.clear();
    for (const row of this.#rows.values()) checkbox(row).checked = false;
    this.#describeAll();
    this.#chosenChanged([]);
  }

  /** Shows where a physical key has come to stand. */
  point(key) {
    const row = this.#rows.get(idOf(key));
    this.#body.querySelector(".new")?.classList.remove("new");
    row?.classList.add("new");
    row?.scrollIntoView({ block: "nearest" });
  }

  /** Moves the focus to the row that is now at this place, because the one that had it is gone. */
  focus(place, otherwise) {
    const rows = this.#body.rows;
    const row = rows[Math.min(place, rows.length - 1)];
    (row?.querySelector(".take-back") ?? otherwise).focus();
  }

  placeOf(key) {
    return [...this.#body.rows].indexOf(this.#rows.get(idOf(key)));
  }

  #more() {
    const first = this.#body.rows.length;
    this.#most += ROWS_AT_A_TIME;
    this.show(this.#items);
    checkbox(this.#body.rows[first])?.focus({ preventScroll: true });
  }

  #head() {
    const names = [...(this.#withPerson ? ["Person"] : []), "Number", "Note", "Since"];
    const heads = names.map((name) => element("th", { scope: "col", role: "columnheader" }, name));
    const action = element("th", { scope: "col", role: "columnheader" }, element("span", { class: "unseen" }, "Action"));
    const all = element("th", { scope: "col", role: "columnheader", class: "choose" }, this.#all);
    // The roles repeat what the elements are, because a narrow screen's display values take it from them.
    return element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, all, ...heads, action));
  }

  #made(key) {
    const { userId, number, orgName } = key;
    const choose = element("input", { type: "checkbox", "aria-label": `Choose physical key ${number} of ${userId}` });
    choose.checked = this.#chosen.has(idOf(key));
    choose.addEventListener("change", () => this.#choose(key, choose.checked));
    // The name begins with what is seen, which is what people who speak to their computer say.
    const label = `Take back physical key ${number} of ${userId}`;
    const takeBack = button("Take back", { class: "take-back", "aria-label": label }, () => this.#takeBack(key));
    const said = [...(key.note ? [note(key.note)] : []), ...(orgName ? [element("span", { class: "org-name" }, typed(orgName))] : [])];
    const row = element("tr", { role: "row", "data-number": number, "data-user": userId }, cell("", choose));
    if (this.#withPerson) row.append(cell("Person", element("a", { href: ofPerson(userId) }, typed(userId))));
    row.append(cell("Number", element("a", { href: ofStory(userId, number) }, String(number))));
    row.append(cell("Note", ...said), cell("Since", time(key.addedAt)), cell("", takeBack));
    this.#rows.set(idOf(key), row);
    return row;
  }

  #drop(id) {
    this.#rows.get(id).remove();
    this.#rows.delete(id);
  }

  #choose(key, isChosen) {
    if (isChosen) this.#chosen.set(idOf(key), key);
    else this.#chosen.delete(idOf(key));
    this.#describeAll();
    this.#chosenChanged([...this.#chosen.values()]);
  }

  #chooseAll(isChosen) {
    for (const key of this.#items) {
      if (isChosen) this.#chosen.set(idOf(key), key);
      else this.#chosen.delete(idOf(key));
    }
    for (const row of this.#rows.values()) checkbox(row).checked = isChosen;
    this.#describeAll();
    this.#chosenChanged([...this.#chosen.values()]);
  }

  #describeAll() {
    const chosen = this.#items.filter((key) => this.#chosen.has(idOf(key))).length;
    this.#all.checked = chosen > 0 && chosen === this.#items.length;
    this.#all.indeterminate = chosen > 0 && chosen < this.#items.length;
  }
}

function cell(label, ...children) {
  return element("td", { role: "cell", "data-label": label }, ...children);
}

function checkbox(row) {
  return row?.querySelector("input");
}

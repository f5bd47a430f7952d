/** Lists that the API hands out page by page. */

/**
 * A list in the document with a button for its next page.
 *
 * `read(cursor)` answers `{ items, nextCursor?, total? }`; `element(item)` makes an item's element within `body`;
 * `changed({ count, isComplete, total })` is told whenever the list has changed.
 */
export class Listing {
  #read;
  #element;
  #body;
  #moreButton;
  #changed;
  #cursor;
  /** Counts the loads, so that an answer is dropped when the list has moved on in the meantime. */
  #load = 0;

  constructor({ read, element, body, moreButton, changed }) {
    this.#read = read;
    this.#element = element;
    this.#body = body;
    this.#moreButton = moreButton;
    this.#changed = changed;
  }

  clear() {
    this.#load += 1;
    this.#cursor = undefined;
    this.#body.replaceChildren();
    this.#moreButton.hidden = true;
  }

  /** Loads the first page. */
  start() {
    return this.#reload(() => false);
  }

  /** Loads anew what was there: as many items as before, or all of them if all were there. */
  refresh() {
    const [before, wasComplete] = [this.#body.childElementCount, this.#cursor === undefined];
    return this.#reload((count) => wasComplete || count < before);
  }

  /** Loads the next page, and moves the focus to its first item: the button may be gone. */
  async more() {
    const load = ++this.#load;
    const page = await this.#read(this.#cursor);
    if (load !== this.#load) return;
    const elements = page.items.map(this.#element);
    this.#body.append(...elements);
    this.#finish(page);
    const target = elements[0] ?? this.#body.lastElementChild;
    target?.setAttribute("tabindex", "-1");
    target?.focus({ preventScroll: true });
  }

  async #reload(wantsMore) {
    const load = ++this.#load;
    // The next page of what is about to be replaced would get in the way.
    this.#moreButton.hidden = true;
    const elements = [];
    let page;
    do {
      page = await this.#read(page?.nextCursor);
      if (load !== this.#load) return;
      elements.push(...page.items.map(this.#element));
    } while (page.nextCursor !== undefined && wantsMore(elements.length));
    this.#body.replaceChildren(...elements);
    this.#finish(page);
  }

  #finish({ nextCursor, total }) {
    this.#cursor = nextCursor;
    const isComplete = nextCursor === undefined;
    this.#moreButton.hidden = isComplete;
    this.#changed({ count: this.#body.childElementCount, isComplete, total });
  }
}

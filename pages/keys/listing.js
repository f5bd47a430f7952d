/** Lists that the API hands out page by page, read to their end while people look at them already. */

/** More than any organisation that was seen has out; what is beyond it is left to the program's `export`. */
const MOST_ITEMS = 50_000;
const MOST_ATTEMPTS = 4;
const WAIT_MS = 1_000;

/** Tells of every "change", and of a "problem" that ended the reading before the list was whole. */
export class Listing extends EventTarget {
  items = [];
  isWhole = false;
  /** Whether the reading ended before it was whole. */
  isBroken = false;
  #read;
  /** Counts the loads, so that an answer is dropped when the list has moved on in the meantime. */
  #load = 0;

  /** `read(cursor)` answers `{ items, nextCursor? }`. */
  constructor(read) {
    super();
    this.#read = read;
  }

  /** Reads it from its beginning. What was there is gone at once. */
  async load() {
    const load = ++this.#load;
    this.items = [];
    this.isWhole = this.isBroken = false;
    this.#changed();
    try {
      let page;
      do {
        page = await this.#patiently(page?.nextCursor);
        if (load !== this.#load) return;
        this.items.push(...page.items);
        this.isWhole = page.nextCursor === undefined;
        this.#changed();
      } while (!this.isWhole && this.items.length < MOST_ITEMS);
    } catch (problem) {
      if (load !== this.#load) return;
      this.isBroken = true;
      this.#changed();
      this.dispatchEvent(new CustomEvent("problem", { detail: problem }));
    }
  }

  /** Forgets everything; an answer that is under way is dropped. */
  forget() {
    this.#load += 1;
    this.items = [];
  }

  /** Puts in what was just made: `place(items)` says where. */
  put(item, place = () => 0) {
    this.items.splice(place(this.items), 0, item);
    this.#changed();
  }

  /** Takes out what is there no more. */
  remove(isGone) {
    this.items = this.items.filter((item) => !isGone(item));
    this.#changed();
  }

  /** A page, asked for again where that may help: a list of a hundred pages is not given up for one of them. */
  async #patiently(cursor) {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#read(cursor);
      } catch (problem) {
        if (!problem.isPassing || attempt === MOST_ATTEMPTS) throw problem;
        await new Promise((resume) => setTimeout(resume, problem.retryAfter * 1_000 || WAIT_MS));
      }
    }
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/** What the page knows of the organisation's physical keys, and what becomes of it when one is added or taken back. */

import { Listing } from "./listing.js";
import { OURSELVES } from "./sentences.js";

const NOT_FOUND = 404;

export class Inventory {
  /** Who holds what, newest first: `{ userId, number, orgId, orgName?, note?, addedAt }`. */
  out;
  #api;
  #orgId = "";
  #person;

  constructor(api) {
    this.#api = api;
    this.out = new Listing(async (cursor) => {
      const { keys, nextCursor } = await api.organisationsPhysicalKeys(this.#orgId, { cursor });
      return { items: keys.map((key) => ({ ...key, orgId: this.#orgId })), nextCursor };
    });
  }

  /** Reads who holds what of an organisation. */
  open(orgId) {
    this.#orgId = orgId;
    return this.out.load();
  }

  /** What one person holds and what has happened: the lists `held` and `history` of the person that was asked for last. */
  person(userId) {
    if (this.#person?.userId === userId) return this.#person;
    this.#forgetPerson();
    const held = new Listing(async (cursor) => {
      const { keys, nextCursor } = await this.#api.physicalKeys(userId, { cursor });
      return { items: keys.map((key) => ({ ...key, userId })), nextCursor };
    });
    const history = new Listing(async (cursor) => {
      const { events, nextCursor } = await this.#api.events(userId, { cursor });
      return { items: events, nextCursor };
    });
    this.#person = { userId, held, history };
    held.load();
    history.load();
    return this.#person;
  }

  /** Whether anything has ever been issued to a person, as far as the caller may know. */
  async isKnown(userId) {
    if (this.out.items.some((key) => key.userId === userId)) return true;
    const { events } = await this.#api.events(userId, { limit: "1" });
    return events.length > 0;
  }

  async add(userId, details) {
    const answer = await this.#api.add(userId, details);
    const { number, orgId, orgName, note, addedAt } = answer;
    const key = { userId, number, orgId, orgName, note, addedAt };
    const isSame = (other) => other.userId === userId && other.number === number;
    // An answer that was repeated, or a list that was read meanwhile, may have it already.
    for (const list of [this.out, this.#listOf(userId, "held")]) {
      if (list && !list.items.some(isSame)) list.put(key);
    }
    this.#happened(userId, answer, addedAt);
    return key;
  }

  /** Takes a physical key back. One that somebody else has taken back is gone from the lists as well. */
  async takeBack(userId, number) {
    try {
      const answer = await this.#api.takeBack(userId, number);
      this.#gone(userId, number);
      this.#happened(userId, answer, answer.event.data.removedAt);
    } catch (problem) {
      if (problem.status === NOT_FOUND) {
        this.#gone(userId, number);
        this.#listOf(userId, "history")?.load();
      }
      throw problem;
    }
  }

  forget() {
    this.out.forget();
    this.#forgetPerson();
  }

  #gone(userId, number) {
    for (const list of [this.out, this.#listOf(userId, "held")]) {
      list?.remove((key) => key.userId === userId && key.number === number);
    }
  }

  /** The history goes on with what we did ourselves; it is not read again for it. */
  #happened(userId, { event, hash, version }, recordedAt) {
    const history = this.#listOf(userId, "history");
    if (!history || history.items.some(({ record }) => record.version === version)) return;
    history.put({ event, hash, record: { version, recordedAt, actor: OURSELVES } }, (items) => items.length);
  }

  #listOf(userId, name) {
    return this.#person?.userId === userId ? this.#person[name] : undefined;
  }

  #forgetPerson() {
    this.#person?.held.forget();
    this.#person?.history.forget();
    this.#person = undefined;
  }
}

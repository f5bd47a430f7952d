/** What happened, by whom, and what went wrong, in the words of a person at a key cabinet. */

import { ofStory } from "./addresses.js";
import { element, facts, note, time, typed } from "./elements.js";

/** The actor of what was just done from this page, whose record was not read again. */
export const OURSELVES = { type: "ourselves" };

/** What an event did to its physical key, in two words. */
function done({ type }) {
  const words = { PhysicalKeyAdded: "issued", PhysicalKeyRemoved: "taken back", PhysicalKeyTextsErased: "erased of its texts" };
  return words[type] ?? type;
}

/** Who did something: a person's id, or what acted in a person's stead. Ids of API keys are in the details only. */
export function actor({ type, id, orgId }) {
  const organisation = orgId ? ` of ${orgId}` : "";
  switch (type) {
    case "ourselves":
      return "you";
    case "user":
      return `${id ?? "a person"}${orgId ? ` for ${orgId}` : ""}`;
    case "service":
      return `a program${organisation}`;
    case "operator":
      return `the operator ${id ?? ""}`;
    default:
      return `the organisation ${orgId ?? id ?? ""}`;
  }
}

/** An event of a history: what happened, with its texts, and by the record who did it and when. */
export function eventItem({ event, hash, record }, userId) {
  const { number } = event.data;
  const link = element("a", { href: ofStory(userId, number) }, `Physical key ${number}`);
  const said = event.data.note ? [": ", note(event.data.note)] : [];
  const by = element("p", { class: "by" }, "by ", typed(actor(record.actor)), ", ", time(record.recordedAt));
  const item = element("li", { value: record.version }, element("p", {}, link, ` was ${done(event)}`, ...said), by);
  item.append(details({ hash, record }));
  return item;
}

function details({ hash, record }) {
  const { actor: who, requestId, version } = record;
  const pairs = [
    ["Entry", String(version)],
    ["Event hash", hash],
    ["Request id", requestId],
    ["Actor", who.id],
    ["Signed in at", who.iss],
    ["API key id", who.apiKeyId],
  ];
  return element("details", { class: "details" }, element("summary", {}, "Details"), element("dl", { class: "facts" }, ...facts(pairs)));
}

/**
 * Everything that is to be said about a problem. What is wrong with an entry that has a field of its own is said there
 * (`isAtField(pointer)`), and not again.
 */
export function problemParts(problem, isAtField) {
  // A refusal without particulars repeats its message as its only error.
  const particular = problem.errors.filter(({ message, pointer }) => pointer !== undefined || message !== problem.message);
  const elsewhere = particular.filter(({ pointer }) => !isAtField(pointer));
  const isSaidAtFields = particular.length > elsewhere.length;
  const lead = isSaidAtFields ? "Something has to be changed above." : leadOf(problem);
  const parts = [element("p", {}, element("strong", {}, lead), isSaidAtFields ? "" : ` ${problem.message}`)];
  if (elsewhere.length > 0) parts.push(element("ul", {}, ...elsewhere.map(({ message }) => element("li", {}, message))));
  const mend = adviceOn(problem);
  if (mend) parts.push(element("p", {}, mend));
  // Only whoever looks into a fault of the server needs it.
  if (problem.requestId && (problem.status === 0 || problem.status >= 500)) {
    parts.push(element("p", {}, element("small", {}, `Request id: ${problem.requestId}`)));
  }
  return parts;
}

function leadOf({ status, isPassing }) {
  if (status === 401) return "Your sign-in was not accepted.";
  if (status === 403) return "You may not do this.";
  return status === 0 && isPassing ? "There is no answer." : "This did not work.";
}

function adviceOn({ status, retryAfter, isCommand, isPassing }) {
  if (status === 401) return "It may have ended: sign out, and in again.";
  if (!isPassing) return "";
  const when = retryAfter > 0 ? `Wait ${retryAfter} s and try again` : "Try again in a moment";
  if (isCommand) return `${when}, with the same entries: it will not be carried out twice.`;
  return status === 0 ? "Check your network connection and try again." : `${when}.`;
}

/** Elements that several views make. Strings become text, so nothing the API says is ever read as HTML. */

const formatTime = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });

/** Of a note no more is seen at first; the rest unfolds. */
const FOLDED_LENGTH = 120;

/** The time zone in which all times are shown. */
export const timeZone = formatTime.resolvedOptions().timeZone;

export const byId = (id) => document.getElementById(id);

/** An element with attributes and children. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...children);
  return made;
}

export function button(label, attributes, onClick) {
  const made = element("button", { type: "button", ...attributes }, label);
  made.addEventListener("click", onClick);
  return made;
}

/** A text that somebody typed, isolated, because one written from right to left would reorder the sentence around it. */
export function typed(text) {
  return element("bdi", {}, text);
}

export function time(millis) {
  const moment = new Date(millis);
  return element("time", { datetime: moment.toISOString() }, formatTime.format(moment));
}

/** A note; a long one is folded. */
export function note(text) {
  const characters = [...text];
  if (characters.length <= FOLDED_LENGTH) return typed(text);
  const beginning = element("span", { class: "beginning" }, typed(`${characters.slice(0, FOLDED_LENGTH).join("")}…`));
  return element("details", { class: "folded" }, element("summary", {}, beginning, element("span", { class: "more" }, " More")), typed(text));
}

/** Terms and what is said of each, as the rows of a `dl`. What has nothing to say is left out. */
export function facts(pairs) {
  const said = pairs.filter(([, value]) => value !== undefined && value !== "");
  return said.map(([term, value]) => element("div", {}, element("dt", {}, term), element("dd", {}, value)));
}

/** How many a list has, as far as it has been read. */
export function countOf({ items, isWhole, isBroken }) {
  if (isBroken) return items.length === 0 ? "" : `${counted(items.length)}, but not all`;
  return isWhole ? counted(items.length) : items.length === 0 ? "Reading…" : `${counted(items.length)} so far…`;
}

/** "1 physical key", "2 physical keys". */
export function counted(count, noun = "physical key") {
  return `${count.toLocaleString(document.documentElement.lang)} ${noun}${count === 1 ? "" : "s"}`;
}

/** Elements. Strings become text, so nothing that a document or an answer says is ever read as HTML. */

/** An element with attributes and children. An attribute that is false or undefined is left out; one that is true is empty. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(attribute, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== undefined && child !== ""));
  return made;
}

export function button(label, attributes, onClick) {
  const made = element("button", { type: "button", ...attributes }, label);
  made.addEventListener("click", onClick);
  return made;
}

export function code(text) {
  return element("code", {}, text);
}

/** A text of several lines, as it stands. Where a line is too long it goes on in the next one, and never right after its indent. */
export function listing(text, attributes = {}) {
  return element("pre", { class: "code", tabindex: "0", ...attributes }, lines(text));
}

/** What a listing has in it. */
export function lines(text) {
  return text.split(/^( +\S)/m).map((part) => (/^ +\S$/.test(part) ? element("span", { class: "indent" }, part) : part));
}

let made = 0;

/** An id that no other element has. */
export function freshId() {
  made += 1;
  return `e${made}`;
}

/** What unfolds. What is in it is made when it is opened for the first time. */
export function folded(summary, content, attributes = {}) {
  const details = element("details", attributes, element("summary", {}, summary));
  let isFilled = false;
  details.addEventListener("toggle", () => {
    if (!details.open || isFilled) return;
    isFilled = true;
    details.append(...[content()].flat());
  });
  return details;
}

/** What the page shows of physical keys, events and problems, as elements. */

const formatTime = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });

/** The time zone in which all times are shown. */
export const timeZone = formatTime.resolvedOptions().timeZone;

/** An element with attributes and children. Strings become text, so nothing the API says is ever read as HTML. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...children);
  return made;
}

function time(millis) {
  const moment = new Date(millis);
  return element("time", { datetime: moment.toISOString() }, formatTime.format(moment));
}

function cell(label, ...children) {
  return element("td", { role: "cell", "data-label": label }, ...children);
}

/** The row of a physical key, with its button to take it back. */
export function physicalKeyRow(key) {
  const organisation = [key.orgName ?? key.orgId];
  if (key.orgName) organisation.push(" ", element("span", { class: "id" }, key.orgId));
  // The name begins with what is seen, which is what people who speak to their computer say.
  const label = `Take back physical key ${key.number}`;
  const button = element("button", { type: "button", class: "take-back", "aria-label": label }, "Take back");
  return element(
    "tr",
    { role: "row", "data-number": key.number },
    cell("Number", String(key.number)),
    cell("Organisation", element("bdi", {}, ...organisation)),
    cell("Note", ...(key.note ? [element("bdi", {}, key.note)] : [])),
    cell("Since", time(key.addedAt)),
    cell("", button),
  );
}

/** The terms and values that tell which physical key is about to be taken back. */
export function physicalKeyDetails(key, userId) {
  const details = [["Held by", userId], ["Organisation", key.orgName ?? key.orgId], ["Note", key.note ?? "none"]];
  return details.map(([term, value]) => element("div", {}, element("dt", {}, term), element("dd", {}, value)));
}

/** An event of the history: what happened, with its texts, and by the record who did it and when. */
export function eventItem({ event, record }) {
  const by = element("p", { class: "by" }, actorName(record.actor), ", ", time(record.recordedAt));
  return element("li", { value: record.version }, element("p", {}, ...happening(event)), by);
}

function happening({ type, data }) {
  const physicalKey = `Physical key ${data.number}`;
  switch (type) {
    case "PhysicalKeyAdded": {
      // Isolated, because a name or note written from right to left would reorder the sentence around it.
      const issuer = element("bdi", {}, data.orgName ?? data.orgId);
      return [`${physicalKey} was issued by `, issuer, ...(data.note ? [": ", element("bdi", {}, data.note)] : [])];
    }
    case "PhysicalKeyRemoved":
      return [`${physicalKey} was taken back`];
    case "PhysicalKeyTextsErased":
      return [`What was typed about physical key ${data.number} was erased`];
    default:
      return [`${physicalKey}: ${type}`];
  }
}

function actorName({ type, id, orgId, apiKeyId }) {
  const apiKey = apiKeyId ? ` with API key ${apiKeyId}` : "";
  const organisation = orgId ? ` of ${orgId}` : "";
  switch (type) {
    case "user":
      return `${id ?? "a user"}${apiKey}${apiKey && organisation}`;
    case "service":
      return `Service ${id ?? ""}${organisation}${apiKey}`;
    case "operator":
      return `Operator ${id ?? ""}`;
    default:
      return `Organisation ${orgId ?? id ?? ""}${apiKey}`;
  }
}

/** Everything that is to be said about a problem; `fieldName(pointer)` names the form field at fault. */
export function problemParts(problem, fieldName) {
  const parts = [element("p", { class: "lead" }, element("strong", {}, lead(problem)), " ", problem.message)];
  // A refusal without particulars repeats its message as its only error.
  const errors = problem.errors.filter(({ message, pointer }) => pointer !== undefined || message !== problem.message);
  if (errors.length > 0) {
    const items = errors.map(({ message, pointer }) => {
      const where = pointer === undefined ? "" : `${fieldName(pointer)}: `;
      return element("li", {}, where, message);
    });
    parts.push(element("ul", {}, ...items));
  }
  const mend = advice(problem);
  if (mend) parts.push(element("p", {}, mend));
  if (problem.requestId) parts.push(element("p", {}, element("small", {}, `Request id: ${problem.requestId}`)));
  return parts;
}

function lead({ status, isPassing }) {
  if (status === 401) return "Your credentials were not accepted.";
  if (status === 403) return "Your credentials do not allow this.";
  return status === 0 && isPassing ? "There is no answer." : "This did not work.";
}

function advice({ status, retryAfter, isCommand, isPassing }) {
  if (status === 401) return "Check the bearer token and the API key, then try again. A token may have expired.";
  if (!isPassing) return "";
  const when = retryAfter > 0 ? `Wait ${retryAfter} s and try again` : "Try again in a moment";
  if (isCommand) return `${when}, with the same entries: it will not be carried out twice.`;
  return status === 0 ? "Check your network connection and try again." : `${when}.`;
}

/** The page for people who manage physical keys. */

import { Api, Problem } from "./api.js";
import { element, eventItem, physicalKeyDetails, physicalKeyRow, problemParts, timeZone } from "./elements.js";
import { Listing } from "./listing.js";

const byId = (id) => document.getElementById(id);
const entry = (id) => byId(id).value.trim();
const NOT_FOUND = 404;

/** The fields of the form that adds, by the JSON pointers under which the API finds fault with them. */
const FIELDS = new Map([
  ["/orgId", { id: "add-org", name: "Organisation id" }],
  ["/orgName", { id: "add-org-name", name: "Organisation name" }],
  ["/note", { id: "add-note", name: "Note" }],
]);

const address = document.querySelector('meta[name="api-address"]').content;
// The fields are the only place the credentials are ever in.
const api = new Api(address, () => ({ token: entry("token"), apiKey: entry("api-key") }));

/** What the lists show. The user is not read from the field again: it may name somebody else by then. */
const shown = { userId: "", q: "" };

const physicalKeys = new Listing({
  read: async (cursor) => {
    const { keys, ...page } = await api.physicalKeys(shown.userId, { q: shown.q, cursor });
    return { items: keys, ...page };
  },
  element: (key) => {
    const row = physicalKeyRow(key);
    row.querySelector(".take-back").addEventListener("click", () => askToTakeBack(key));
    return row;
  },
  body: byId("keys").tBodies[0],
  moreButton: byId("keys-more"),
  changed: describePhysicalKeys,
});

const pastEvents = new Listing({
  read: async (cursor) => {
    const { events, ...page } = await api.events(shown.userId, { cursor });
    return { items: events, ...page };
  },
  element: eventItem,
  body: byId("history"),
  moreButton: byId("history-more"),
  changed: ({ count }) => {
    byId("history-empty").hidden = count > 0;
  },
});

function describePhysicalKeys({ count, isComplete, total }) {
  // The API does not count what a filter finds in a very large inventory.
  const isCounted = total !== undefined || isComplete;
  const amount = total ?? count;
  const noun = amount === 1 ? "physical key" : "physical keys";
  byId("total").textContent = `${amount} ${noun}${shown.q ? " found" : ""}${isCounted ? "" : " so far"}`;
  const empty = byId("keys-empty");
  empty.hidden = count > 0;
  byId("keys").hidden = count === 0;
  if (!isComplete) empty.textContent = "Nothing yet. There is more to look through.";
  else empty.textContent = shown.q ? "No note has this in it." : "This user holds no physical keys.";
}

function say(text) {
  byId("status").textContent = text;
}

function forgetAnswers() {
  say("");
  byId("problem").replaceChildren();
  for (const { id } of FIELDS.values()) {
    byId(id).removeAttribute("aria-invalid");
    byId(`${id}-error`).textContent = "";
  }
}

function showProblem(thrown, button) {
  const problem = thrown instanceof Problem ? thrown : new Problem(thrown.message);
  if (problem !== thrown) console.error(thrown);
  markFields(problem.errors);
  // A button that is disabled has lost the focus.
  const focused = document.activeElement === document.body ? button : document.activeElement;
  const dismiss = element("button", { type: "button" }, "Dismiss");
  dismiss.addEventListener("click", () => {
    byId("problem").replaceChildren();
    focused.focus();
  });
  const fieldName = (pointer) => FIELDS.get(pointer)?.name ?? pointer;
  byId("problem").replaceChildren(...problemParts(problem, fieldName), dismiss);
}

function markFields(errors) {
  const faults = errors.filter(({ pointer }) => FIELDS.has(pointer));
  for (const { pointer, message } of faults) {
    const { id } = FIELDS.get(pointer);
    byId(id).setAttribute("aria-invalid", "true");
    byId(`${id}-error`).append(element("span", {}, message));
  }
  if (faults.length > 0) byId(FIELDS.get(faults[0].pointer).id).focus();
}

/** Does `work` while `button` cannot be pressed, and shows what goes wrong with it. */
async function during(button, work) {
  const wasFocused = document.activeElement === button;
  forgetAnswers();
  button.disabled = true;
  button.setAttribute("aria-busy", "true");
  try {
    await work();
  } catch (problem) {
    showProblem(problem, button);
  } finally {
    button.disabled = false;
    button.removeAttribute("aria-busy");
    // A button that is disabled loses the focus, and the keyboard its place.
    if (wasFocused && document.activeElement === document.body) button.focus();
  }
}

async function show() {
  shown.userId = entry("user");
  shown.q = "";
  byId("filter").value = "";
  // What belongs to somebody else is gone at once, whatever the answer will be.
  byId("inventory").hidden = true;
  physicalKeys.clear();
  pastEvents.clear();
  await Promise.all([physicalKeys.start(), pastEvents.start()]);
  byId("keys-heading").textContent = `Physical keys of ${shown.userId}`;
  byId("add-heading").textContent = `Add a physical key for ${shown.userId}`;
  byId("inventory").hidden = false;
  say(`${shown.userId}: ${byId("total").textContent}`);
}

async function find() {
  shown.q = entry("filter");
  await physicalKeys.start();
  say(byId("total").textContent);
}

async function refresh() {
  await Promise.all([physicalKeys.refresh(), pastEvents.refresh()]);
}

async function add() {
  const details = { orgId: entry("add-org") };
  if (entry("add-org-name")) details.orgName = entry("add-org-name");
  if (entry("add-note")) details.note = entry("add-note");
  const { userId } = shown;
  const { number } = await api.add(userId, details);
  byId("add-note").value = "";
  say(`Physical key ${number} was added.`);
  // Somebody else's physical keys may have been asked for in the meantime.
  if (shown.userId !== userId) return;
  // A filter could hide what was just added.
  byId("filter").value = "";
  shown.q = "";
  await refresh();
}

let toTakeBack;

function askToTakeBack(key) {
  forgetAnswers();
  toTakeBack = key;
  byId("confirm-heading").textContent = `Take back physical key ${key.number}?`;
  byId("confirm-details").replaceChildren(...physicalKeyDetails(key, shown.userId));
  byId("confirm").showModal();
}

async function takeBack() {
  const { number } = toTakeBack;
  const cancel = byId("confirm-cancel");
  const rows = byId("keys").tBodies[0].rows;
  const place = [...rows].findIndex((row) => row.dataset.number === String(number));
  cancel.disabled = true;
  try {
    await api.takeBack(shown.userId, number);
  } catch (problem) {
    byId("confirm").close();
    // Somebody else has taken it back: the list is out of date.
    if (problem.status === NOT_FOUND) await refresh();
    throw problem;
  } finally {
    cancel.disabled = false;
  }
  byId("confirm").close();
  say(`Physical key ${number} was taken back.`);
  await refresh();
  // The button that had the focus is gone with its row.
  const neighbour = rows[Math.min(place, rows.length - 1)]?.querySelector(".take-back");
  (neighbour ?? byId("keys-heading")).focus();
}

/** Fills in what a local server offers for trying things out. Anywhere else there is nothing, which is no fault. */
async function fillInDemo() {
  let demo;
  try {
    const response = await fetch("demo-credentials.json", { cache: "no-store", signal: AbortSignal.timeout(15_000) });
    if (!response.ok) return;
    demo = await response.json();
  } catch {
    return;
  }
  const offered = { token: demo?.token, "api-key": demo?.apiKey, user: demo?.userId, "add-org": demo?.orgId };
  for (const [id, value] of Object.entries(offered)) {
    // What has been typed in the meantime stays.
    if (typeof value === "string" && byId(id).value === "") byId(id).value = value;
  }
  byId("demo").textContent = "These are the credentials of the local demo.";
}

function onSubmit(formId, buttonId, work) {
  byId(formId).addEventListener("submit", (event) => {
    event.preventDefault();
    during(byId(buttonId), work);
  });
}

onSubmit("who", "show", show);
onSubmit("find", "find-button", find);
onSubmit("add-form", "add", add);
byId("keys-more").addEventListener("click", () => during(byId("keys-more"), () => physicalKeys.more()));
byId("history-more").addEventListener("click", () => during(byId("history-more"), () => pastEvents.more()));
byId("confirm-take-back").addEventListener("click", () => during(byId("confirm-take-back"), takeBack));
byId("confirm-cancel").addEventListener("click", () => byId("confirm").close());
byId("confirm").addEventListener("cancel", (event) => {
  // A request that is under way can no longer be cancelled.
  if (byId("confirm-take-back").disabled) event.preventDefault();
});
byId("time-zone").textContent = `Oldest first. Times are in your time zone, ${timeZone}.`;
fillInDemo();

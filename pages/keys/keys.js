/** The page for people who manage physical keys: wires what is shown with who is signed in. */

import { read } from "./addresses.js";
import { AddForm } from "./adding.js";
import { Api, Problem } from "./api.js";
import { describeChosen } from "./choosing.js";
import { apiAddress, hasDemo, signIn } from "./configuration.js";
import { byId, counted } from "./elements.js";
import { Inventory } from "./inventory.js";
import { Messages } from "./messages.js";
import { OrganisationView } from "./organisation.js";
import { PersonView } from "./person.js";
import { ReceiptView } from "./receipt.js";
import { Rows } from "./rows.js";
import { Session } from "./session.js";
import { StoryView } from "./story.js";
import { takeBack } from "./taking-back.js";

const messages = new Messages(byId("messages"));
const session = new Session();
const inventory = new Inventory(new Api(apiAddress, () => session.credentials()));

/** The rows of a view, and the bar over them. */
function rowsOf(tableId, viewName, withPerson) {
  const bar = document.querySelector(`.chosen[data-for="${viewName}"]`);
  const rows = new Rows(byId(tableId), {
    moreButton: byId(`${tableId}-more`),
    withPerson,
    takeBack: (key) => takeBackFrom(rows, [key]),
    chosenChanged: (keys) =>
      describeChosen(bar, keys, {
        takeBack: (chosen) => takeBackFrom(rows, chosen),
        chooseNone: () => {
          rows.chooseNone();
          byId(`${viewName}-heading`).focus();
        },
      }),
  });
  return rows;
}

const outRows = rowsOf("out", "organisation", true);
const heldRows = rowsOf("held", "person", false);
const story = new StoryView({ inventory, messages, takeBack: (key) => takeBackFrom(undefined, [key]) });
const views = {
  organisation: new OrganisationView({ listing: inventory.out, rows: outRows, messages }),
  person: new PersonView({ inventory, rows: heldRows, messages }),
  story,
  receipt: new ReceiptView({ inventory, session, messages }),
};
const addForm = new AddForm({ inventory, session, added: (key) => [outRows, heldRows].forEach((rows) => rows.point(key)) });

async function takeBackFrom(rows, keys) {
  messages.clear();
  const place = rows?.placeOf(keys[0]) ?? 0;
  const taken = await takeBack(inventory, keys);
  if (taken === 0) return;
  messages.done(keys.length === 1 ? `Physical key ${keys[0].number} was taken back.` : `${counted(taken)} taken back.`);
  const heading = byId(`${read(location.hash).view}-heading`);
  // The button that had the focus is gone with its row.
  if (rows) rows.focus(place, heading);
  else heading.focus();
}

let shownView;
/** How far each address was scrolled, so that going back to a long list leads to where one was. */
const places = new Map();

/** Shows what the address says. */
function show() {
  if (!session.who) return;
  const address = read(location.hash);
  messages.clear();
  for (const name of Object.keys(views)) byId(name).hidden = name !== address.view;
  byId("adding").hidden = address.view === "receipt";
  if (address.userId) addForm.suggestPerson(address.userId);
  views[address.view].show(address);
  const heading = byId(`${address.view}-heading`);
  document.title = `${heading.textContent} – Physical key inventory`;
  // Whoever follows a link within the page is told where it has led, as after any other link.
  if (shownView !== undefined) {
    scrollTo(0, places.get(location.hash) ?? 0);
    heading.focus({ preventScroll: true });
  }
  shownView = address.view;
}

/** Whoever is signed in as a person only may read what they hold themselves, if that. */
function isNoKeyManager({ status, code, errors }) {
  const wantsApiKey = status === 401 && errors.every(({ message }) => message.includes("X-API-Key"));
  return session.who.isSignedIn && (code === "one_user_only" || wantsApiKey);
}

function explainNoKeyManager(problem) {
  if (!isNoKeyManager(problem)) return;
  const { name, orgId } = session.who;
  const organisation = orgId ? ` of ${orgId}` : "";
  messages.problem(new Problem(`${name} is not known as a key manager${organisation}. Ask whoever administers the accounts.`));
}

function begin() {
  const { name, orgId, isDemo } = session.who;
  byId("who-text").textContent = `${isDemo ? "The local demo, as " : ""}${name}${orgId ? ` for ${orgId}` : ""}`;
  byId("who").hidden = byId("views").hidden = false;
  byId("entrance").hidden = true;
  // What a view shows takes away what was said before.
  show();
  if (orgId) inventory.open(orgId);
  else messages.problem(new Problem("Neither the token nor you have named an organisation."));
}

function end({ detail: reason }) {
  for (const form of document.querySelectorAll("form")) form.reset();
  for (const view of [views.person, views.story, views.receipt, addForm]) view.forget();
  inventory.forget();
  places.clear();
  for (const rows of [outRows, heldRows]) {
    rows.reset();
    rows.show([]);
  }
  byId("ask").close();
  messages.clear();
  history.replaceState(null, "", location.pathname);
  showEntrance(reason);
}

function showEntrance(reason = "") {
  byId("who").hidden = byId("views").hidden = true;
  byId("entrance").hidden = false;
  byId("entrance-words").textContent = reason || "Who holds your organisation's physical keys: office, mailbox, cabinet.";
  byId("sign-in").hidden = !signIn;
  byId("other-ways").open = !signIn;
  shownView = undefined;
  document.title = "Sign in – Physical key inventory";
}

/** Begins as what a local server offers for trying things out. */
async function beginDemo() {
  const response = await fetch("demo-credentials.json", { cache: "no-store", signal: AbortSignal.timeout(15_000) });
  if (response.ok) session.use({ ...(await response.json()), isDemo: true });
}

async function start() {
  try {
    await session.resume();
    if (!session.who && hasDemo) await beginDemo();
    if (!session.who) showEntrance();
  } catch (problem) {
    showEntrance();
    messages.problem(problem);
  }
}

inventory.out.addEventListener("problem", ({ detail }) => explainNoKeyManager(detail));
session.addEventListener("begin", begin);
session.addEventListener("end", end);
session.addEventListener("idle", ({ detail: isIdle }) => {
  if (isIdle) messages.done("You will be signed out in a minute, unless you go on.");
  else messages.clear();
});
addEventListener("hashchange", show);
addEventListener("scroll", () => places.set(location.hash, scrollY), { passive: true });
byId("to-adding").addEventListener("click", () => byId("add-user").focus());
byId("sign-in").addEventListener("click", () => messages.during(byId("sign-in"), () => session.begin()));
byId("sign-out").addEventListener("click", () => messages.during(byId("sign-out"), () => session.end()));
byId("paste").addEventListener("submit", (event) => {
  event.preventDefault();
  const entry = (id) => byId(id).value.trim();
  session.use({ token: entry("token"), apiKey: entry("api-key"), orgId: entry("org") });
  byId("paste").reset();
});
start();

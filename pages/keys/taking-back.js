/** Taking physical keys back: one clear question, and each one's outcome. Doing it again is safe. */

import { ask, callConfirm, onlyClose } from "./asking.js";
import { counted, element, note, typed } from "./elements.js";

const NOT_FOUND = 404;

/** Asks, takes back what was asked for, and answers how many were taken back. */
export async function takeBack(inventory, keys) {
  const rows = keys.map((key) => ({ key, outcome: element("span", { class: "outcome" }), isSettled: false }));
  const list = element("ul", { class: "asked" }, ...rows.map(({ key, outcome }) => item(key, outcome)));
  const count = element("p", { class: "hint", role: "status" });
  let taken = 0;
  await ask({
    question: keys.length === 1 ? `Take back physical key ${keys[0].number}?` : `Take back ${counted(keys.length)}?`,
    body: [list, count],
    yes: "Take back",
    danger: true,
    act: async () => {
      for (const row of rows.filter(({ isSettled }) => !isSettled)) {
        if (await settle(inventory, row)) taken += 1;
        if (keys.length > 1) count.textContent = `${taken} of ${keys.length} taken back`;
      }
      const isClean = taken === keys.length;
      if (rows.every(({ isSettled }) => isSettled) && !isClean) onlyClose("Close");
      callConfirm("Try again");
      return isClean;
    },
  });
  return taken;
}

function item({ userId, number, note: text }, outcome) {
  const said = text ? [": ", note(text)] : [];
  return element("li", {}, element("p", {}, `Physical key ${number} of `, typed(userId), ...said), outcome);
}

/** Takes one back and says what became of it; answers whether it was taken back now. */
async function settle(inventory, row) {
  const { key, outcome } = row;
  try {
    await inventory.takeBack(key.userId, key.number);
    row.isSettled = true;
    outcome.textContent = "Taken back";
    outcome.dataset.outcome = "done";
    return true;
  } catch (problem) {
    row.isSettled = problem.status === NOT_FOUND;
    outcome.textContent = row.isSettled ? "Had been taken back already" : `Not taken back: ${problem.message}`;
    outcome.dataset.outcome = row.isSettled ? "already" : "failed";
    return false;
  }
}

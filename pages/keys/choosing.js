/** The bar over a table that says how many physical keys are chosen, and what can be done with them. */

import { ofReceipt } from "./addresses.js";
import { button, counted, element } from "./elements.js";

/** As many as somebody can have read before saying yes. */
const MOST_AT_ONCE = 100;

/** Shows in `bar` what can be done with `keys`; `takeBack(keys)` and `chooseNone()` are its buttons. */
export function describeChosen(bar, keys, { takeBack, chooseNone }) {
  bar.hidden = keys.length === 0;
  if (keys.length === 0) return bar.replaceChildren();
  const people = new Set(keys.map(({ userId }) => userId));
  const isTooMuch = keys.length > MOST_AT_ONCE;
  const actions = isTooMuch ? [] : [button("Take back", { class: "danger" }, () => takeBack(keys))];
  // A receipt is one person's to sign.
  if (people.size === 1 && !isTooMuch) {
    const numbers = keys.map(({ number }) => number);
    actions.push(element("a", { class: "button", href: ofReceipt(keys[0].userId, numbers) }, "Receipt"));
  }
  actions.push(button("Choose none", {}, chooseNone));
  const limit = isTooMuch ? `: no more than ${MOST_AT_ONCE} are taken back at once` : "";
  bar.replaceChildren(element("p", { role: "status" }, `${counted(keys.length)} chosen${limit}`), ...actions);
}

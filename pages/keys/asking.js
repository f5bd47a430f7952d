/** The one dialog of the page: a question, what it is about, and two answers. */

import { byId } from "./elements.js";

const dialog = byId("ask");
const confirm = byId("ask-confirm");
const cancel = byId("ask-cancel");

let answerWith;

/**
 * Asks, and answers whether it was confirmed. `act()`, where it is given, is done before the dialog closes; it answers
 * whether it may close, and what it throws is the caller's.
 */
export function ask({ question, body, yes, danger = false, no = "Cancel", act }) {
  byId("ask-heading").textContent = question;
  byId("ask-body").replaceChildren(...body);
  confirm.textContent = yes;
  confirm.className = danger ? "danger" : "primary";
  confirm.hidden = false;
  cancel.textContent = no;
  dialog.showModal();
  return new Promise((resolve, reject) => {
    answerWith = (isConfirmed) => {
      dialog.close();
      resolve(isConfirmed);
    };
    confirm.onclick = async () => {
      if (!act) return answerWith(true);
      busy(true);
      try {
        if (await act()) answerWith(true);
      } catch (problem) {
        dialog.close();
        reject(problem);
      } finally {
        busy(false);
      }
    };
  });
}

/** What is there to do after all has been said: the only answer left is to close. */
export function onlyClose(label) {
  confirm.hidden = true;
  cancel.textContent = label;
  cancel.disabled = false;
  cancel.focus();
}

/** Changes what the answer that acts is called. */
export function callConfirm(label) {
  confirm.textContent = label;
}

function busy(isBusy) {
  confirm.disabled = isBusy;
  cancel.disabled = isBusy;
  confirm.toggleAttribute("aria-busy", isBusy);
}

cancel.addEventListener("click", () => answerWith(false));
dialog.addEventListener("cancel", (event) => {
  event.preventDefault();
  // A request that is under way can no longer be cancelled.
  if (!cancel.disabled) answerWith(false);
});

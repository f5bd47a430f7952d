/** The page that checks a proof. What is given to it stays in it: its policy lets it load and send nothing. */
"use strict";

const byId = (id) => document.getElementById(id);

/** Counts what was given, so that an answer about something else than what is there now is not shown. */
let given = 0;

/** What was shown was about something else. */
function forget() {
  given += 1;
  byId("shown").hidden = true;
  byId("status").className = "";
  byId("status").replaceChildren();
}

function choose() {
  byId("pasted").value = "";
  forget();
}

/** The bytes of the proof. Whoever copies a text often leaves its last line feed behind, which a file must have. */
async function proofBytes() {
  const [file] = byId("file").files;
  if (file) {
    if (file.size > MOST_BYTES) refuse(TOO_LONG);
    return new Uint8Array(await file.arrayBuffer());
  }
  const text = byId("pasted").value;
  if (text === "") refuse("There is no proof yet: choose, drop or paste one.");
  return encoder.encode(text.endsWith("\n") ? text : `${text}\n`);
}

/** What a good proof shows. */
function showGood(shown) {
  const { origin, size, record } = shown;
  const entries = size === 1 ? "1 entry" : `${size} entries`;
  const where = ["This was recorded, and is in the log ", quoted(origin), ` as it was signed at ${entries}: `];
  byId("facts").replaceChildren(...factRows(shown));
  byId("record").replaceChildren(...visible(canonical(record)));
  showVerdict("good", "Recorded, and in the log", ...where, ...happening(record));
}

function showVerdict(kind, heading, ...sentence) {
  byId("shown").hidden = kind !== "good";
  byId("status").className = kind;
  byId("status").replaceChildren(element("h2", heading), element("p", ...sentence));
  byId("status").scrollIntoView({ block: "nearest" });
}

/** Whatever is not refused is a fault of this page or of its browser, and says nothing about the proof. */
function showFault(fault) {
  if (fault instanceof Refusal) return showVerdict("bad", "Not proven", ...visible(fault.message));
  console.error(fault);
  return showVerdict("bad", "Not checked", ...visible(`This browser could not check the proof (${fault.message}).`));
}

async function check() {
  forget();
  const about = given;
  try {
    if (!crypto.subtle) throw new Error("it has no cryptography for this page");
    const shown = await checkProof(await proofBytes(), byId("verifier-key").value.trim());
    if (about === given) showGood(shown);
  } catch (fault) {
    if (about === given) showFault(fault);
  }
}

byId("form").addEventListener("submit", (event) => {
  event.preventDefault();
  check();
});
// A proof is chosen or pasted: which of the two is checked must not be a question.
byId("file").addEventListener("change", choose);
byId("pasted").addEventListener("input", () => {
  byId("file").value = "";
  forget();
});
byId("verifier-key").addEventListener("input", forget);
// A file that is dropped beside the field would take the place of the page.
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  const { files } = event.dataTransfer;
  if (files.length !== 1) return;
  byId("file").files = files;
  choose();
});

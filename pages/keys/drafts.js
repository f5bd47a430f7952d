/** What was typed and not sent yet: it survives a reload and a visit to the issuer in this tab, and ends with the session. */

const PREFIX = "draft:";

/** Keeps what these fields have, under this name; fields that are empty are filled in from what was kept. */
export function keepDraft(name, fields) {
  const kept = JSON.parse(sessionStorage.getItem(PREFIX + name) ?? "{}");
  for (const field of fields) {
    if (field.value === "") field.value = kept[field.id] ?? "";
    field.addEventListener("input", () => save(name, fields));
  }
}

export function save(name, fields) {
  const typed = fields.filter(({ value }) => value !== "").map(({ id, value }) => [id, value]);
  if (typed.length === 0) sessionStorage.removeItem(PREFIX + name);
  else sessionStorage.setItem(PREFIX + name, JSON.stringify(Object.fromEntries(typed)));
}

export function forgetDrafts() {
  for (const name of Object.keys(sessionStorage)) if (name.startsWith(PREFIX)) sessionStorage.removeItem(name);
}

/** The page's addresses, all of them in the fragment, which browsers send to nobody: `#user=alice&number=3`. */

const NUMBER = /^[1-9][0-9]{0,15}$/;

/** What an address shows: `{ view, userId?, number?, numbers?, q? }`. Of what is no address of the page, the first view. */
export function read(fragment) {
  const parameters = new URLSearchParams(fragment.replace(/^#/, ""));
  const userId = parameters.get("user") ?? "";
  const q = parameters.get("q") ?? "";
  if (userId === "") return { view: "organisation", q };
  if (parameters.has("receipt")) {
    const numbers = parameters.get("receipt").split(",").filter((number) => NUMBER.test(number)).map(Number);
    return { view: "receipt", userId, numbers };
  }
  const number = parameters.get("number") ?? "";
  return NUMBER.test(number) ? { view: "story", userId, number: Number(number) } : { view: "person", userId };
}

export const ofOrganisation = (q = "") => (q === "" ? "#" : `#${new URLSearchParams({ q })}`);
export const ofPerson = (userId) => `#${new URLSearchParams({ user: userId })}`;
export const ofStory = (userId, number) => `#${new URLSearchParams({ user: userId, number })}`;

/** A receipt of these physical keys, or of all that the person holds. */
export const ofReceipt = (userId, numbers = []) =>
  `${ofPerson(userId)}&receipt=${numbers.join(",")}`;

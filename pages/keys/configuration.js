/** What whoever serves the page has configured, as `physical-keys pages` writes it into the page. */

const given = JSON.parse(document.querySelector('meta[name="configuration"]').content);

/** Where the API is; empty means the origin of this page. */
export const apiAddress = (given.api ?? "").replace(/\/+$/, "");

/** By which issuer people sign in: `{ issuer, clientId, scope, audience?, resource? }`. Without it, credentials are pasted. */
export const signIn = given.signIn;

/** The claim by which a token names its organisation. */
export const organisationClaim = given.organisationClaim ?? "org_id";

/** Whether the server beside the API has credentials for trying things out. */
export const hasDemo = given.demo === true;

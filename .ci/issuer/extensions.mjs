// What docs/issuers.md has an issuer run (a trigger of Cognito's, an action of Zitadel's), on events and contexts of the shape that the vendors
// document: it gives the claims by which the page's tokens differ. The page is the first argument.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const page = readFileSync(process.argv[2], "utf8");
const block = (mark) => page.split(`<!-- ${mark} -->\n\`\`\``)[1].split("```")[0].replace(/^\w*\n/, "");
const claims = (mark) => JSON.parse(block(mark));

const { handler } = await import(`data:text/javascript,${encodeURIComponent(block("cognito-trigger"))}`);
process.env.ORGANISATIONS = JSON.stringify({ [claims("cognito-service").client_id]: "acme" });
async function cognito(triggerSource, clientId, userAttributes) {
  const event = { version: "3", triggerSource, callerContext: { clientId }, request: { userAttributes }, response: {} };
  const { claimsAndScopeOverrideDetails } = (await handler(event)).response;
  return claimsAndScopeOverrideDetails?.accessTokenGeneration.claimsToAddOrOverride.org_id;
}
for (const person of ["cognito-person", "cognito-key-manager"]) {
  const { client_id, sub, org_id } = claims(person);
  for (const source of ["TokenGeneration_Authentication", "TokenGeneration_RefreshTokens", "TokenGeneration_HostedAuth"]) {
    assert.equal(await cognito(source, client_id, { sub, "custom:org_id": org_id }), org_id);
    assert.equal(await cognito(source, client_id, { sub }), undefined);
    // A person who logs in at a service's client is of no organisation by that.
    assert.equal(await cognito(source, claims("cognito-service").client_id, { sub }), undefined);
  }
}
const service = claims("cognito-service");
assert.equal(await cognito("TokenGeneration_ClientCredentials", service.client_id, {}), service.org_id);
assert.equal(await cognito("TokenGeneration_ClientCredentials", "another", {}), undefined);

const action = new Function(`${block("zitadel-action")}; return keysClaims;`)();
function zitadel(user, grants) {
  const given = {};
  const ctx = { v1: { getUser: () => user, user: { grants: grants && { count: grants.length, grants } } } };
  action(ctx, { v1: { claims: { setClaim: (name, value) => (given[name] = value) } } });
  return given;
}
const grant = { projectId: "278123456789012345", roles: ["reader", "key-manager"], userGrantResourceOwner: "278100000000000009" };
const { groups } = claims("zitadel-key-manager");
assert.deepEqual(zitadel({ human: {} }, [grant]), { groups });
for (const none of [undefined, [], [{ ...grant, roles: ["reader"] }], [{ ...grant, projectId: "1" }]]) {
  assert.deepEqual(zitadel({ human: {} }, none), { groups: claims("zitadel-person").groups });
}
assert.deepEqual(zitadel({ machine: {} }, [grant]), { gty: claims("zitadel-service").gty });
console.log("The trigger and the action of docs/issuers.md give the claims of its tokens");

/** What is recorded of an event: which events there are, what each has to say, and the texts that it has digests of. */
"use strict";

const FORMAT = 2;
const TEXT_DIGEST = /^[A-Za-z0-9_-]{43}$/;
const SALT_BYTES = 16;

/**
 * The events that there are: whose history they belong to and what of their data names it; the numbers and texts that they always have; and
 * the texts that somebody typed, of which they can have digests.
 */
const EVENTS = new Map([
  ["PhysicalKeyAdded", { of: "user", id: "userId", numbers: ["number", "addedAt"], texts: ["orgId"], typed: ["note", "orgName"] }],
  ["PhysicalKeyRemoved", { of: "user", id: "userId", numbers: ["number", "removedAt"] }],
  ["PhysicalKeyTextsErased", { of: "user", id: "userId", numbers: ["number", "erasedAt"], typed: ["reason"] }],
  ["OrganisationRegistered", { of: "organisation", id: "orgId", numbers: ["registeredAt"], typed: ["name"] }],
  ["OrganisationRenamed", { of: "organisation", id: "orgId", numbers: ["renamedAt"], typed: ["name"] }],
  ["OrganisationClosed", { of: "organisation", id: "orgId", numbers: ["closedAt"] }],
  ["ApiKeyIssued", { of: "organisation", id: "orgId", numbers: ["issuedAt"], texts: ["apiKeyId"] }],
  ["ApiKeyRevoked", { of: "organisation", id: "orgId", numbers: ["revokedAt"], texts: ["apiKeyId"] }],
  ["SigningKeyChanged", { of: "log", id: "origin", numbers: ["changedAt"], texts: ["verifierKey"] }],
  ["LogClaimed", { of: "log", id: "origin", numbers: ["claimedAt"], texts: ["tableId"] }],
]);

const isText = (value) => typeof value === "string" && value !== "";
const isNumber = (value) => Number.isSafeInteger(value) && value >= 0;

/** The record that a text spells. What it says of itself in two places has to agree, or whoever reads one of them is misled. */
function readRecord(text) {
  const record = canonicalObject(text);
  if (!record) {
    refuse("The record is not spelled as RFC 8785 has it: a member stands twice or out of order, or it is no record.");
  }
  if (record.format !== FORMAT) refuse(`The record is not of format ${FORMAT}, which this page reads.`);
  const { actor, aggregateId, aggregateType, data, recordedAt, requestId, type, version } = record;
  const isWhole = [aggregateId, aggregateType, requestId, type, actor?.type].every(isText)
    && [recordedAt, version].every(isNumber) && version > 0 && isObject(data);
  if (!isWhole) refuse("The record does not say what every record says.");
  const kind = EVENTS.get(type);
  if (!kind) refuse(`The event is of a type that this page does not know: ${type}.`);
  const { of, id, numbers, texts = [], typed = [] } = kind;
  if (!numbers.every((name) => isNumber(data[name])) || !texts.every((name) => isText(data[name]))) {
    refuse(`The record does not say what a ${type} says.`);
  }
  if (aggregateType !== of || aggregateId !== data[id]) {
    refuse("The record names one history and is an event of another.");
  }
  checkIssuer(record);
  checkActor(actor);
  checkDigests(data, typed);
  return record;
}

/** The organisation that an event concerns is named in every record but a log's; most events say it in their data as well. */
function checkIssuer({ aggregateType, data, issuer }) {
  const isThere = aggregateType === "log" ? issuer === undefined : isText(issuer);
  if (!isThere || (data.orgId !== undefined && data.orgId !== issuer)) {
    refuse("The record names one issuer and is an event of another's.");
  }
}

function checkActor({ type, id, iss, orgId, apiKeyId }) {
  const isKnown = ["user", "service", "organisation", "operator"].includes(type);
  const areTexts = [id, iss, orgId, apiKeyId].every((value) => value === undefined || isText(value));
  if (!isKnown || !areTexts) refuse("The record does not say who did it in a way that this page knows.");
}

/** An event has digests of its own texts and of no others. */
function checkDigests({ texts = {} }, typed) {
  const isDigest = ([name, digest]) => typed.includes(name) && isText(digest) && TEXT_DIGEST.test(digest);
  if (!isObject(texts) || !Object.entries(texts).every(isDigest)) {
    refuse("The record has something else than digests of the texts that such an event can have.");
  }
}

/** What stands in the second line: of some texts, the salt and the text. */
function readDisclosures(line) {
  const { texts, ...more } = canonicalObject(line) ?? {};
  const isDisclosure = (one) => isObject(one) && Object.keys(one).join() === "salt,text"
    && isText(one.salt) && typeof one.text === "string" && base64url(one.salt)?.length === SALT_BYTES;
  const areDisclosures = isObject(texts) && Object.keys(more).length === 0
    && Object.keys(texts).length > 0 && Object.values(texts).every(isDisclosure);
  return areDisclosures ? texts : refuse("The second line is not what discloses an event's texts.");
}

/** The texts that the record has digests of, by name; `undefined` where nothing discloses one. */
async function checkTexts(record, disclosures) {
  const digests = record.data.texts ?? {};
  for (const [name, { salt, text }] of Object.entries(disclosures)) {
    const digest = Object.hasOwn(digests, name) ? digests[name] : undefined;
    if (digest !== toBase64url(await sha256(base64url(salt), encoder.encode(text)))) {
      refuse(`The text that is disclosed as ${name} is not the one that was recorded.`);
    }
  }
  const textOf = (name) => (Object.hasOwn(disclosures, name) ? disclosures[name].text : undefined);
  return new Map(Object.keys(digests).map((name) => [name, textOf(name)]));
}

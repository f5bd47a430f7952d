/** What a record says, in words and elements. */
"use strict";

/** What cannot be seen, or not be told from something else: control, direction and zero-width characters, odd spaces. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/gu;

/** An element with children. Strings become text: nothing that a proof says is ever read as HTML. */
function element(name, ...children) {
  const made = document.createElement(name);
  made.append(...children);
  return made;
}

/** A text as it is, with what cannot be seen in it shown by its code point, marked so that it cannot be taken for typed. */
function visible(text) {
  const parts = [];
  let end = 0;
  for (const { 0: character, index } of text.matchAll(UNSEEN)) {
    const code = character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    parts.push(text.slice(end, index), element("mark", `U+${code}`));
    end = index + character.length;
  }
  return [...parts, text.slice(end)];
}

/** What somebody chose, isolated: an id that is written from right to left would reorder the sentence around it. */
function quoted(text) {
  return element("bdi", ...visible(text));
}

/** What happened, as a sentence. */
function happening({ type, aggregateId, data, issuer }) {
  const whose = quoted(aggregateId);
  switch (type) {
    case "PhysicalKeyAdded":
      return [`Physical key ${data.number} was issued to `, whose, " by ", quoted(data.orgId), "."];
    case "PhysicalKeyRemoved":
      return [`Physical key ${data.number} of `, whose, ", issued by ", quoted(issuer), ", was taken back."];
    case "PhysicalKeyTextsErased":
      return [`What was typed about physical key ${data.number} of `, whose, ", issued by ", quoted(issuer), ", was erased."];
    case "OrganisationRegistered":
      return ["Organisation ", whose, " was registered."];
    case "OrganisationRenamed":
      return ["Organisation ", whose, " was renamed."];
    case "OrganisationClosed":
      return ["Organisation ", whose, " was closed."];
    case "ApiKeyIssued":
      return ["API key ", quoted(data.apiKeyId), " was issued to organisation ", whose, "."];
    case "ApiKeyRevoked":
      return ["API key ", quoted(data.apiKeyId), " of organisation ", whose, " was revoked."];
    case "SigningKeyChanged":
      return ["The hours after this one are signed by the owner of ", quoted(data.verifierKey), "."];
    default:
      return ["The table ", quoted(data.tableId), " went on with the log."];
  }
}

/** Who did it, as the verified credentials named them; an operator, as they called themselves. */
function whoDidIt({ type, id, iss, orgId, apiKeyId }) {
  const kinds = { user: "A person", service: "A service", organisation: "An organisation", operator: "An operator" };
  const said = [kinds[type]];
  if (id !== undefined) said.push(", ", quoted(id));
  if (orgId !== undefined) said.push(type === "organisation" ? ", " : ", of organisation ", quoted(orgId));
  if (apiKeyId !== undefined) said.push(", with API key ", quoted(apiKeyId));
  if (iss !== undefined) said.push(", named by a token of ", quoted(iss));
  if (type === "operator") said.push(", by their own account");
  return said;
}

/** A time of the record, to the millisecond, in the time zone of nobody in particular. */
function moment(millis) {
  const date = new Date(millis);
  // The calendar of JavaScript ends before its integers do.
  if (Number.isNaN(date.getTime())) return [`${millis} milliseconds after 1970`];
  const iso = date.toISOString();
  const time = element("time", iso.replace("T", " ").replace("Z", " UTC"));
  time.dateTime = iso;
  return [time];
}

/** The texts that the record has digests of. */
function textRows(texts) {
  const labels = new Map([["note", "Note"], ["orgName", "Issuer's name"], ["name", "Name"], ["reason", "Reason"]]);
  const notHere = () => element("em", "Withheld or erased: the record has its digest, and the proof does not disclose it.");
  return [...texts].map(([name, text]) => {
    const shown = text === undefined ? notHere() : quoted(text);
    if (text !== undefined) shown.className = "typed";
    return row(labels.get(name) ?? name, shown);
  });
}

function row(term, ...details) {
  return element("div", element("dt", ...visible(term)), element("dd", ...details));
}

/** Everything that a good proof shows, as terms and details. */
function factRows({ record, texts, index, size, origin, signer }) {
  const { actor, aggregateType, aggregateId, version, recordedAt, requestId, type } = record;
  return [
    row("What", ...happening(record)),
    ...textRows(texts),
    row("By whom", ...whoDidIt(actor)),
    row("When", ...moment(recordedAt), ", by the operator's clock"),
    row("Event", `${type}, number ${version} of the history of ${aggregateType} `, quoted(aggregateId)),
    row("Request", quoted(requestId)),
    row("Log", quoted(origin), `, entry ${index + 1} of ${size}`),
    row("Signed by", quoted(signer)),
  ];
}

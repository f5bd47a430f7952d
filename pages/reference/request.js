/** The request that an operation and what was typed make: what is sent, and what the samples spell. */

import { isNumber } from "./faults.js";

/** Characters that cannot be seen, or that move what stands around them; but line feeds, and the joiner that emoji are made with. */
const UNSEEN = /(?![\n\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * `{ method, url, headers: [{ name, value, isSecret, isPlaceholder }], body }`. What is typed stands in `values` by
 * `"in name"`, and in `credentials` by the name of the scheme.
 */
export function requestOf({ operation, baseUrl, credentials, values, mediaType, body }) {
  const given = operation.credentials.map((scheme) => ({ scheme, value: inHeader(credentials[scheme.name] ?? "") }));
  const inHeaders = operation.parameters.filter((one) => one.in === "header").map(({ name }) => ({ name, value: inHeader(values[`header ${name}`] ?? "") }));
  const headers = [...given.filter(({ scheme }) => scheme.header).map(credentialHeader), ...inHeaders.filter(({ value }) => value !== "")];
  if (body !== undefined) headers.push({ name: "Content-Type", value: mediaType });
  const query = queryOf(operation, values, given);
  return { method: operation.method, url: baseUrl + pathOf(operation, values) + query, headers, body: body?.toWellFormed() };
}

/** The request with its credentials cut off, to be shown. */
export function masked(request) {
  const headers = request.headers.map((header) => (header.isSecret ? { ...header, value: cut(header.value) } : header));
  return { ...request, headers };
}

/** An object of JSON from what was typed for each member; what is empty is left out. */
export function bodyOf(members, typed) {
  const lines = members.filter(({ name }) => (typed[name] ?? "") !== "").map(({ name, schema }) => `  ${jsonString(name)}: ${literal(schema, typed[name])}`);
  return lines.length === 0 ? "{}" : `{\n${lines.join(",\n")}\n}`;
}

/** A string of JSON that shows all of its characters. */
export function jsonString(text) {
  return seen(JSON.stringify(text));
}

/** A text in which the characters that cannot be seen are escaped, by JSON's rule unless there is another one. */
export function seen(text, escape = (character) => character.split("").map(unit).join("")) {
  return text.replace(UNSEEN, escape);
}

function unit(one) {
  return `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** The value of a text of JSON, where a program that spells it sends the same: no number that a double is too small for, nothing twice. */
export function valueOf(text) {
  try {
    const value = JSON.parse(text);
    const squeezed = text.replace(/("(?:[^"\\]|\\.)*")|[ \t\r\n]+/g, (all, string) => string ?? "");
    return seen(JSON.stringify(value)) === seen(squeezed) ? { value } : undefined;
  } catch {
    return undefined;
  }
}

/** As much of a member as its type asks for; what is no value of the type is sent as it was typed, for the API to refuse. */
function literal(schema, text) {
  const types = [schema.type ?? "string"].flat();
  if (types.some((type) => type === "integer" || type === "number") && isNumber(text)) return text;
  if (types.includes("boolean") && (text === "true" || text === "false")) return text;
  if (types.includes("string")) return jsonString(text);
  try {
    JSON.parse(text);
    return text;
  } catch {
    return jsonString(text);
  }
}

function credentialHeader({ scheme, value }) {
  const isPlaceholder = value === "";
  return { name: scheme.header, value: scheme.prefix + (isPlaceholder ? scheme.placeholder : value), isSecret: !isPlaceholder, isPlaceholder };
}

/** Spaces around the value of a header are not sent. */
function inHeader(text) {
  return text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "");
}

function pathOf(operation, values) {
  return operation.path.replace(/\{([^{}]+)\}/g, (placeholder, name) => {
    const value = values[`path ${name}`] ?? "";
    return value === "" ? placeholder : encoded(value);
  });
}

function queryOf(operation, values, credentials) {
  const inQuery = operation.parameters.filter((one) => one.in === "query").map(({ name }) => [name, values[`query ${name}`] ?? ""]);
  const secrets = credentials.filter(({ scheme }) => scheme.query).map(({ scheme, value }) => [scheme.query, value]);
  const pairs = [...inQuery, ...secrets].filter(([, value]) => value !== "");
  const spelled = pairs.map((pair) => pair.map(encoded).join("="));
  return spelled.length === 0 ? "" : `?${spelled.join("&")}`;
}

/** Percent-encoded, apostrophes as well. Half of a character cannot be encoded. */
function encoded(text) {
  return encodeURIComponent(text.toWellFormed()).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The scheme and the first characters of a credential. */
function cut(value) {
  const [, scheme, credential] = value.match(/^(\S+ )?(.*)$/s);
  return `${scheme ?? ""}${credential.slice(0, 6)}…`;
}

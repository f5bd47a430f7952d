/**
 * How things are spelled in a proof. Each has one spelling, so that two people who hold the same proof hold the same bytes.
 *
 * These are classic scripts, which share their names: a page that is opened from a folder may not load modules.
 */
"use strict";

/** Why something proves nothing, as a sentence for people. */
class Refusal extends Error {}

function refuse(sentence) {
  throw new Refusal(sentence);
}

/** The text of some bytes. A byte order mark stays, and is refused as the character that it is. */
function utf8(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse("The proof is not UTF-8.");
  }
}

/** The number that digits spell, without zeros before it; none above 2⁵³ − 1, up to where JavaScript has every integer. */
function decimal(text) {
  const number = /^(0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : undefined;
  return Number.isSafeInteger(number) ? number : undefined;
}

/** The bytes that base64 spells. Encoded again they have to be the same text: the last character could have bits to spare. */
function base64(text) {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) return undefined;
  const bytes = atob(text);
  return btoa(bytes) === text ? Uint8Array.from(bytes, (character) => character.charCodeAt(0)) : undefined;
}

/** As base64, in the letters that addresses have, without padding. */
function base64url(text) {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return undefined;
  const padding = "=".repeat((4 - (text.length % 4)) % 4);
  return base64(text.replaceAll("-", "+").replaceAll("_", "/") + padding);
}

function toBase64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The bytes that hexadecimal digits in small letters spell. */
function hex(text) {
  return Uint8Array.from(text.match(/../g) ?? [], (byte) => parseInt(byte, 16));
}

function toHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * The JSON object that a text spells as RFC 8785 has it; `undefined` for any other text. What `JSON.parse` passes over, such as the
 * first of two members of one name, is not there when it is written again.
 */
function canonicalObject(text) {
  try {
    const value = JSON.parse(text);
    return isObject(value) && canonical(value) === text ? value : undefined;
  } catch {
    // It is no JSON, or is nested deeper than any record.
    return undefined;
  }
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value of a kind that records have, as RFC 8785 spells it: members in the order of their names' UTF-16 code units. */
function canonical(value) {
  if (typeof value === "string" && !/\p{Cs}/u.test(value)) return JSON.stringify(value);
  if (Number.isSafeInteger(value)) return String(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (!isObject(value)) throw new TypeError("no record has such a value");
  const members = Object.keys(value).sort().map((name) => `${canonical(name)}:${canonical(value[name])}`);
  return `{${members.join()}}`;
}

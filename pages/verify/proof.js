/**
 * A proof of one event: what it has to be made of, and what has to follow from what. The form is in docs/audit-trail.md.
 *
 * It is written from the formats alone (C2SP `tlog-proof`, `tlog-checkpoint`, `signed-note`; RFC 9162; RFC 8785), and shares no code
 * with the program that makes the proofs.
 */
"use strict";

const MOST_BYTES = 64 * 1024;
const TOO_LONG = "The proof is longer than 64 KiB: no proof is.";
const MOST_SIGNATURES = 100;
const HASH_BYTES = 32;
const ED25519 = 1;
const KEY_ID_BYTES = 4;
const HEADER = "c2sp.org/tlog-proof@v1";
/** What a line is made of around its two hashes and its record. */
const LINE = /^\{"hash":"([0-9a-f]{64})","previousHash":"([0-9a-f]{64})","record":(.*)\}$/su;

const encoder = new TextEncoder();

async function sha256(...parts) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", await new Blob(parts).arrayBuffer()));
}

/** What a good proof shows. Anything else is refused, for the first reason that there is. */
async function checkProof(bytes, verifierKeyText) {
  const verifierKey = await readVerifierKey(verifierKeyText);
  const proof = readProof(bytes);
  const { event, checkpoint, index } = proof;
  const record = readRecord(event.record);
  if (toHex(await sha256(hex(event.previousHash), encoder.encode(event.record))) !== event.hash) {
    refuse("The event is not the one that was hashed: the event, its hash or the hash before it was changed.");
  }
  const texts = await checkTexts(record, proof.disclosures);
  await checkPath(proof);
  await checkSignature(proof, verifierKey);
  return { record, texts, index, size: checkpoint.size, origin: checkpoint.origin, signer: verifierKey.short };
}

/** A verifier key as C2SP `signed-note` writes it down. Its key id follows from the rest, so that one that was mistyped is none. */
async function readVerifierKey(text) {
  const [, name, id, encoded] = /^([!-*,-~]{1,255})\+([0-9a-f]{8})\+(.*)$/.exec(text) ?? [];
  const typed = base64(encoded ?? "");
  if (!typed?.length) refuse("The verifier key is none: it looks like keys.example.com/audit+0f1e2d3c+AQ…");
  if (typed[0] !== ED25519) refuse("The verifier key is not of the kind Ed25519.");
  if (typed.length !== 1 + HASH_BYTES) refuse("The verifier key is not whole: its public key has not 32 bytes.");
  const keyId = (await sha256(encoder.encode(`${name}\n`), typed)).slice(0, KEY_ID_BYTES);
  if (toHex(keyId) !== id) {
    refuse("The verifier key has a key id that is not the one of its name and public key: something was mistyped.");
  }
  return { name, short: `${name}+${id}`, keyId, publicKey: typed.slice(1) };
}

/** The parts of a proof file. */
function readProof(bytes) {
  if (bytes.length > MOST_BYTES) refuse(TOO_LONG);
  const text = utf8(bytes);
  if (text.includes("\r")) refuse("The proof has carriage returns: something has changed the ends of its lines.");
  if (!text.endsWith("\n")) refuse("The end of the proof is missing: its last line does not end with a line feed.");
  const lines = text.slice(0, -1).split("\n");
  const event = readLine(lines.shift());
  const disclosures = lines[0] === "" ? {} : readDisclosures(lines.shift());
  if (lines.shift() !== "") refuse("There is more before the first empty line than an event and its texts.");
  if (lines.shift() !== HEADER) refuse(`What follows the event does not begin with ${HEADER}.`);
  if (lines[0]?.startsWith("extra ")) refuse("The proof has an extra line, and proofs of this log have none.");
  const index = decimal(/^index (.*)$/.exec(lines.shift() ?? "")?.[1] ?? "");
  if (index === undefined) refuse("The line “index” with the number of the log's entry is missing, or is no number.");
  const path = readPath(untilEmpty(lines));
  const checkpoint = readCheckpoint(untilEmpty(lines));
  return { event, disclosures, index, path, checkpoint, signatures: readSignatures(lines) };
}

function readLine(line) {
  const [, hash, previousHash, record] = LINE.exec(line) ?? [];
  if (record === undefined) refuse("The first line is not an event as it was exported.");
  return { hash, previousHash, record };
}

/** Takes the lines before the next empty one, and that one. */
function untilEmpty(lines) {
  const end = lines.indexOf("");
  if (end < 0) refuse("The end of the proof is missing: it has fewer parts than a proof has.");
  return lines.splice(0, end + 1).slice(0, -1);
}

function readPath(lines) {
  return lines.map((line) => {
    const hash = base64(line);
    return hash?.length === HASH_BYTES ? hash : refuse("A hash of the path is not 32 bytes in base64.");
  });
}

/** The checkpoint, as lines: what is signed is each of them with a line feed after it. */
function readCheckpoint(lines) {
  const [origin, sizeText, rootText, ...more] = lines;
  const [size, root] = [decimal(sizeText ?? ""), base64(rootText ?? "")];
  if (!/^[!-*,-~]{1,255}$/.test(origin ?? "")) refuse("The checkpoint does not begin with the name of a log.");
  if (size === undefined) refuse("The checkpoint does not say how many entries the log had.");
  if (root?.length !== HASH_BYTES) refuse("The checkpoint's root is not 32 bytes in base64.");
  if (more.length > 0) refuse("The checkpoint has a line more than name, number of entries and root.");
  return { origin, size, root, signedText: `${origin}\n${sizeText}\n${rootText}\n` };
}

/** All signatures, of witnesses, too. What stands after them is one that is none. */
function readSignatures(lines) {
  if (lines.length === 0) refuse("The end of the proof is missing: it has no signature.");
  if (lines.length > MOST_SIGNATURES) refuse(`The proof has more than ${MOST_SIGNATURES} signatures.`);
  return lines.map((line) => {
    const [, name, encoded] = /^— ([!-*,-~]{1,255}) (.*)$/.exec(line) ?? [];
    const bytes = base64(encoded ?? "");
    if (!(bytes?.length > KEY_ID_BYTES)) refuse("The proof ends with a line that is no signature.");
    return { name, keyId: bytes.slice(0, KEY_ID_BYTES), signature: bytes.slice(KEY_ID_BYTES) };
  });
}

/** Whether the event is the entry of its number in the tree of the checkpoint: RFC 9162, section 2.1.3.2. */
async function checkPath({ event, index, path, checkpoint }) {
  const { size, root } = checkpoint;
  if (index >= size) refuse(`The proof is of entry ${index + 1}, and the log had ${size} when it was signed.`);
  // Halved by division: JavaScript shifts 32 bits.
  let [place, last] = [index, size - 1];
  let hash = await sha256(Uint8Array.of(0), hex(event.hash));
  for (const sibling of path) {
    if (last === 0) refuse("The path is too long: it has more hashes than lead from this entry to the root.");
    if (place % 2 === 1 || place === last) {
      hash = await sha256(Uint8Array.of(1), sibling, hash);
      while (place % 2 === 0 && place > 0) [place, last] = [place / 2, Math.floor(last / 2)];
    } else {
      hash = await sha256(Uint8Array.of(1), hash, sibling);
    }
    [place, last] = [Math.floor(place / 2), Math.floor(last / 2)];
  }
  if (last !== 0) refuse("The path is too short: it has fewer hashes than lead from this entry to the root.");
  if (toHex(hash) !== toHex(root)) {
    refuse("The path does not lead from this event to the root: it is not this entry of that log.");
  }
}

/** Whether the owner of the signing key signed the checkpoint. */
async function checkSignature({ checkpoint, signatures }, { name, short, keyId, publicKey }) {
  const { origin, signedText } = checkpoint;
  if (name !== origin) refuse(`The verifier key is of the log ${name}, and the proof is of the log ${origin}.`);
  const isOfKey = (line) => line.name === name && toHex(line.keyId) === toHex(keyId);
  const theirs = signatures.filter(isOfKey);
  if (theirs.length === 0) {
    const others = signatures.map((line) => `${line.name}+${toHex(line.keyId)}`);
    refuse(`Nothing is signed by ${short}: the proof is signed by ${others.join(", ")}.`);
  }
  const key = await crypto.subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);
  for (const { signature } of theirs) {
    if (await crypto.subtle.verify("Ed25519", key, signature, encoder.encode(signedText))) return;
  }
  refuse(`The signature is not one that ${short} made of this checkpoint.`);
}

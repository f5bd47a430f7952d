// Requests with hostile parts in them, spelled in each language and run against a server that writes down what came.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { promisify } from "node:util";

const folder = process.argv[2];
const run = promisify(execFile);
const page = (name) => import(`${folder}/${name}.js`);
const [{ bodyOf, requestOf }, { curl }, { python }, { typescript }, { rust }, { send }] = await Promise.all(
  ["request", "curl", "python", "typescript", "rust", "send"].map(page),
);

const TEXTS = [
  "plain", "it's", "'", "''", `'"'"'`, '"', '"#', '"##"###', "\\", "\\'", '\\"', "\\n", "\\u0041", "\\x41", "a\nb", "a\r\nb", "\t", "\n",
  "$HOME", "${HOME}", "$(id)", "`id`", "!!", "%s %d %%", "{} {0} {{", "#{x}", "<b>&amp;</script>", "@/etc/passwd", "-d", "--", "a;b|c&d>e", "* ? [a-z] ~",
  "ünïcödé 鍵 🗝", "👩‍👩‍👧‍👦 e\u0301", "\u202egnp.exe", "\u2028\u2029", "\u200b\ufeff\u00ad", "\u{e0001}\u{e0041}", "\0\u0001\u001b[31m\u007f\u0085", "\ud800", "a\udfffb",
  " leading and trailing ", "true", "null", "1e999", "__proto__", "r#\"", "'''", '"""', "x".repeat(2_000),
];
/** What a program cannot spell as a value of its own without sending something else is sent as it was typed. */
const AS_TYPED = [
  "", " ", "{", "@/etc/passwd", "it's \"$HOME\" `id` \\", '{"a":1,"a":2}', '{"a":12345678901234567890}', '{"a":-0,"b":1.0,"c":1e2}', '{"b":1,"1":2}',
  '{"a":"\\u00e9\\u005f"}', 'r#"x"#', "\"\"\"\n'''\n\\", "\u202e\u2028\u{e0001}\u007f", "a\r\nb\rc",
];
const VALUES = ['[1,true,false,null,{"b":[],"c":{}}]', '"text"', "{\r\n\t\"a\": \"b\"\r\n}", '{"__proto__":{"a":1}}', '{"a":"\u202e\u2028\ud83d\ude00\u{e0001}"}', '{"a":"\\ud800"}'];

const operation = {
  method: "POST",
  path: "/users/{id}/Do",
  parameters: [{ in: "path", name: "id" }, { in: "query", name: "q" }, { in: "header", name: "Key" }],
  credentials: [{ name: "token", header: "Authorization", prefix: "Bearer ", placeholder: "TOKEN" }, { name: "key", header: "X-API-Key", prefix: "", placeholder: "KEY" }],
};
const members = [{ name: "text", schema: { type: "string" } }, { name: `it's "a"`, schema: { type: "string" } }, { name: "number", schema: { type: "integer" } }];
const HEADERS = [" spaced\t", `a'b"c$d\`e\\f!g{h}#i%j`, "plain", "' '", '"', "\\"];

/** Requests, each with what has to come of it: the path's `id`, and the `members` and the `number` of the body, or the `body`. */
function cases(baseUrl) {
  const typed = (text, index) => {
    const values = { "path id": text, "query q": text, "header Key": HEADERS[index % HEADERS.length] };
    const credentials = { token: HEADERS[(index + 1) % HEADERS.length], key: HEADERS[(index + 2) % HEADERS.length] };
    // One that a double has, and one that it has not.
    const number = index % 2 ? "9007199254740993" : "42";
    const given = { text, [members[1].name]: text, number };
    const request = requestOf({ operation, baseUrl, credentials, values, mediaType: "application/json", body: bodyOf(members, given) });
    return { request, id: text.toWellFormed(), members: { text, [members[1].name]: text }, number };
  };
  const whole = (body, isExact) => {
    const request = requestOf({ operation, baseUrl, credentials: { token: "t", key: "k" }, values: { "path id": "u" }, mediaType: "application/json", body });
    return { request, id: "u", body, isExact };
  };
  const query = { ...operation, method: "GET" };
  const read = { request: requestOf({ operation: query, baseUrl, credentials: { token: "t", key: "k" }, values: { "path id": "u", "query q": "a&b=c#d" } }), id: "u" };
  return [...TEXTS.map(typed), ...AS_TYPED.map((body) => whole(body, true)), ...VALUES.map((body) => whole(body, false)), read];
}

/** What came, as the cases say it. */
function compare(language, expected, came) {
  assert.equal(came.length, expected.length, language);
  expected.forEach(({ request, id, members, number, body, isExact }, index) => {
    const what = `${language}: ${JSON.stringify(request)}`;
    const one = came[index];
    assert.equal(one.method, request.method, what);
    assert.equal(decodeURIComponent(one.path.split("?")[0].split("/")[2]), id, what);
    assert.equal(`${one.path}`, new URL(request.url).pathname + new URL(request.url).search, what);
    for (const { name, value } of request.headers) assert.equal(one.headers[name.toLowerCase()], value, what);
    if (members) {
      assert.match(one.body, new RegExp(`"number": ?${number}\\b`), what);
      const { number: read, ...others } = JSON.parse(one.body);
      assert.deepEqual(others, members, what);
    } else if (isExact) {
      assert.equal(one.body, body, what);
    } else if (body !== undefined) {
      assert.deepEqual(JSON.parse(one.body), JSON.parse(body), what);
    }
  });
}

const came = [];
const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    came.push({ method: request.method, path: request.url, headers: request.headers, body: Buffer.concat(chunks).toString() });
    response.end();
  });
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const expected = cases(`http://127.0.0.1:${server.address().port}`);

async function inLanguage(name, extension, program, command, options = []) {
  const path = `${folder}/samples.${extension}`;
  writeFileSync(path, program);
  await run(command, [...options, path], { maxBuffer: 1 << 26 });
  compare(name, expected, came.splice(0));
}

globalThis.location = { origin: "" };
for (const { request } of expected) {
  const { failure } = await send(request);
  assert.equal(failure, undefined, JSON.stringify(request));
}
compare("The page", expected, came.splice(0));
const spelled = (spell, separator = "\n") => expected.map(({ request }) => spell(request)).join(separator);
await inLanguage("curl", "sh", `set -e\n${spelled(curl)}\n`, "sh");
await inLanguage("Python", "py", spelled(python), process.env.PYTHON);
await inLanguage("TypeScript", "mjs", expected.map(({ request }) => `{\n${typescript(request)}\n}`).join("\n"), process.execPath);

const modules = expected.map(({ request }, index) => `mod case_${index} {\n    use crate::reqwest;\n${rust(request).replace("fn main", "pub fn main")}\n}\n`);
const calls = expected.map((one, index) => `    case_${index}::main().unwrap();\n`);
writeFileSync(`${folder}/samples.rs`, `${readFileSync(`${folder}/stub.rs`, "utf8")}\n${modules.join("")}fn main() {\n${calls.join("")}}\n`);
await run("rustc", ["--edition", "2024", "-o", `${folder}/samples`, `${folder}/samples.rs`]);
const { stdout } = await run(`${folder}/samples`, [], { maxBuffer: 1 << 26 });
// The stub answers to each one with an empty line.
const lines = stdout.split("\n").filter((line) => line.trim() !== "");
const requests = lines.map((line) => {
  const [method, url, ...parts] = line.split(" ").map((part) => Buffer.from(part, "hex").toString());
  const body = parts.at(-1)?.startsWith("\n") ? parts.pop().slice(1) : "";
  const headers = Object.fromEntries(parts.map((part) => [part.slice(0, part.indexOf(":")).toLowerCase(), part.slice(part.indexOf(":") + 2)]));
  return { method, path: new URL(url).pathname + new URL(url).search, headers, body };
});
compare("Rust", expected, requests);
server.close();
console.log(`${expected.length} requests are sent alike by the page, curl, Python, TypeScript and Rust`);

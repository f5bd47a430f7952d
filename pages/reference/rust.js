/** A request for Rust, with `reqwest`. */

import { seen } from "./request.js";

const NAMED = new Set(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]);

export function rust({ method, url, headers, body }) {
  const start = NAMED.has(method) ? `.${method.toLowerCase()}(${string(url)})` : `.request(reqwest::Method::${method}, ${string(url)})`;
  const calls = [start, ...headers.map(({ name, value }) => `.header(${string(name)}, ${string(value)})`)];
  if (body !== undefined) calls.push(`.body(${text(body)})`);
  return [
    '// Cargo.toml: reqwest = { version = "0.13", features = ["blocking"] }',
    "fn main() -> Result<(), reqwest::Error> {",
    "    let response = reqwest::blocking::Client::new()",
    ...calls.map((call) => `        ${call}`),
    "        .send()?;",
    '    println!("{} {}", response.status(), response.text()?);',
    "    Ok(())",
    "}",
  ].join("\n");
}

/** A text as it stands, where it can stand so: between as many hashes as it takes. */
function text(body) {
  if (seen(body) !== body) return string(body);
  const longest = Math.max(0, ...Array.from(body.matchAll(/"(#*)/g), ([, hashes]) => hashes.length + 1));
  const hashes = "#".repeat(Math.max(1, longest));
  return `r${hashes}"${body}"${hashes}`;
}

function string(value) {
  const escaped = value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
  return `"${seen(escaped, (character) => `\\u{${character.codePointAt(0).toString(16)}}`)}"`;
}

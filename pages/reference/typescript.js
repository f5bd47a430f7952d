/** A request for TypeScript, with `fetch`: for browsers, Node, Deno and Bun. */

import { jsonString, seen, valueOf } from "./request.js";

export function typescript({ method, url, headers, body }) {
  const lines = [`const response = await fetch(${jsonString(url)}, {`, `  method: ${jsonString(method)},`];
  if (headers.length > 0) lines.push("  headers: {", ...headers.map(({ name, value }) => `    ${jsonString(name)}: ${jsonString(value)},`), "  },");
  if (body !== undefined) lines.push(`  body: ${bodyOption(body)},`);
  return [...lines, "});", "console.log(response.status, await response.text());"].join("\n");
}

function bodyOption(body) {
  const found = valueOf(body);
  // In a literal, this name is no member.
  if (!found || body.includes("__proto__")) return jsonString(body);
  return `JSON.stringify(${seen(JSON.stringify(found.value, null, 2)).replaceAll("\n", "\n  ")})`;
}

/** A request for Python, with `requests`. */

import { seen, valueOf } from "./request.js";

export function python({ method, url, headers, body }) {
  const lines = ["import requests", "", `response = requests.${method.toLowerCase()}(`, `    ${string(url)},`];
  if (headers.length > 0) lines.push("    headers={", ...headers.map(({ name, value }) => `        ${string(name)}: ${string(value)},`), "    },");
  if (body !== undefined) lines.push(`    ${bodyArgument(body)},`);
  return [...lines, "    timeout=30,", ")", "print(response.status_code, response.text)"].join("\n");
}

function bodyArgument(body) {
  const found = valueOf(body);
  return found ? `json=${literal(found.value, "    ")}` : `data=${string(body)}.encode()`;
}

/** Python's strings read the escapes of JSON's; but two of them are two characters, where JSON has one beyond U+FFFF. */
function string(text) {
  return seen(JSON.stringify(text), (character) => {
    const point = character.codePointAt(0);
    return point > 0xffff ? `\\U${point.toString(16).padStart(8, "0")}` : `\\u${point.toString(16).padStart(4, "0")}`;
  });
}

function literal(value, indent) {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string") return string(value);
  if (typeof value === "number") return String(value);
  const within = `${indent}    `;
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  const member = ([name, one]) => `${string(name)}: ${literal(one, within)}`;
  const lines = Array.isArray(value) ? value.map((one) => literal(one, within)) : Object.entries(value).map(member);
  return lines.length === 0 ? open + close : `${open}\n${lines.map((line) => `${within}${line},\n`).join("")}${indent}${close}`;
}

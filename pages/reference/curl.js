/** A request for a POSIX shell. */

export function curl({ method, url, headers, body }) {
  const parts = [`curl -sS -i -X ${method} ${quoted(url)}`, ...headers.map(({ name, value }) => `-H ${quoted(`${name}: ${value}`)}`)];
  // Unlike --data, it takes an @ for what it is.
  if (body !== undefined) parts.push(`--data-raw ${quoted(body)}`);
  return parts.join(" \\\n  ");
}

/** Between single quotes a shell reads nothing but the next one. */
function quoted(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** What an OpenAPI document (3.0 or 3.1) offers: its operations, the credentials that they take, where they are. */

import { resolved } from "./schema.js";

const METHODS = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/** The operations, in the document's order: `{ id, method, path, tag, summary, description, parameters, body, responses, credentials }`. */
export function operationsOf(root) {
  return described(root, root.paths ?? {});
}

/** What is sent to whoever asked for it: operations that have a name in the place of a path. */
export function webhooksOf(root) {
  return described(root, root.webhooks ?? {}, "Webhooks").map((webhook) => ({ ...webhook, path: undefined, name: webhook.path }));
}

/** Tags with their operations: those that the document lists first, as it lists them. */
export function groupsOf(root, operations) {
  const listed = (root.tags ?? []).map(({ name }) => name);
  const names = [...new Set([...listed, ...operations.map(({ tag }) => tag)])];
  const groups = names.map((name) => ({ name, operations: operations.filter(({ tag }) => tag === name) }));
  return groups.filter(({ operations }) => operations.length > 0);
}

function described(root, items, tag = "Operations") {
  return Object.entries(items).flatMap(([path, reference]) => {
    const item = resolved(root, reference);
    return METHODS.filter((method) => item[method]).map((method) => operation(root, path, method, item, tag));
  });
}

function operation(root, path, method, item, tag) {
  const own = item[method];
  const body = own.requestBody && resolved(root, own.requestBody);
  return {
    id: own.operationId ?? `${method} ${path}`,
    method: method.toUpperCase(),
    path,
    tag: own.tags?.[0] ?? tag,
    summary: own.summary ?? item.summary ?? own.operationId ?? path,
    description: own.description ?? item.description ?? "",
    parameters: parameters(root, [...(item.parameters ?? []), ...(own.parameters ?? [])]),
    body,
    responses: Object.entries(own.responses ?? {}).map(([status, response]) => ({ status, ...resolved(root, response) })),
    credentials: credentials(root, own.security ?? root.security ?? []),
  };
}

/** Those of the operation take the place of the path's that are called the same. */
function parameters(root, all) {
  const byName = new Map(all.map((one) => resolved(root, one)).map((one) => [`${one.in} ${one.name}`, one]));
  return [...byName.values()];
}

/** The credentials of an operation: `{ name, label, header | query, prefix, placeholder, description, isRequired }`, a token first. */
function credentials(root, alternatives) {
  const names = [...new Set(alternatives.flatMap((alternative) => Object.keys(alternative)))];
  const schemes = names.map((name) => {
    const scheme = resolved(root, root.components?.securitySchemes?.[name] ?? {});
    return { name, isRequired: alternatives.every((one) => name in one), description: scheme.description ?? "", ...place(scheme) };
  });
  return schemes.sort((one, other) => (one.prefix === "" ? 1 : 0) - (other.prefix === "" ? 1 : 0));
}

function place(scheme) {
  if (scheme.type === "apiKey") {
    const where = scheme.in === "query" ? { query: scheme.name } : { header: scheme.name };
    return { ...where, prefix: "", label: scheme.name, placeholder: "YOUR_API_KEY" };
  }
  if (scheme.type === "http" && scheme.scheme?.toLowerCase() !== "bearer") {
    return { header: "Authorization", prefix: `${scheme.scheme} `, label: `${scheme.scheme} credentials`, placeholder: "YOUR_CREDENTIALS" };
  }
  return { header: "Authorization", prefix: "Bearer ", label: "Bearer token", placeholder: "YOUR_API_TOKEN" };
}

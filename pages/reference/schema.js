/** What a JSON Schema says, without its spelling: references followed, parts put together, null named. */

/** What a local reference points to. */
function pointed(root, reference) {
  const steps = reference.replace(/^#\/?/, "").split("/");
  const step = (value, name) => value?.[decodeURIComponent(name).replaceAll("~1", "/").replaceAll("~0", "~")];
  return reference.startsWith("#") ? steps.reduce(step, root) : undefined;
}

/** An object without its reference: what is pointed to, under what stands beside the reference. */
export function resolved(root, value, seen = []) {
  if (typeof value?.$ref !== "string") return value ?? {};
  const { $ref, ...beside } = value;
  if (seen.includes($ref)) return beside;
  return { ...resolved(root, pointed(root, $ref), [...seen, $ref]), ...beside };
}

const isNull = (schema) => schema.type === "null" || schema.const === null;

/**
 * The schema in one piece: `{ type, isNullable, name, alternatives, … }`, with the keywords of JSON Schema beside them. `allOf` is
 * merged; of `oneOf` and `anyOf` there are alternatives, unless null is the only other one.
 */
export function flat(root, schema, depth = 0) {
  const name = schema?.$ref?.split("/").at(-1);
  const { allOf = [], oneOf, anyOf, ...own } = resolved(root, schema);
  const parts = depth > 8 ? [] : allOf.map((part) => flat(root, part, depth + 1));
  const merged = [...parts, own].reduce(put, {});
  const types = [merged.type ?? []].flat();
  const choices = [...(oneOf ?? []), ...(anyOf ?? [])];
  const others = choices.filter((choice) => !isNull(resolved(root, choice)));
  const isNullable = types.includes("null") || others.length < choices.length || merged.isNullable === true || merged.nullable === true;
  if (others.length === 1 && depth <= 8) {
    const only = flat(root, others[0], depth + 1);
    return { ...put(only, merged), isNullable: isNullable || only.isNullable, name: only.name ?? name };
  }
  const type = types.filter((one) => one !== "null");
  return { ...merged, type: type.length > 1 ? type : type[0], isNullable, name, alternatives: others.length > 0 ? others : merged.alternatives };
}

/** Two schemas that both hold, as one. What the second one says counts. */
function put(first, second) {
  const members = { ...first.properties, ...second.properties };
  const required = [...new Set([...(first.required ?? []), ...(second.required ?? [])])];
  const said = Object.fromEntries(Object.entries(second).filter(([, value]) => value !== undefined));
  return { ...first, ...said, ...(Object.keys(members).length > 0 && { properties: members }), ...(required.length > 0 && { required }) };
}

/** The members of an object: `[{ name, isRequired, schema }]`, required ones as they stand. */
export function members(root, schema) {
  const { properties = {}, required = [] } = schema;
  return Object.entries(properties).map(([name, member]) => ({ name, isRequired: required.includes(name), schema: flat(root, member) }));
}

/** The type in words: `string`, `array of PhysicalKey`, `object or null`. */
export function typeWords(root, schema) {
  const { alternatives, type, items, properties, isNullable } = schema;
  const words = () => {
    if (alternatives) return alternatives.map((one) => flat(root, one)).map((one) => one.name ?? typeWords(root, one)).join(" or ");
    if (type === "array" || (!type && items)) {
      const item = flat(root, items ?? {});
      return `array of ${item.name ?? typeWords(root, item)}`;
    }
    if (type) return [type].flat().join(" or ");
    if (properties) return "object";
    const value = schema.const ?? schema.enum?.[0];
    return value === undefined ? "any" : typeof value;
  };
  return isNullable ? `${words()} or null` : words();
}

/** The limits in words, a pattern aside: `["Min length: 1", "Max length: 128"]`. */
export function limitWords(schema) {
  const json = (value) => JSON.stringify(value);
  const words = {
    format: (value) => `Format: ${value}`,
    minLength: (value) => `Min length: ${value}`,
    maxLength: (value) => `Max length: ${value}`,
    minimum: (value) => `Minimum: ${value}`,
    exclusiveMinimum: (value) => `Greater than: ${value}`,
    maximum: (value) => `Maximum: ${value}`,
    exclusiveMaximum: (value) => `Less than: ${value}`,
    multipleOf: (value) => `Multiple of: ${value}`,
    minItems: (value) => `Min items: ${value}`,
    maxItems: (value) => `Max items: ${value}`,
    uniqueItems: (value) => (value ? "No item twice" : undefined),
    minProperties: (value) => `Min members: ${value}`,
    maxProperties: (value) => `Max members: ${value}`,
    const: (value) => `Always: ${json(value)}`,
    enum: (values) => `One of: ${values.map(json).join(", ")}`,
    default: (value) => `Default: ${json(value)}`,
    additionalProperties: (value) => (value === false ? "No other members" : undefined),
    readOnly: (value) => (value ? "Set by the server" : undefined),
    writeOnly: (value) => (value ? "Never answered" : undefined),
    deprecated: (value) => (value ? "Deprecated" : undefined),
  };
  return Object.keys(words).flatMap((word) => (schema[word] === undefined ? [] : words[word](schema[word]) ?? []));
}

/** The example that a schema, a parameter or a media type has, if it has one. */
export function exampleOf(root, owner) {
  if (owner.example !== undefined) return owner.example;
  if (Array.isArray(owner.examples)) return owner.examples[0];
  const [first] = Object.values(owner.examples ?? {});
  return first === undefined ? undefined : resolved(root, first).value;
}

/** What is wrong with what was typed, in a sentence; nothing is wrong with an optional field that is empty. Only the API decides. */

const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

export function faultOf(text, schema, isRequired) {
  if (text === "") return isRequired ? "It is required." : "";
  if (schema.type === "integer" || schema.type === "number") return faultOfNumber(text, schema);
  if (schema.type === "string" || schema.type === undefined) return faultOfString(text, schema);
  if (schema.type === "boolean") return text === "true" || text === "false" ? "" : "It is either true or false.";
  return faultOfJson(text);
}

/** Whether a text is a number as JSON spells it. */
export function isNumber(text) {
  return NUMBER.test(text);
}

export function faultOfJson(text) {
  try {
    JSON.parse(text);
    return "";
  } catch (error) {
    return `It is not JSON: ${error.message}`;
  }
}

function faultOfNumber(text, schema) {
  if (!isNumber(text)) return "It is not a number.";
  const number = Number(text);
  if (schema.type === "integer" && !Number.isInteger(number)) return "It is not a whole number.";
  if (number < schema.minimum) return `It is less than ${schema.minimum}.`;
  if (number > schema.maximum) return `It is greater than ${schema.maximum}.`;
  if (number <= schema.exclusiveMinimum) return `It is not greater than ${schema.exclusiveMinimum}.`;
  if (number >= schema.exclusiveMaximum) return `It is not less than ${schema.exclusiveMaximum}.`;
  return schema.enum && !schema.enum.includes(number) ? "It is none of the values." : "";
}

function faultOfString(text, schema) {
  // As JSON Schema counts: characters are Unicode's, of which JavaScript's strings spell some as two.
  const length = [...text].length;
  if (length < schema.minLength) return `It has ${length} characters, fewer than ${schema.minLength}.`;
  if (length > schema.maxLength) return `It has ${length} characters, more than ${schema.maxLength}.`;
  if (schema.enum && !schema.enum.includes(text)) return "It is none of the values.";
  return matches(text, schema.pattern) ? "" : "It does not match the pattern.";
}

function matches(text, pattern) {
  if (pattern === undefined) return true;
  try {
    return new RegExp(pattern, "u").test(text);
  } catch {
    // It is for the API to say what a pattern means that browsers do not read.
    return true;
  }
}

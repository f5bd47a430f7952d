/** Descriptions: the part of CommonMark that documents use, as elements. What it does not know stays as it is written. */

import { code, element } from "./elements.js";

const INLINE = /`([^`]+)`|\*\*([^*]+)\*\*|\[([^\]]+)\]\((https?:\/\/[^\s)]+)\)/g;

/** The paragraphs and lists of a text. */
export function paragraphs(text = "") {
  const blocks = text.trim().split(/\n\s*\n/).filter((block) => block !== "");
  return blocks.map((block) => {
    const items = block.split(/\n(?=[-*] )/);
    if (items.every((item) => /^[-*] /.test(item))) return element("ul", {}, items.map((item) => element("li", {}, sentence(item.slice(2)))));
    return element("p", {}, sentence(block));
  });
}

/** The words of one line, with what is code, important or a link in them. */
export function sentence(text = "") {
  const parts = [];
  let end = 0;
  for (const found of text.matchAll(INLINE)) {
    const [all, spelled, important, label, address] = found;
    parts.push(text.slice(end, found.index));
    if (spelled) parts.push(code(spelled));
    else if (important) parts.push(element("strong", {}, sentence(important)));
    else parts.push(element("a", { href: address, rel: "noreferrer" }, label));
    end = found.index + all.length;
  }
  parts.push(text.slice(end));
  return parts.filter((part) => part !== "").flat();
}

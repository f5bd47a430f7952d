/** The languages in which a request is shown. */

import { curl } from "./curl.js";
import { python } from "./python.js";
import { rust } from "./rust.js";
import { typescript } from "./typescript.js";

export const LANGUAGES = [
  { id: "curl", name: "curl", spell: curl },
  { id: "python", name: "Python", spell: python },
  { id: "typescript", name: "TypeScript", spell: typescript },
  { id: "rust", name: "Rust", spell: rust },
];

import { ensureSyntaxTree } from "@codemirror/language";
import { gettext } from "../words.js";

const WITH_PRINCIPALS = ["trust", "resource", "rcp"];
const ELEMENTS = ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

export const many = (value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]);
export const takesPrincipals = (kind) => WITH_PRINCIPALS.includes(kind);
export const takesResources = (kind) => kind !== "trust";

const isScalar = (value) => ["string", "number", "boolean"].includes(typeof value);
const areTexts = (value) => many(value).every((one) => typeof one === "string");
export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** Why the form cannot show a statement, or "". What it says of one it may show is all of it. */
function whyNot(statement, kind) {
  if (!isObject(statement)) return gettext("It is not an object.");
  const unknown = Object.keys(statement).find((name) => !ELEMENTS.includes(name));
  if (unknown !== undefined) return gettext("The form does not know the element %(name)s.", { name: unknown });
  if ("NotPrincipal" in statement) return gettext("It speaks of everyone but some principals (NotPrincipal).");
  if (!["Allow", "Deny"].includes(statement.Effect)) return gettext("Its effect is neither Allow nor Deny.");
  for (const name of ["Action", "Resource"]) {
    if (name in statement && `Not${name}` in statement) return gettext("It has both %(name)s and Not%(name)s.", { name });
    const value = statement[name] ?? statement[`Not${name}`];
    if (value !== undefined && !areTexts(value)) return gettext("Its %(name)s is neither a text nor a list of texts.", { name });
  }
  if ("Sid" in statement && typeof statement.Sid !== "string") return gettext("Its Sid is not a text.");
  if ("Principal" in statement) {
    if (!takesPrincipals(kind)) return gettext("It names a principal, which this kind of policy does not.");
    const principal = statement.Principal;
    if (principal !== "*" && !(isObject(principal) && Object.values(principal).every(areTexts))) return gettext("Its Principal is not readable.");
    const other = isObject(principal) && Object.keys(principal).find((type) => !["AWS", "Service", "Federated"].includes(type));
    if (other) return gettext("It names principals of the type %(type)s.", { type: other });
  }
  if (!takesResources(kind) && ("Resource" in statement || "NotResource" in statement)) return gettext("It names resources, which a trust policy does not.");
  if ("Condition" in statement) {
    const tests = isObject(statement.Condition) ? Object.values(statement.Condition) : [null];
    if (!tests.every((keys) => isObject(keys) && Object.values(keys).every((value) => many(value).every(isScalar)))) return gettext("Its Condition is not readable.");
  }
  return "";
}

/** A name that an object in `node` has more than once, quoted as it stands there; or "". */
export function repeats(state, node) {
  let found = "";
  node.cursor().iterate((inner) => {
    if (inner.name !== "Object") return;
    const seen = new Set();
    for (const property of inner.node.getChildren("Property")) {
      const name = property.getChild("PropertyName");
      const text = name ? state.sliceDoc(name.from, name.to) : "";
      if (seen.has(text)) found = text;
      seen.add(text);
    }
  });
  return found;
}

export function valueOf(property) {
  return property?.lastChild;
}

/**
 * The statements of the document in the editor: their places in the text, their values, and why the form cannot
 * show one. `fault` says why there are none to show.
 */
export function statementsIn(state, kind) {
  const text = state.doc.toString();
  let whole;
  try {
    whole = JSON.parse(text);
  } catch {
    return { fault: gettext("The JSON cannot be read as it stands. The form follows as soon as it can."), statements: [] };
  }
  if (!isObject(whole)) return { fault: gettext("The document is not a JSON object."), statements: [] };
  const top = ensureSyntaxTree(state, state.doc.length, 1000)?.topNode.getChild("Object");
  if (!top) return { fault: gettext("The document is too long for the form."), statements: [] };
  const named = top.getChildren("Property").filter((one) => {
    const name = one.getChild("PropertyName");
    return name && state.sliceDoc(name.from, name.to) === '"Statement"';
  });
  if (named.length > 1) return { fault: gettext("The document says Statement more than once."), statements: [] };
  if (!named.length) return { top, text, statements: [] };
  const node = valueOf(named[0]);
  const isList = node.name === "Array";
  const values = isList ? whole.Statement : [whole.Statement];
  const nodes = isList ? children(node) : [node];
  const statements = nodes.map((one, at) => {
    const twice = repeats(state, one);
    const reason = twice ? gettext("It says %(name)s more than once.", { name: twice }) : whyNot(values[at], kind);
    return { node: one, value: values[at], reason };
  });
  return { top, text, list: node, isList, statements };
}

/** The values of a list. */
export function children(list) {
  const found = [];
  for (let one = list.firstChild; one; one = one.nextSibling) if (!["[", "]", ",", "⚠"].includes(one.name)) found.push(one);
  return found;
}

/** A statement with an element set, in its place among the others; undefined takes it out. */
export function withElement(statement, name, value) {
  if (value === undefined) return Object.fromEntries(Object.entries(statement).filter(([key]) => key !== name));
  if (name in statement) return { ...statement, [name]: value };
  const entries = Object.entries(statement);
  const rank = ELEMENTS.indexOf(name);
  const before = entries.findIndex(([key]) => ELEMENTS.indexOf(key) > rank);
  entries.splice(before < 0 ? entries.length : before, 0, [name, value]);
  return Object.fromEntries(entries);
}

/** A statement with an element under another name, where it was. */
export function renamed(statement, name, other) {
  return Object.fromEntries(Object.entries(statement).map(([key, value]) => [key === name ? other : key, value]));
}

/** A list as it was written before: one text alone stays a text. */
export function listed(values, before) {
  return values.length === 1 && !(Array.isArray(before) && before.length) ? values[0] : values;
}

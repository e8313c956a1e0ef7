import { insertBracket, pickedCompletion, snippetCompletion, startCompletion } from "@codemirror/autocomplete";
import { syntaxTree } from "@codemirror/language";
import { gettext } from "./words.js";

const DOCUMENT = ["Version", "Id", "Statement"];
const STATEMENT = ["Sid", "Effect", "Action", "NotAction", "Condition"];
const RESOURCES = ["Resource", "NotResource"];
const PRINCIPALS = ["Principal", "NotPrincipal"];
const BOOLEAN = ["bool", "boolifexists", "null"];
const OF_ACCOUNTS = ["aws:principalaccount", "aws:sourceaccount", "aws:resourceaccount", "kms:calleraccount"];
const WITH_PRINCIPALS = ["trust", "resource", "rcp"];
const QUALIFIERS = ["ForAllValues:", "ForAnyValue:"];

// What was asked for once is kept while the page is open.
const asked = new Map();
export function ask(url) {
  if (!asked.has(url)) {
    const answer = fetch(url, { headers: { Accept: "application/json" } }).then((response) => (response.ok ? response.json() : null));
    asked.set(url, answer.catch(() => null));
  }
  return asked.get(url);
}

/** Users and roles with `text` in their names, or the account's identity providers, as [ARN, kind]. */
export async function principalsOf(url, text, isFederated = false) {
  const query = text.startsWith("arn:") ? (/[/]([^/]*)$/.exec(text)?.[1] ?? "") : text;
  const answer = await ask(isFederated ? `${url}?federated` : `${url}?q=${encodeURIComponent(query)}`);
  return answer?.principals ?? [];
}

/** Where in a policy document `pos` is: the names that lead there, and the string around it. */
function placeOf(state, pos) {
  const inner = syntaxTree(state).resolveInner(pos, -1);
  if (inner.name !== "String" && inner.name !== "PropertyName") return null;
  const text = (node) => state.sliceDoc(node.from + 1, node.to - 1);
  const path = [];
  let statement = null;
  for (let node = inner.name === "PropertyName" ? inner.parent?.parent : inner; node; node = node.parent) {
    if (node.name === "Property") {
      const name = node.getChild("PropertyName");
      path.unshift(name ? text(name) : "");
    }
    // Going outwards, the last object before the name "Statement" is the statement.
    if (node.name === "Object" && path[0] !== "Statement") statement = node;
  }
  const names = inner.name === "PropertyName" ? inner.parent.parent.getChildren("Property").map((one) => one.getChild("PropertyName")) : [];
  const others = names.filter((name) => name && name.from !== inner.from).map(text);
  return { path, others, isName: inner.name === "PropertyName", from: inner.from + 1, to: inner.to, statement };
}

/** Begins the string that is to be completed, where one may stand and none does yet. */
export function beginString(view) {
  const { main } = view.state.selection;
  const before = view.state.sliceDoc(0, main.from).trimEnd().at(-1);
  const after = view.state.sliceDoc(main.to, main.to + 1);
  if (!main.empty || placeOf(view.state, main.from) || !"{[,:".includes(before ?? " ") || after === '"') return false;
  const begun = insertBracket(view.state, '"');
  if (begun) view.dispatch(begun);
  return Boolean(begun) && startCompletion(view);
}

function servicesIn(state, node, known) {
  if (!node) return [];
  const found = state.sliceDoc(node.from, node.to).matchAll(/"([a-z][a-z0-9-]*):/g);
  return [...new Set([...found].map((match) => match[1]))].filter((name) => known.includes(name)).slice(0, 5);
}

const named = (labels, detail) => labels.map((label) => ({ label, ...(detail && { detail }) }));

/** The keys of a service or of all; a variable part is left for the writer to fill in. */
const keys = (pairs) => pairs.map(([label, detail]) => (label.includes("${") ? snippetCompletion(label, { label, detail }) : { label, detail }));

/** Completes actions, resources, condition keys and operators from what the portal knows. */
export function terms({ terms: url, principals: principalsUrl, kind }) {
  const service = (name) => ask(`${url}/${encodeURIComponent(name)}`);

  async function actions(typed, known) {
    const prefix = typed.split(":")[0].toLowerCase();
    if (!typed.includes(":")) {
      return known.services.map((name) => ({
        label: `${name}:`,
        boost: -Math.min(name.length, 99), // s3 before s3-outposts
        apply(view, completion, from, to) {
          const insert = completion.label;
          view.dispatch({ changes: { from, to, insert }, selection: { anchor: from + insert.length }, annotations: pickedCompletion.of(completion) });
          startCompletion(view);
        },
      }));
    }
    const found = known.services.includes(prefix) && (await service(prefix));
    if (!found) return [];
    return [{ label: `${prefix}:*`, detail: gettext("every action") }, ...found.actions.map(([name, level]) => ({ label: `${prefix}:${name}`, detail: level }))];
  }

  async function resources(state, statement, known) {
    const of = await Promise.all(servicesIn(state, statement, known.services).map(service));
    const formats = of.filter(Boolean).flatMap((one) => one.formats);
    const registered = of.filter(Boolean).flatMap((one) => one.resources);
    return [
      { label: "*", detail: gettext("every resource") },
      ...named(registered, gettext("registered")),
      ...formats.map(([name, format]) => {
        const label = format.replace("${Partition}", "aws").replace("${Account}", known.account);
        return snippetCompletion(label, { label, detail: name });
      }),
    ];
  }

  async function conditionKeys(state, statement, known) {
    const of = await Promise.all(servicesIn(state, statement, known.services).map(service));
    return keys([...of.filter(Boolean).flatMap((one) => one.keys), ...known.keys]);
  }

  async function principals(type, typed, known) {
    if (type === "Service") return named([...known.servicePrincipals, ...known.services.map((name) => `${name}.amazonaws.com`)]);
    const found = await principalsOf(principalsUrl, typed, type === "Federated");
    const whole = type === "Federated" ? [] : [{ label: `arn:aws:iam::${known.account}:root`, detail: gettext("this account") }];
    const begun = typed.split(/[:/]/).at(-1).toLowerCase();
    const isNamed = (label) => label.split(/[:/]/).at(-1).toLowerCase().startsWith(begun);
    return [...whole, ...found.map(([label, detail]) => ({ label, detail }))].map((one) => ({ ...one, boost: isNamed(one.label) ? 90 : 0 })); // "am" is in every ARN of iam
  }

  async function values(operator, key, typed, known) {
    if (BOOLEAN.includes(operator.toLowerCase())) return named(["true", "false"]);
    if (OF_ACCOUNTS.includes(key.toLowerCase())) return named([known.account], gettext("this account"));
    return key.toLowerCase() === "aws:principalarn" ? principals("AWS", typed, known) : [];
  }

  /** The elements that a statement may still have. */
  function elements(others) {
    const all = [...STATEMENT, ...(kind === "trust" ? [] : RESOURCES), ...(WITH_PRINCIPALS.includes(kind) ? PRINCIPALS : [])];
    const opposite = (name) => (name.startsWith("Not") ? name.slice(3) : `Not${name}`);
    return all.filter((name) => !others.includes(name) && !others.includes(opposite(name)));
  }

  async function options(state, place, typed, known) {
    const [first, element, ...rest] = place.path;
    if (place.isName) {
      if (!place.path.length) return named(DOCUMENT.filter((name) => !place.others.includes(name)));
      if (first !== "Statement") return [];
      if (!element) return named(elements(place.others));
      if (PRINCIPALS.includes(element)) return named(["AWS", "Service", "Federated"]);
      if (element !== "Condition") return [];
      if (!rest.length) return [...named(known.operators), ...named(known.operators.flatMap((one) => QUALIFIERS.map((q) => q + one)))];
      return conditionKeys(state, place.statement, known);
    }
    if (first === "Version") return named(["2012-10-17"]);
    if (element === "Effect") return named(["Allow", "Deny"]);
    if (element === "Action" || element === "NotAction") return actions(typed, known);
    if (element === "Resource" || element === "NotResource") return resources(state, place.statement, known);
    if (PRINCIPALS.includes(element)) return rest.length ? principals(rest[0], typed, known) : named(["*"], gettext("everyone"));
    if (element === "Condition" && rest.length === 2) return values(...rest, typed, known);
    return [];
  }

  return async (context) => {
    const place = placeOf(context.state, context.pos);
    if (!place) return null;
    const typed = context.state.sliceDoc(place.from, context.pos);
    const known = await ask(url);
    if (!known || context.aborted) return null;
    const found = await options(context.state, place, typed, known);
    // A colon ends the choice of a service and begins that of its actions.
    if (!found.length) return null;
    // Of principals only those are known that were looked for.
    const isWhole = !PRINCIPALS.includes(place.path[1]) && place.path[1] !== "Condition";
    return { from: place.from, options: found, validFor: !isWhole && !place.isName ? undefined : typed.includes(":") ? /^[^"]*$/ : /^[^":]*$/ };
  };
}

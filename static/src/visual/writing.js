import { children, isObject, valueOf } from "./places.js";

// Every change is of the text alone: what the form does not change keeps each of its letters.

/** How the document is written. */
const layoutOf = (text) => ({
  // One step of indentation, as the document has it.
  unit: /\n([ \t]+)\S/.exec(text)?.[1] ?? "  ",
  isSpaced: !/":\S/.test(text),
});

/** `value` as JSON that begins in a line indented by `indent`; in one line where `indent` is null. */
function printed(value, indent, layout) {
  if (indent !== null) return JSON.stringify(value, null, layout.unit).replaceAll("\n", `\n${indent}`);
  if (!layout.isSpaced) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((one) => printed(one, null, layout)).join(", ")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  return `{${Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}: ${printed(one, null, layout)}`).join(", ")}}`;
}

function indentAt(text, at) {
  return /^[ \t]*/.exec(text.slice(text.lastIndexOf("\n", at - 1) + 1, at))[0];
}

/** Whether what an object or a list holds begins in a line of its own. */
function isLong(text, container) {
  const first = container.firstChild.nextSibling;
  return text.slice(container.from, first.from).includes("\n");
}

/** The indentation of what `container` holds; null for one that holds it in its own line. */
function indentWithin(text, container) {
  return isLong(text, container) ? indentAt(text, container.firstChild.nextSibling.from) : null;
}

const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** The changes of the text that make the value at `node`, which is `before`, be `after`: only what differs changes. */
function changed(text, node, before, after, layout) {
  if (isSame(before, after)) return [];
  const whole = () => {
    const container = node.parent.name === "Property" ? node.parent.parent : node.parent;
    const indent = isLong(text, container) ? indentAt(text, node.from) : null;
    return [{ from: node.from, to: node.to, insert: printed(after, indent, layout) }];
  };
  if (isObject(before) && isObject(after)) return members(text, node, before, after, layout) ?? whole();
  if (Array.isArray(before) && Array.isArray(after) && before.length && after.length) return items(text, node, before, after, layout);
  return whole();
}

/** The changes that make an object another one, or null when more than one of its names comes or goes. */
function members(text, node, before, after, layout) {
  const old = Object.keys(before);
  const names = Object.keys(after);
  const gone = old.filter((name) => !names.includes(name));
  const come = names.filter((name) => !old.includes(name));
  const properties = node.getChildren("Property");
  const isRead = properties.length === old.length && properties.every((one, at) => JSON.parse(text.slice(one.firstChild.from, one.firstChild.to)) === old[at]);
  if (!old.length || gone.length > 1 || come.length > 1 || !isRead) return null;
  const isRenamed = gone.length && come.length;
  if (isRenamed && old.indexOf(gone[0]) !== names.indexOf(come[0])) return null;
  const kept = (list) => list.filter((name) => old.includes(name) && names.includes(name));
  if (!isSame(kept(old), kept(names))) return null;
  const changes = old.flatMap((name, at) => {
    const property = properties[at];
    const now = names.includes(name) ? name : isRenamed ? come[0] : undefined;
    if (now === undefined) return [without(properties, at)];
    const label = property.getChild("PropertyName");
    const renaming = now === name ? [] : [{ from: label.from, to: label.to, insert: JSON.stringify(now) }];
    return [...renaming, ...changed(text, valueOf(property), before[name], after[now], layout)];
  });
  if (gone.length && old.length === 1 && !isRenamed) return null;
  if (!come.length || isRenamed) return changes;
  const at = names.indexOf(come[0]);
  const indent = indentWithin(text, node);
  const colon = layout.isSpaced || indent !== null ? ": " : ":";
  return [...changes, between(properties, at, `${JSON.stringify(come[0])}${colon}${printed(after[come[0]], indent, layout)}`, indent, layout)];
}

/** The changes that make a list another one: all between what they begin and end with alike. */
function items(text, node, before, after, layout) {
  const nodes = children(node);
  let start = 0;
  while (start < before.length && start < after.length && isSame(before[start], after[start])) start++;
  let end = 0;
  while (end < Math.min(before.length, after.length) - start && isSame(before.at(-1 - end), after.at(-1 - end))) end++;
  const old = nodes.slice(start, before.length - end);
  const now = after.slice(start, after.length - end);
  if (old.length === 1 && now.length === 1) return changed(text, old[0], before[start], now[0], layout);
  if (!now.length) return [without(nodes, start, old.length)];
  const indent = indentWithin(text, node);
  const written = now.map((one) => printed(one, indent, layout)).join(separator(indent, layout));
  if (!old.length) return [between(nodes, start, written, indent, layout)];
  return [{ from: old[0].from, to: old.at(-1).to, insert: written }];
}

const separator = (indent, layout) => (indent !== null ? `,\n${indent}` : layout.isSpaced ? ", " : ",");

/** The change that takes `count` of several entries out, with their commas. */
function without(entries, at, count = 1) {
  if (at) return { from: entries[at - 1].to, to: entries[at + count - 1].to };
  return { from: entries[0].from, to: entries[count].from };
}

/** The change that puts `written` among entries, as number `at`. */
function between(entries, at, written, indent, layout) {
  const comma = separator(indent, layout);
  return at ? { from: entries[at - 1].to, insert: `${comma}${written}` } : { from: entries[0].from, insert: `${written}${comma}` };
}

/** The changes of the text that put `value` in a statement's place; what is the same keeps each of its letters. */
export function replacing(found, at, value) {
  const { node, value: before } = found.statements[at];
  return changed(found.text, node, before, value, layoutOf(found.text));
}

/** The change that adds a statement behind the others. */
export function adding(found, value) {
  const { text, list, isList, statements, top } = found;
  const layout = layoutOf(text);
  const { unit } = layout;
  if (!list) {
    const last = top.lastChild.prevSibling;
    const comma = last && last.name === "Property" ? "," : "";
    const from = comma ? last.to : top.from + 1;
    return { from, insert: `${comma}\n${unit}"Statement": [\n${unit}${unit}${printed(value, unit + unit, layout)}\n${unit}]${comma ? "" : "\n"}` };
  }
  if (!isList) {
    const insert = `[\n${unit}${unit}${text.slice(list.from, list.to).replaceAll("\n", `\n${unit}`)},\n${unit}${unit}${printed(value, unit + unit, layout)}\n${unit}]`;
    return { from: list.from, to: list.to, insert };
  }
  if (!statements.length) {
    const indent = indentAt(text, list.from);
    return { from: list.from, to: list.to, insert: `[\n${indent}${unit}${printed(value, indent + unit, layout)}\n${indent}]` };
  }
  const nodes = statements.map((one) => one.node);
  const indent = indentWithin(text, list);
  return between(nodes, nodes.length, printed(value, indent, layout), indent, layout);
}

/** The change that takes a statement out, with its comma. */
export function removing(found, at) {
  const { list, isList, statements } = found;
  if (!isList || statements.length === 1) return { from: list.from, to: list.to, insert: "[]" };
  return without(statements.map((one) => one.node), at);
}

import { button, el, input, removal, select } from "./dom.js";
import { servicesOf } from "./resources.js";
import { gettext } from "../words.js";
import { listed, many, withElement } from "./places.js";

const OPERATOR = /^(ForAllValues:|ForAnyValue:)?(.+?)(IfExists)?$/i;

function rowsOf(condition) {
  return Object.entries(condition ?? {}).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, value]) => {
      const [, qualifier = "", base, exists = ""] = OPERATOR.exec(operator);
      return { qualifier, base, exists, key, values: many(value), before: value };
    }),
  );
}

const nameOf = ({ qualifier, base, exists }) => `${qualifier}${base}${exists}`;

function conditionOf(rows) {
  const found = {};
  for (const row of rows) {
    const keys = (found[nameOf(row)] ??= {});
    const value = row.isChanged ? listed(row.values, row.before) : row.before;
    keys[row.key] = row.key in keys ? [...many(keys[row.key]), ...many(value)] : value;
  }
  return Object.keys(found).length ? found : undefined;
}

/** The conditions of a statement, a row for each key. */
export function conditionsPart(card) {
  const { statement, known } = card;
  const rows = rowsOf(statement.Condition);
  const write = (next, options) => card.write(withElement(card.statement, "Condition", conditionOf(next)), options);
  const keys = [...servicesOf(statement).flatMap((service) => card.service(service)?.keys ?? []), ...known.keys].map(([name]) => name);
  const id = card.suggestions.of([...new Set(keys)]);
  const blank = rows.findIndex((row) => !row.key);
  const shown = rows.map((row, at) =>
    rowBlock(card, row, at, id, {
      change(changes, options) {
        Object.assign(row, changes);
        write(rows, options);
      },
      drop: () => write(rows.filter((one) => one !== row)),
    }),
  );
  return el(
    "fieldset",
    { className: "visual-part" },
    el("legend", {}, gettext("Conditions")),
    shown.length ? shown : el("p", { className: "muted small" }, gettext("Always applies.")),
    el(
      "div",
      { className: "visual-row" },
      button(gettext("Add condition"), "add-condition", () => {
        card.focusNext(`key-${blank < 0 ? rows.length : blank}`);
        write(blank < 0 ? [...rows, { qualifier: "", base: "StringEquals", exists: "", key: "", values: [""], before: "" }] : rows);
      }, { glyph: "plus" }),
      el("span", { className: "end" }),
    ),
  );
}

function rowBlock(card, row, at, keys, { change, drop }) {
  const operators = card.known.operators.includes(row.base) ? card.known.operators : [row.base, ...card.known.operators];
  const options = ["", "ForAnyValue:", "ForAllValues:"].flatMap((qualifier) => operators.map((base) => [`${qualifier}${base}`, qualifier ? `${qualifier.slice(0, -1)} ${base}` : base]));
  return el(
    "div",
    { className: "visual-condition", role: "group", "aria-label": gettext("Condition %(number)s", { number: at + 1 }) },
    el(
      "div",
      { className: "visual-row" },
      input(gettext("Condition key %(number)s", { number: at + 1 }), `key-${at}`, row.key, { className: "mono", list: keys, placeholder: "aws:SourceIp", oninput: (key) => change({ key: key.trim() }, { quietly: true }) }),
      removal(gettext("Remove condition %(number)s", { number: at + 1 }), `drop-condition-${at}`, drop),
    ),
    el(
      "div",
      { className: "visual-row" },
      select(gettext("Operator %(number)s", { number: at + 1 }), `operator-${at}`, options, `${row.qualifier}${row.base}`, (text) => {
        const [, qualifier = "", base] = OPERATOR.exec(text);
        change({ qualifier, base });
      }),
      el(
        "label",
        { className: "check small", title: gettext("The condition holds as well where the request has no such key (IfExists)") },
        el("input", { type: "checkbox", checked: Boolean(row.exists), "data-focus": `exists-${at}`, onchange: (event) => change({ exists: event.target.checked ? "IfExists" : "" }) }),
        el("span", {}, gettext("or absent")),
      ),
    ),
    row.values.map((value, number) =>
      el(
        "div",
        { className: "visual-row" },
        input(gettext("Value %(value)s of condition %(number)s", { value: number + 1, number: at + 1 }), `value-${at}-${number}`, String(value), {
          className: "mono",
          placeholder: gettext("Value"),
          oninput: (text) => change({ values: row.values.with(number, text), isChanged: true }, { quietly: true }),
        }),
        row.values.length > 1 ? removal(gettext("Remove value %(value)s of condition %(number)s", { value: number + 1, number: at + 1 }), `drop-value-${at}-${number}`, () => change({ values: row.values.filter((_, other) => other !== number), isChanged: true })) : null,
      ),
    ),
    el(
      "div",
      { className: "visual-row" },
      button(gettext("Add value"), `add-value-${at}`, () => {
        card.focusNext(`value-${at}-${row.values.length}`);
        change({ values: [...row.values, ""], isChanged: true });
      }, { glyph: "plus" }),
      el("span", { className: "end" }),
    ),
  );
}

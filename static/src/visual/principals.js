import { button, el, input, removal, select } from "./dom.js";
import { gettext } from "../words.js";
import { listed, many, withElement } from "./places.js";

const TYPES = [
  ["AWS", gettext("Account, user or role")],
  ["Service", gettext("Service")],
  ["Federated", gettext("Identity provider")],
  ["*", gettext("Everyone")],
];
const EXAMPLES = { AWS: "arn:aws:iam::111122223333:role/name", Service: "ec2.amazonaws.com", Federated: "arn:aws:iam::111122223333:oidc-provider/…" };

function rowsOf(principal) {
  if (principal === undefined) return [];
  if (principal === "*") return [{ type: "*", value: "*" }];
  return Object.entries(principal).flatMap(([type, values]) => many(values).map((value) => ({ type, value })));
}

function principalOf(rows, before) {
  if (rows.length === 1 && rows[0].type === "*") return "*";
  const found = {};
  for (const { type, value } of rows) (found[type === "*" ? "AWS" : type] ??= []).push(value);
  return Object.fromEntries(Object.entries(found).map(([type, values]) => [type, listed(values, before?.[type])]));
}

/** Whom a statement of a trust or resource policy names. */
export function principalsPart(card) {
  const { statement, known } = card;
  const before = statement.Principal;
  const rows = rowsOf(before);
  const write = (next, options) => card.write(withElement(card.statement, "Principal", principalOf(next, before)), options);
  const services = card.suggestions.of([...known.servicePrincipals, ...known.services.map((name) => `${name}.amazonaws.com`)]);
  const row = (one, at, change, drop) => {
    const { type, value } = one;
    return el(
      "div",
      { className: "visual-row" },
      select(gettext("Kind of principal %(number)s", { number: at + 1 }), `type-${at}`, TYPES, type, (chosen) => change({ type: chosen, value: chosen === "*" ? "*" : one.value === "*" ? "" : one.value })),
      type === "*"
        ? el("span", { className: "muted small end" }, gettext("whoever it is, if the conditions hold"))
        : input(gettext("Principal %(number)s", { number: at + 1 }), `principal-${at}`, value, {
            className: "mono",
            placeholder: EXAMPLES[type],
            list: type === "Service" ? services : card.suggestions.named(type),
            onfocus: () => type !== "Service" && card.seek(type, ""),
            oninput(text) {
              if (type === "AWS") card.seek(type, text);
              change({ type, value: text }, { quietly: true });
            },
          }),
      removal(gettext("Remove principal %(number)s", { number: at + 1 }), `drop-principal-${at}`, drop),
    );
  };
  const shown = rows.map((one, at) => {
    const change = (changed, options) => {
      Object.assign(one, changed);
      write(rows, options);
    };
    return row(one, at, change, () => write(rows.filter((other) => other !== one)));
  });
  return el(
    "fieldset",
    { className: "visual-part" },
    el("legend", {}, gettext("Principals")),
    shown,
    el(
      "div",
      { className: "visual-row" },
      button(gettext("Add principal"), "add-principal", () => {
        card.focusNext(`principal-${rows.length}`);
        write([...rows.filter((one) => one.type !== "*"), { type: "AWS", value: rows.length ? "" : `arn:aws:iam::${known.account}:root` }]);
      }, { glyph: "plus" }),
      el("span", { className: "end" }),
    ),
  );
}

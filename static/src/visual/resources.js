import { button, el, input, removal, select } from "./dom.js";
import { gettext } from "../words.js";
import { listed, many, renamed, withElement } from "./places.js";

const WORDS = { Partition: "aws", Region: "*" };

/** The services that the statement's actions are of. */
export function servicesOf(statement) {
  const found = many(statement.Action ?? statement.NotAction).map((action) => action.split(":")[0].toLowerCase());
  return [...new Set(found)].filter((service) => /^[a-z0-9-]+$/.test(service));
}

/** The ARN formats to offer: of the resource types that the chosen actions act on, else of all. */
function formatsOf(card) {
  const chosen = new Set(many(card.statement.Action).map((action) => action.toLowerCase()));
  return servicesOf(card.statement).flatMap((service) => {
    const known = card.service(service);
    if (!known) return [];
    const types = new Set(known.actions.filter(([name]) => chosen.has(`${service}:${name}`.toLowerCase())).flatMap(([, , types]) => types));
    const fitting = known.formats.filter(([name]) => types.has(name));
    return (fitting.length ? fitting : known.formats).map(([name, format]) => ({ service, name, format }));
  });
}

export function resourcesPart(card) {
  const { statement, ui } = card;
  const element = "NotResource" in statement ? "NotResource" : "Resource";
  const before = statement[element];
  const resources = [...many(before)];
  const set = (next, options) => card.write(withElement(card.statement, element, listed([...next], before)), options);
  const rows = resources.map((arn, at) =>
    el(
      "div",
      { className: "visual-row" },
      input(gettext("Resource %(number)s", { number: at + 1 }), `resource-${at}`, arn, {
        className: "mono",
        oninput(text) {
          resources[at] = text;
          set(resources, { quietly: true });
        },
      }),
      removal(gettext("Remove resource %(number)s", { number: at + 1 }), `drop-resource-${at}`, () => set(resources.filter((_, other) => other !== at))),
    ),
  );
  const mode = select(
    gettext("Which resources"),
    "resource-mode",
    [
      ["Resource", gettext("On these resources")],
      ["NotResource", gettext("On every resource but these")],
    ],
    element,
    (chosen) => card.write(withElement(renamed(card.statement, element, chosen), chosen, card.statement[element] ?? [])),
  );
  const formats = formatsOf(card);
  const add = (arn) => {
    const rest = resources.filter((one) => one !== "*" && one !== "");
    set([...new Set(arn === "*" ? ["*"] : [...rest, arn])]);
  };
  const registered = servicesOf(statement).flatMap((service) => card.service(service)?.resources ?? []);
  const choice = select(
    gettext("Add a resource"),
    "add-resource",
    [
      ["", gettext("Add a resource…")],
      ["*", gettext("Every resource (*)")],
      ["arn", gettext("An ARN of your own")],
      ...formats.map((one, at) => [`format-${at}`, `${one.service} ${one.name}`]),
      ...registered.slice(0, 50).map((arn) => [arn, arn]),
    ],
    "",
    (chosen) => {
      if (!chosen) return;
      if (chosen.startsWith("format-")) {
        const { service, name, format } = formats[Number(chosen.slice(7))];
        const parts = [...format.matchAll(/\$\{([^}]+)\}/g)].map((match) => match[1]);
        ui.building = { service, name, format, parts, values: parts.map((part) => (part === "Account" ? card.known.account : (WORDS[part] ?? ""))) };
        card.redraw("build-0");
      } else if (chosen === "arn") {
        card.focusNext(`resource-${resources.filter((one) => one !== "*" && one !== "").length}`);
        add("arn:aws:");
      } else add(chosen);
    },
  );
  return el(
    "fieldset",
    { className: "visual-part" },
    el("legend", {}, gettext("Resources")),
    el("div", { className: "visual-row" }, mode, el("span", { className: "end" })),
    rows,
    ui.building ? builder(card, ui.building, add) : null,
    el("div", { className: "visual-row" }, choice, el("span", { className: "end" })),
  );
}

/** Fills the variable parts of a resource type's ARN; a part left empty is any. */
function builder(card, { service, name, format, parts, values }, add) {
  const built = () => {
    let at = 0;
    return format.replace(/\$\{[^}]+\}/g, () => values[at++].trim() || "*");
  };
  const preview = el("code", { className: "break" }, built());
  const fields = parts.map((part, at) =>
    part === "Partition"
      ? null
      : el(
          "label",
          { className: "visual-field" },
          el("span", { className: "small" }, part.replace(/([a-z])([A-Z])/g, "$1 $2")),
          input(part, `build-${at}`, values[at], {
            placeholder: gettext("any"),
            oninput(text) {
              values[at] = text;
              preview.textContent = built();
            },
          }),
        ),
  );
  const close = () => {
    card.ui.building = null;
  };
  const box = el(
    "fieldset",
    { className: "visual-builder" },
    el("legend", {}, gettext("ARN of a %(service)s %(type)s", { service, type: name })),
    el("div", { className: "visual-fields" }, fields),
    el("p", { className: "small" }, preview),
    el(
      "div",
      { className: "visual-row" },
      button(gettext("Add this resource"), "build-add", () => {
        close();
        card.focusNext("add-resource");
        add(built());
      }, { tone: "" }),
      button(gettext("Cancel"), "build-cancel", () => {
        close();
        card.redraw("add-resource");
      }),
      el("span", { className: "end" }),
    ),
  );
  const first = box.querySelector("input");
  first?.setAttribute("data-focus", "build-0");
  return box;
}

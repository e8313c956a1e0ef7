import { button, el, icon, input, removal, select } from "./dom.js";
import { gettext, ngettext } from "../words.js";
import { listed, many, renamed, withElement } from "./places.js";

const LEVELS = {
  List: gettext("List"),
  Read: gettext("Read"),
  Write: gettext("Write"),
  Tagging: gettext("Tagging"),
  "Permissions management": gettext("Permissions management"),
};
const SHOWN = 60;

const isPattern = (name) => /[*?]/.test(name);
function covers(pattern, name) {
  const source = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*").replaceAll("?", ".");
  return new RegExp(`^${source}$`, "i").test(name);
}

/** The actions of a statement: each service by itself, its actions by access level. */
export function actionsPart(card) {
  const { statement, ui } = card;
  const element = "NotAction" in statement ? "NotAction" : "Action";
  const before = statement[element];
  const actions = many(before);
  const write = (next) => card.write(withElement(card.statement, element, listed(next, before)));
  const services = new Map();
  const others = [];
  for (const action of actions) {
    const [service, name] = action.split(/:(.*)/s);
    if (name === undefined || isPattern(service)) others.push(action);
    else services.set(service.toLowerCase(), [...(services.get(service.toLowerCase()) ?? []), name]);
  }
  for (const service of ui.services) if (!services.has(service)) services.set(service, []);

  const mode = select(
    gettext("Which actions"),
    "action-mode",
    [
      ["Action", gettext("These actions")],
      ["NotAction", gettext("Every action but these")],
    ],
    element,
    (chosen) => card.write(renamed(card.statement, element, chosen)),
  );
  const chips = others.map((action) =>
    el("span", { className: "chip" }, action === "*" ? gettext("Every action of every service") : action, removal(gettext("Remove %(what)s", { what: action }), `drop-${action}`, () => write(actions.filter((one) => one !== action)))),
  );
  return el(
    "fieldset",
    { className: "visual-part" },
    el("legend", {}, gettext("Actions")),
    el("div", { className: "visual-row" }, mode, el("span", { className: "end" })),
    chips.length ? el("div", { className: "chips" }, chips) : null,
    [...services].map(([service, names]) => serviceBlock(card, service, names, actions, write)),
    adder(card, services),
  );
}

function adder(card, services) {
  const id = card.suggestions.of(card.known.services);
  const add = (text) => {
    const service = text.trim().toLowerCase().replace(/:.*/, "");
    if (!service) return;
    if (!card.known.services.includes(service)) {
      problem.textContent = gettext("There is no service %(service)s.", { service });
      return;
    }
    card.ui.services.add(service);
    card.ui.open.add(`service-${service}`);
    card.redraw(`filter-${service}`);
  };
  const problem = el("span", { className: "small bad-text", role: "status" });
  const field = input(gettext("Add a service"), "add-service", "", { list: id, placeholder: gettext("Service, such as s3"), onchange: add });
  return el("div", { className: "visual-row" }, field, button(gettext("Add service"), "add-service-button", () => add(field.value), { glyph: "plus" }), problem);
}

function serviceBlock(card, service, names, actions, write) {
  const { ui } = card;
  const patterns = names.filter(isPattern);
  const chosen = new Set(names.map((name) => name.toLowerCase()));
  const known = card.service(service);
  const isOf = (action) => action.toLowerCase().startsWith(`${service}:`);
  const set = (next) => {
    const rest = actions.filter((action) => !isOf(action));
    ui.services.add(service); // it stays in sight when nothing of it is chosen
    write([...rest, ...next.map((name) => `${service}:${name}`)]);
  };
  const toggle = (name, on) => set(on ? [...names, name] : names.filter((one) => one.toLowerCase() !== name.toLowerCase()));
  const open = `service-${service}`;
  const all = known?.actions ?? [];
  const count = all.filter(([name]) => chosen.has(name.toLowerCase()) || patterns.some((one) => covers(one, name))).length;
  const unknown = names.filter((name) => !isPattern(name) && known && !all.some(([one]) => one.toLowerCase() === name.toLowerCase()));

  const check = ([name]) => {
    const by = patterns.find((one) => covers(one, name));
    return el(
      "label",
      { className: "check mono small", title: by ? gettext("Covered by %(pattern)s", { pattern: `${service}:${by}` }) : "" },
      el("input", {
        type: "checkbox",
        checked: Boolean(by) || chosen.has(name.toLowerCase()),
        disabled: Boolean(by),
        "data-focus": `${service}:${name}`,
        onchange: (event) => toggle(name, event.target.checked),
      }),
      el("span", {}, name),
    );
  };

  function choices() {
    if (!known) return el("p", { className: "muted small" }, gettext("Looking up its actions…"));
    const wanted = (ui.filters.get(service) ?? "").toLowerCase();
    const results = el("div", { className: "visual-levels" });
    const fill = (text) => {
      ui.filters.set(service, text);
      const part = text.trim().toLowerCase();
      if (part) {
        const matches = all.filter(([name]) => name.toLowerCase().includes(part));
        results.replaceChildren(
          matches.length ? el("div", { className: "visual-checks" }, matches.slice(0, SHOWN).map(check)) : el("p", { className: "muted small" }, gettext("No action has this in its name.")),
          matches.length > SHOWN ? el("p", { className: "muted small" }, ngettext("%(count)s more: write on to narrow them.", "%(count)s more: write on to narrow them.", matches.length - SHOWN)) : "",
        );
      } else results.replaceChildren(...Object.keys(LEVELS).map((level) => levelBlock(card, service, level, all, check, names, set, patterns, chosen)).filter(Boolean));
    };
    fill(wanted);
    return [
      el(
        "div",
        { className: "visual-row" },
        el(
          "label",
          { className: "check small" },
          el("input", { type: "checkbox", checked: names.includes("*"), "data-focus": `${service}:*`, onchange: (event) => set(event.target.checked ? ["*"] : names.filter((one) => one !== "*")) }),
          el("span", {}, gettext("Every %(service)s action", { service })),
        ),
        input(gettext("Filter the actions of %(service)s", { service }), `filter-${service}`, ui.filters.get(service) ?? "", { oninput: fill, placeholder: gettext("Filter actions"), className: "end" }),
      ),
      results,
    ];
  }
  const marked = [...patterns.filter((one) => one !== "*"), ...unknown];
  const body = el("div", { className: "visual-service-body" });
  function unfold() {
    if (body.childElementCount) return;
    if (marked.length) body.append(el("div", { className: "chips" }, marked.map(chip)));
    const drop = button(gettext("Remove %(what)s", { what: service }), `remove-${service}`, () => {
      ui.services.delete(service);
      write(actions.filter((action) => !isOf(action)));
    }, { glyph: "trash" });
    body.append(...[choices()].flat(), drop);
  }
  const chip = (name) =>
    el("span", { className: `chip mono${unknown.includes(name) ? " bad" : ""}`, title: unknown.includes(name) ? gettext("No such action is known") : "" }, `${service}:${name}`, removal(gettext("Remove %(what)s", { what: `${service}:${name}` }), `drop-${service}:${name}`, () => set(names.filter((one) => one !== name))));
  if (ui.open.has(open)) unfold();
  return el(
    "details",
    {
      className: "visual-service",
      open: ui.open.has(open),
      ontoggle(event) {
        remember(ui, open, event.target.open);
        if (event.target.open) unfold();
      },
    },
    el("summary", { "data-focus": open }, icon("chevron-right"), el("code", {}, service), el("span", { className: "muted small" }, known ? ngettext("%(chosen)s of %(count)s action", "%(chosen)s of %(count)s actions", all.length, { chosen: count }) : "")),
    body,
  );
}

function remember(ui, name, isOpen) {
  if (isOpen) ui.open.add(name);
  else ui.open.delete(name);
}

function levelBlock(card, service, level, all, check, names, set, patterns, chosen) {
  const of = all.toSorted(([one], [other]) => one.localeCompare(other)).filter(([, its]) => its.split(",")[0] === level); // "Tagging, Write": the graver first
  if (!of.length) return null;
  const isCovered = (name) => chosen.has(name.toLowerCase()) || patterns.some((one) => covers(one, name));
  const count = of.filter(([name]) => isCovered(name)).length;
  const open = `level-${service}-${level}`;
  const box = el("input", {
    type: "checkbox",
    checked: count === of.length,
    "data-focus": `all-${service}-${level}`,
    disabled: patterns.includes("*"),
    onchange(event) {
      const lower = new Set(of.map(([name]) => name.toLowerCase()));
      const rest = names.filter((name) => !lower.has(name.toLowerCase()));
      set(event.target.checked ? [...rest, ...of.map(([name]) => name).filter((name) => !patterns.some((one) => covers(one, name)))] : rest);
    },
  });
  box.indeterminate = count > 0 && count < of.length;
  const body = el("div", { className: "visual-level-body" });
  const fill = () => {
    if (!body.childElementCount) body.append(el("label", { className: "check small" }, box, el("span", {}, gettext("All %(count)s of %(level)s", { count: of.length, level: LEVELS[level] }))), el("div", { className: "visual-checks" }, of.map(check)));
  };
  if (card.ui.open.has(open)) fill();
  return el(
    "details",
    {
      className: "visual-level",
      open: card.ui.open.has(open),
      ontoggle(event) {
        remember(card.ui, open, event.target.open);
        if (event.target.open) fill();
      },
    },
    el("summary", { "data-focus": open }, icon("chevron-right"), LEVELS[level], el("span", { className: "muted small" }, gettext("%(chosen)s of %(count)s", { chosen: count, count: of.length }))),
    body,
  );
}

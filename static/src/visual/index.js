import { Annotation } from "@codemirror/state";
import { ask } from "../terms.js";
import { gettext } from "../words.js";
import { actionsPart } from "./actions.js";
import { conditionsPart } from "./conditions.js";
import { button, el, icon, input } from "./dom.js";
import { adding, removing, replacing, statementsIn, takesPrincipals, takesResources, withElement } from "./places.js";
import { principalsPart } from "./principals.js";
import { resourcesPart } from "./resources.js";

const fromForm = Annotation.define();
const WAIT = 200; // milliseconds after the last letter typed as JSON

/**
 * The document as a form, kept in step with the JSON in `view`, which is the one truth: what is changed in the form
 * changes that statement's text and no other, and what is typed as JSON draws the form anew.
 */
export async function mountVisual(view, host, { url, kind, sprite }) {
  icon.sprite = sprite;
  const known = await ask(url);
  if (!known) return null;
  const services = new Map();
  const memory = []; // of each statement: what is unfolded, filtered, begun
  let found;
  let wait;
  let awaited; // the control to go to once it is there

  /** What is known of a service; asked for at first use, whereupon the form is drawn again. */
  function service(name) {
    if (!services.has(name)) {
      services.set(name, null);
      if (known.services.includes(name))
        ask(`${url}/${encodeURIComponent(name)}`).then((answer) => {
          services.set(name, answer);
          draw();
        });
    }
    return services.get(name);
  }

  function change(changes) {
    view.dispatch({ changes, annotations: fromForm.of(true) });
    found = statementsIn(view.state, kind);
  }

  function cardOf(at) {
    const ui = (memory[at] ??= { services: new Set(), open: new Set(), filters: new Map(), building: null });
    let next = null;
    const card = {
      known,
      service,
      ui,
      get statement() {
        return found.statements[at].value;
      },
      /** Puts a changed statement into the text. `quietly`: the form shows it already. */
      write(statement, { quietly = false } = {}) {
        change(replacing(found, at, statement));
        if (!quietly) card.redraw(next);
      },
      focusNext(name) {
        next = name;
      },
      redraw(focus) {
        draw(focus ? `${at}/${focus}` : undefined);
      },
    };
    return card;
  }

  function statementBlock(at, { value, reason }) {
    const title = gettext("Statement %(number)s", { number: at + 1 });
    const drop = button(gettext("Remove statement %(number)s", { number: at + 1 }), "remove", () => {
      memory.splice(at, 1);
      change(removing(found, at));
      draw("add-statement");
    }, { glyph: "trash", hides: true });
    if (reason) {
      return el(
        "section",
        { className: "visual-statement", "aria-label": title },
        el("div", { className: "visual-row" }, el("h2", { className: "end" }, title), drop),
        el("p", { className: "muted small" }, gettext("%(reason)s It stays as it is; edit it as JSON.", { reason })),
        el("pre", { className: "visual-raw", tabIndex: 0, role: "region", "aria-label": gettext("Statement %(number)s as JSON", { number: at + 1 }) }, JSON.stringify(value, null, 2)),
      );
    }
    const card = cardOf(at);
    const effect = (name) =>
      el("label", {}, el("input", { type: "radio", form: "none", name: `visual-effect-${at}`, value: name, checked: value.Effect === name, "data-focus": `effect-${name}`, onchange: () => card.write(withElement(card.statement, "Effect", name)) }), name);
    return el(
      "section",
      { className: `visual-statement ${value.Effect.toLowerCase()}`, "aria-label": title },
      el("div", { className: "visual-row" }, el("h2", {}, title), el("div", { className: "segmented end", role: "radiogroup", "aria-label": gettext("Effect of statement %(number)s", { number: at + 1 }) }, effect("Allow"), effect("Deny")), drop),
      takesPrincipals(kind) ? principalsPart(card) : null,
      actionsPart(card),
      takesResources(kind) ? resourcesPart(card) : null,
      conditionsPart(card),
      el(
        "label",
        { className: "visual-field" },
        el("span", { className: "small" }, gettext("Statement id (Sid), optional")),
        input(gettext("Name of statement %(number)s", { number: at + 1 }), "sid", value.Sid ?? "", { oninput: (text) => card.write(withElement(card.statement, "Sid", text || undefined), { quietly: true }) }),
      ),
    );
  }

  function draw(focus) {
    const active = host.contains(document.activeElement) ? document.activeElement : null;
    const within = active?.closest("[data-statement]")?.dataset.statement;
    const wanted = focus ?? awaited ?? (active?.dataset.focus && (within === undefined ? active.dataset.focus : `${within}/${active.dataset.focus}`));
    const blocks = found.statements.map((statement, at) => {
      const block = statementBlock(at, statement);
      block.dataset.statement = at;
      return block;
    });
    const begin = takesResources(kind)
      ? { Effect: "Allow", ...(takesPrincipals(kind) ? { Principal: { AWS: `arn:aws:iam::${known.account}:root` } } : {}), Action: [], Resource: "*" }
      : { Effect: "Allow", Principal: { AWS: `arn:aws:iam::${known.account}:root` }, Action: "sts:AssumeRole" };
    host.replaceChildren(
      ...(found.fault
        ? [el("p", { className: "visual-fault muted" }, found.fault)]
        : [
            ...blocks,
            el("div", { className: "visual-row" }, button(gettext("Add statement"), "add-statement", () => {
              const at = found.statements.length;
              memory[at] = undefined;
              change(adding(found, begin));
              draw(`${at}/${takesResources(kind) ? "add-service" : "type-0"}`);
            }, { glyph: "plus", tone: "" }), el("span", { className: "end" })),
          ]),
    );
    awaited = undefined;
    if (wanted) {
      const [at, name] = wanted.includes("/") ? wanted.split(/\/(.*)/s) : [null, wanted];
      const scope = at === null ? host : host.querySelector(`[data-statement="${at}"]`);
      const target = scope?.querySelector(`[data-focus="${CSS.escape(name)}"]`);
      if (!target) awaited = wanted;
      target?.focus();
      if (target?.matches("input:not([type])") && active?.dataset.focus === target.dataset.focus) {
        target.value = active.value; // begun, and not yet of the document
        target.setSelectionRange(active.selectionStart, active.selectionEnd);
      }
    }
  }

  function refresh() {
    found = statementsIn(view.state, kind);
    draw();
  }
  for (const type of ["keydown", "pointerdown"])
    host.addEventListener(
      type,
      () => {
        awaited = undefined;
      },
      { capture: true },
    );
  refresh();
  return (update) => {
    if (update.transactions.some((one) => one.annotation(fromForm))) return;
    clearTimeout(wait);
    wait = setTimeout(refresh, WAIT);
  };
}

import { isolateHistory, redo, undo } from "@codemirror/commands";
import { Annotation } from "@codemirror/state";
import { ask, principalsOf } from "../terms.js";
import { gettext } from "../words.js";
import { actionsPart } from "./actions.js";
import { conditionsPart } from "./conditions.js";
import { button, el, icon, input, Suggestions } from "./dom.js";
import { statementsIn, takesPrincipals, takesResources, withElement } from "./places.js";
import { principalsPart } from "./principals.js";
import { resourcesPart } from "./resources.js";
import { adding, removing, replacing } from "./writing.js";

const fromForm = Annotation.define();
const WAIT = 200; // milliseconds after the last letter typed as JSON

/**
 * The document as a form, kept in step with the JSON in `view`, which is the one truth: what is changed in the form
 * changes that statement's text and no other, and what is typed as JSON draws those statements anew that it changes.
 * Nothing is drawn while `isShown` says that nobody sees it. Gives what is to be called after a change of the text,
 * and when the form may have come in sight.
 */
export async function mountVisual(view, host, { url, principals, kind, sprite, isShown }) {
  icon.sprite = sprite;
  const known = await ask(url);
  if (!known) return { changed() {}, shown() {} };
  const services = new Map();
  const memory = []; // of each statement: what is unfolded, filtered, begun
  const suggested = new Suggestions();
  let drawn = []; // of each statement: its block, what it was drawn of, the services it wanted to know
  let found;
  let isDrawn = false;
  let isStale = true;
  let wait;
  let awaited; // the control to go to once it is there

  /** What is known of a service; asked for at first use, whereupon the form is drawn again. */
  function service(name) {
    if (!services.has(name)) {
      services.set(name, null);
      if (known.services.includes(name))
        ask(`${url}/${encodeURIComponent(name)}`).then((answer) => {
          services.set(name, answer);
          for (const one of drawn) if (one?.services.has(name)) one.of = null;
          draw();
        });
    }
    return services.get(name);
  }

  /** Each change is undone by itself, letters that are typed after each other (`isTyped`) together. */
  function change(changes, isTyped = false) {
    const apart = isTyped ? [] : [isolateHistory.of("full")];
    view.dispatch({ changes, annotations: [fromForm.of(true), ...apart] });
    found = statementsIn(view.state, kind);
  }

  function cardOf(at, wanted) {
    const ui = (memory[at] ??= { services: new Set(), open: new Set(), filters: new Map(), building: null });
    let next = null;
    const card = {
      known,
      suggestions: suggested,
      /** Looks for principals of a type, who are then suggested in its fields. */
      seek(type, text) {
        principalsOf(principals, text, type === "Federated").then((names) => suggested.fill(type, [...(type === "AWS" ? [`arn:aws:iam::${known.account}:root`] : []), ...names.map(([arn]) => arn)]));
      },
      service(name) {
        wanted.add(name);
        return service(name);
      },
      ui,
      get statement() {
        return found.statements[at].value;
      },
      /** Puts a changed statement into the text. `quietly`: the form shows it already. */
      write(statement, { quietly = false } = {}) {
        change(replacing(found, at, statement), quietly);
        if (quietly) drawn[at].of = likenessOf(found.statements[at]);
        else card.redraw(next);
      },
      focusNext(name) {
        next = name;
      },
      redraw(focus) {
        drawn[at].of = null;
        draw(focus ? `${at}/${focus}` : undefined);
      },
    };
    return card;
  }

  function statementBlock(at, { value, reason }, wanted) {
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
    const card = cardOf(at, wanted);
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
        el("span", { className: "label" }, gettext("Statement id (Sid)"), " ", el("span", { className: "optional" }, gettext("optional"))),
        input(gettext("Name of statement %(number)s", { number: at + 1 }), "sid", value.Sid ?? "", { oninput: (text) => card.write(withElement(card.statement, "Sid", text || undefined), { quietly: true }) }),
      ),
    );
  }

  function draw(focus) {
    const active = host.contains(document.activeElement) ? document.activeElement : null;
    const within = active?.closest("[data-statement]")?.dataset.statement;
    const wanted = focus ?? awaited ?? (active?.dataset.focus && (within === undefined ? active.dataset.focus : `${within}/${active.dataset.focus}`));
    const before = drawn;
    drawn = found.statements.map((statement, at) => {
      const of = likenessOf(statement);
      if (before[at]?.of === of) return before[at];
      const wanted = new Set();
      const block = statementBlock(at, statement, wanted);
      block.dataset.statement = at;
      return { block, of, services: wanted };
    });
    if (isDrawn && !found.fault && before.length === drawn.length) {
      for (const [at, { block }] of drawn.entries()) if (block !== before[at].block) before[at].block.replaceWith(block);
    } else drawAll();
    isDrawn = !found.fault;
    awaited = undefined;
    if (wanted) goTo(wanted, active);
  }

  function drawAll() {
    const begin = takesResources(kind)
      ? { Effect: "Allow", ...(takesPrincipals(kind) ? { Principal: { AWS: `arn:aws:iam::${known.account}:root` } } : {}), Action: [], Resource: "*" }
      : { Effect: "Allow", Principal: { AWS: `arn:aws:iam::${known.account}:root` }, Action: "sts:AssumeRole" };
    host.replaceChildren(
      ...(found.fault
        ? [el("p", { className: "visual-fault muted" }, found.fault)]
        : [
            suggested.element,
            ...drawn.map((one) => one.block),
            el("div", { className: "visual-row" }, button(gettext("Add statement"), "add-statement", () => {
              const at = found.statements.length;
              memory[at] = undefined;
              change(adding(found, begin));
              draw(`${at}/${takesResources(kind) ? "add-service" : "type-0"}`);
            }, { glyph: "plus", tone: "" }), el("span", { className: "end" })),
          ]),
    );
  }

  /** Puts the focus on a control by its name, at the place in its text where it was in `before`. */
  function goTo(wanted, before) {
    const [at, name] = wanted.includes("/") ? wanted.split(/\/(.*)/s) : [null, wanted];
    const scope = at === null ? host : host.querySelector(`[data-statement="${at}"]`);
    const target = scope?.querySelector(`[data-focus="${CSS.escape(name)}"]`);
    if (!target) awaited = wanted;
    target?.focus();
    if (target?.matches("input:not([type])") && before?.dataset.focus === target.dataset.focus) {
      if (isBegun(name)) target.value = before.value;
      target.setSelectionRange(before.selectionStart, before.selectionEnd);
    }
  }

  function refresh() {
    clearTimeout(wait);
    wait = undefined;
    isStale = !isShown();
    if (isStale) return;
    found = statementsIn(view.state, kind);
    draw();
  }
  host.addEventListener("keydown", (event) => {
    const way = (event.ctrlKey || event.metaKey) && !event.altKey && { z: event.shiftKey ? redo : undo, y: redo }[event.key.toLowerCase()];
    if (!way) return;
    event.preventDefault(); // the document's history, not that of one field
    if (way(view)) refresh();
  });
  const listen = (types, listener) => {
    for (const type of types) host.addEventListener(type, listener, { capture: true });
  };
  listen(["keydown", "pointerdown"], () => {
    awaited = undefined;
  });
  // The form must not change what it does not show yet.
  listen(["focusin", "keydown", "pointerover"], () => {
    if (wait !== undefined) refresh();
  });
  refresh();
  return {
    changed(update) {
      if (update.transactions.some((one) => one.annotation(fromForm))) return;
      clearTimeout(wait);
      wait = setTimeout(refresh, WAIT);
    },
    shown() {
      if (isStale) refresh();
    },
  };
}

const likenessOf = ({ value, reason }) => `${reason}${JSON.stringify(value)}`;

/** Whether the control holds what is not of the document yet. */
const isBegun = (name) => name === "add-service";

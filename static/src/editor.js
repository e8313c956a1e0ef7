import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab, isolateHistory, redo, redoDepth, undo, undoDepth } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { bracketMatching, ensureSyntaxTree, foldGutter, foldKeymap, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState, Prec } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, highlightSpecialChars, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { announce } from "./js/page.js";
import { phrases } from "./phrases.js";
import { beginString, terms } from "./terms.js";
import { mountVisual } from "./visual/index.js";
import { repeats } from "./visual/places.js";
import { gettext } from "./words.js";

// Colours come from the page's tokens, so the editor follows every theme by itself.
const theme = EditorView.theme({
  "&": { color: "var(--text)", backgroundColor: "var(--surface-raised)", fontSize: "var(--size-2)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", fontVariantLigatures: "none", lineHeight: "1.6", minHeight: "18rem", maxHeight: "36rem", overflow: "auto" },
  ".cm-content": { caretColor: "var(--text)", paddingBlock: "0.5rem" },
  ".cm-cursor, .cm-dropCursor": { borderLeftColor: "var(--text)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--indigo-a5)" },
  ".cm-gutters": { backgroundColor: "var(--surface-raised)", color: "var(--text-muted)", border: "none", paddingInlineStart: "0.25rem" },
  ".cm-activeLine": { backgroundColor: "var(--slate-a2)" },
  ".cm-activeLineGutter": { backgroundColor: "transparent", color: "var(--text)" },
  ".cm-matchingBracket": { backgroundColor: "var(--indigo-a4) !important", outline: "none" },
  ".cm-foldPlaceholder": { backgroundColor: "var(--slate-a3)", border: "none", color: "var(--text-muted)" },
  ".cm-tooltip": { backgroundColor: "var(--surface-raised)", border: "1px solid var(--line-strong)", borderRadius: "6px", overflow: "hidden" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--text-on-accent)" },
  ".cm-panels": { backgroundColor: "var(--surface-sunken)", color: "var(--text)", borderColor: "var(--line)" },
  ".cm-textfield": { backgroundColor: "var(--surface-raised)", border: "1px solid var(--line-control)", borderRadius: "4px", color: "inherit" },
  ".cm-button": { backgroundImage: "none", backgroundColor: "var(--surface-raised)", border: "1px solid var(--line-strong)", borderRadius: "4px", color: "inherit" },
  ".cm-diagnostic": { fontFamily: "var(--font)", padding: "0.375rem 0.625rem", borderInlineStart: "3px solid", maxWidth: "32rem" },
  ".cm-diagnostic-error": { borderColor: "var(--red-9)" },
  ".cm-diagnostic-warning": { borderColor: "var(--amber-9)" },
  ".cm-diagnostic-info": { borderColor: "var(--indigo-9)" },
  ".cm-diagnosticSource": { fontFamily: "var(--mono)", fontSize: "var(--size-1)", opacity: "1", color: "var(--text-muted)" },
  ".cm-lintRange": { backgroundImage: "none", textDecoration: "underline wavy 1px", textUnderlineOffset: "3px", textDecorationSkipInk: "none" },
  ".cm-lintRange-error": { textDecorationColor: "var(--red-9)" },
  ".cm-lintRange-warning": { textDecorationColor: "var(--amber-9)" },
  ".cm-lintRange-info": { textDecorationColor: "var(--indigo-9)" },
  ".cm-gutter-lint": { width: "1rem" },
  ".cm-lint-marker": { content: "''", width: "0.5rem", height: "0.5rem", margin: "0.4rem 0.25rem", borderRadius: "50%", backgroundColor: "var(--indigo-9)" },
  ".cm-lint-marker-error": { backgroundColor: "var(--red-9)" },
  ".cm-lint-marker-warning": { backgroundColor: "var(--amber-9)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", maxHeight: "16rem" },
  ".cm-completionDetail": { fontStyle: "normal", fontFamily: "var(--font)", color: "var(--text-muted)", marginInlineStart: "1rem" },
  "li[aria-selected] .cm-completionDetail": { color: "inherit" },
});

const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: "light-dark(#1f4fb8, #9eb1ff)" },
  { tag: tags.string, color: "light-dark(#1b7350, #6ad7ae)" },
  { tag: [tags.number, tags.bool, tags.null], color: "light-dark(#8a4b00, #ffca16)" },
  { tag: [tags.punctuation, tags.brace, tags.squareBracket, tags.separator], color: "var(--text-muted)" },
]);

/** The offset of a line and column, which counts characters. */
function offsetOf(state, line, column) {
  const at = state.doc.line(Math.min(Math.max(1, line), state.doc.lines));
  return at.from + [...at.text].slice(0, Math.max(0, column - 1)).join("").length;
}

/** What the server's validator said of the text: {from: [line, column], to, severity, source, message}. */
function diagnostics(marks, state) {
  const place = (where) => offsetOf(state, ...where);
  return marks.map(({ from, to, fix, ...rest }) => {
    const start = place(from);
    // A fault has a beginning only: it is marked to the end of its word, else of its line.
    const end = to[1] ? place(to) : (state.wordAt(start)?.to ?? state.doc.lineAt(start).to);
    const actions = fix.length ? [{ name: gettext("Fix"), apply: (view) => apply(view, fix) }] : [];
    return { from: start, to: Math.max(start, end), actions, ...rest };
  });
}

/** Makes changes, [offset in characters, what stands there, what is to] each; none if one does not fit any more. */
function apply(view, fix) {
  const text = view.state.doc.toString();
  const characters = [...text];
  const changes = fix.map(([at, was, insert]) => {
    const from = characters.slice(0, at).join("").length;
    return { from, to: from + was.length, was, insert };
  });
  if (changes.some(({ from, to, was }) => text.slice(from, to) !== was)) return;
  view.dispatch({ changes, selection: { anchor: changes[0].from }, scrollIntoView: true, annotations: isolateHistory.of("full"), userEvent: "input.fix" });
  view.focus();
}

/**
 * Typing over a selection. Left to itself, the browser keeps the look of the replaced text in a style
 * attribute, which a strict CSP refuses.
 */
const typesOver = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { from, to, empty } = view.state.selection.main;
    if (event.inputType !== "insertText" || empty || !event.data || view.composing) return false;
    const insert = () => view.state.update(view.state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
    const handled = view.state.facet(EditorView.inputHandler).some((handle) => handle(view, from, to, event.data, insert));
    if (!handled && !view.state.readOnly) view.dispatch(insert());
    event.preventDefault();
    return true;
  },
});

/**
 * Puts a JSON editor in the place of a textarea, which stays the form's control.
 * It lives in a shadow root: there its styles are constructed sheets, which a strict CSP allows.
 */
export function mount(textarea) {
  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  const readOnly = textarea.readOnly;
  let visual = null;
  let tellHistory = null;
  const label = textarea.getAttribute("aria-label") || document.querySelector(`label[for="${CSS.escape(textarea.id)}"]`)?.textContent.trim() || "JSON";
  textarea.after(host);
  textarea.hidden = true;
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: textarea.value,
      extensions: [
        lineNumbers(),
        highlightActiveLineGutter(),
        highlightSpecialChars(),
        history(),
        foldGutter({ openText: "▾", closedText: "▸" }),
        drawSelection(),
        indentUnit.of("  "),
        indentOnInput(),
        syntaxHighlighting(colours),
        bracketMatching(),
        closeBrackets(),
        Prec.highest(keymap.of([{ key: "Ctrl-Space", run: beginString }])), // before the completion's own
        autocompletion({ icons: false, override: textarea.dataset.terms ? [terms(textarea.dataset)] : null }),
        highlightActiveLine(),
        highlightSelectionMatches(),
        search({ top: true }),
        lintGutter(),
        json(),
        theme,
        phrases,
        EditorState.readOnly.of(readOnly),
        typesOver,
        EditorView.clipboardInputFilter.of((text) => text.replace(/^\ufeff/, "")), // a byte order mark is not seen
        EditorView.contentAttributes.of({
          "aria-label": label,
          "aria-description": gettext("Tab indents. Escape, then Tab leads on."),
          tabindex: "0",
          "aria-invalid": textarea.getAttribute("aria-invalid") || "false",
        }),
        keymap.of([
          // Escape then Tab leaves the editor, so that the keyboard is never trapped.
          ...closeBracketsKeymap,
          ...defaultKeymap,
          ...searchKeymap,
          ...historyKeymap,
          ...foldKeymap,
          ...completionKeymap,
          ...lintKeymap,
          indentWithTab,
        ]),
        EditorView.updateListener.of((update) => {
          if (!update.docChanged) return;
          visual?.changed(update);
          tellHistory?.(update.state);
          textarea.value = update.state.doc.toString();
          textarea.dispatchEvent(new Event("input", { bubbles: true }));
        }),
      ],
    }),
  });
  follow(view, textarea.closest(".document")?.querySelector(".document-panel"));
  textarea.addEventListener("focus", () => view.focus());
  document.querySelector(`label[for="${CSS.escape(textarea.id)}"]`)?.addEventListener("click", () => view.focus());
  const format = textarea.closest(".editor")?.querySelector("[data-format]");
  format?.addEventListener("click", () => {
    view.focus();
    const text = view.state.doc.toString();
    let laid;
    try {
      laid = JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      return; // Not JSON yet: the linter already shows where.
    }
    // Of what stands twice under a name, parsing keeps one.
    const tree = ensureSyntaxTree(view.state, text.length, 1000);
    if (laid === text || !tree || repeats(view.state, tree.topNode)) return;
    view.dispatch({ changes: { from: 0, to: text.length, insert: laid }, annotations: isolateHistory.of("full") });
  });
  const parts = textarea.closest(".document-parts");
  const form = parts?.querySelector(".visual");
  if (form) {
    const { terms: url, principals, kind } = textarea.dataset;
    showViews(parts, () => visual?.shown());
    tellHistory = offerHistory(view, parts.parentElement);
    mountVisual(view, form, { url, principals, kind, sprite: form.dataset.sprite, isShown: () => parts.dataset.view !== "json" }).then((mounted) => {
      visual = mounted;
      visual.shown();
    });
  }
  // Another control may fill the text in (a template that was chosen).
  textarea.addEventListener("editor:set", (event) => {
    view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: event.detail } });
  });
  return view;
}

/** Shows what the panel beside the editor says, whenever the server has filled it anew. */
function follow(view, panel) {
  if (!panel) return;
  let told = null;
  const mark = () => {
    const verdict = panel.querySelector(".verdict > span").textContent;
    const [said] = [...panel.querySelectorAll(".notes li")].map((note) => `${note.querySelector(".where").textContent}: ${note.querySelector(".what").textContent}`);
    const news = said ? `${verdict}. ${said}` : verdict;
    if (told !== null && told !== news) announce(news);
    told = news;
    const marks = JSON.parse(panel.querySelector("[data-marks]")?.dataset.marks || "[]");
    view.dispatch(setDiagnostics(view.state, diagnostics(marks, view.state)));
  };
  mark();
  panel.addEventListener("htmx:afterSettle", mark);
  panel.addEventListener("click", (event) => {
    const fix = event.target.closest("[data-fix]");
    if (fix) apply(view, JSON.parse(fix.dataset.fix));
    const where = event.target.closest("[data-line]");
    if (!where) return;
    event.preventDefault();
    const anchor = offsetOf(view.state, Number(where.dataset.line), Number(where.dataset.column));
    view.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: "center" }) });
    view.focus();
  });
}

const SIDE_BY_SIDE = 832; // pixels: less has no room for both (document.css)

/** The document as JSON, as a form, or as both: as was chosen last, and both only where there is room. */
function showViews(parts, shown) {
  const radios = [...parts.parentElement.querySelectorAll("[data-view-choice]")];
  const show = () => {
    const isWide = parts.clientWidth > SIDE_BY_SIDE;
    const chosen = localStorage.getItem("document-view");
    const known = radios.some((radio) => radio.value === chosen);
    const name = known && (isWide || chosen !== "both") ? chosen : isWide && !known ? "both" : "json";
    parts.dataset.view = name;
    for (const radio of radios) radio.checked = radio.value === name;
    shown();
  };
  for (const radio of radios)
    radio.addEventListener("change", () => {
      localStorage.setItem("document-view", radio.value);
      show();
    });
  show();
  new ResizeObserver(show).observe(parts);
}

/** The buttons that take back and repeat what was done in either view; gives what keeps them right. */
function offerHistory(view, document) {
  const [back, again] = ["undo", "redo"].map((name) => document.querySelector(`[data-history="${name}"]`));
  back.addEventListener("click", () => undo(view));
  again.addEventListener("click", () => redo(view));
  return (state) => {
    back.disabled = !undoDepth(state);
    again.disabled = !redoDepth(state);
  };
}

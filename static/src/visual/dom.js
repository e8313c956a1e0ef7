/** An element with properties, attributes (`data-…`, `aria-…`, `list` and such), listeners (`onclick`) and children. */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && name !== "list" && name !== "form") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${icon.sprite}#${name}`);
  svg.append(use);
  return svg;
}

/** A small button; `focus` names it over redraws. */
export function button(label, focus, onclick, { glyph, hides = false, tone = "quiet" } = {}) {
  return el(
    "button",
    { type: "button", className: `button small ${tone}${hides ? " icon-only" : ""}`, "data-focus": focus, onclick, "aria-label": hides ? label : null, "data-tip": hides ? label : null },
    glyph && icon(glyph),
    !hides && label,
  );
}

export function removal(label, focus, onclick) {
  return button(label, focus, onclick, { glyph: "x", hides: true });
}

export function select(label, focus, options, chosen, onchange) {
  return el(
    "select",
    { className: "input", "aria-label": label, "data-focus": focus, onchange: (event) => onchange(event.target.value) },
    options.map(([value, text]) => el("option", { value, selected: value === chosen }, text)),
  );
}

/** A text input; `oninput` follows every letter, `onchange` comes when the value is done (Enter, or leaving it). */
export function input(label, focus, value, { oninput, onchange, onfocus, list, placeholder, className = "" } = {}) {
  return el("input", {
    className: `input ${className}`.trim(),
    value,
    "aria-label": label,
    "data-focus": focus,
    autocomplete: "off",
    spellcheck: false,
    list,
    placeholder,
    onfocus,
    oninput: oninput && ((event) => oninput(event.target.value)),
    onchange: onchange && ((event) => onchange(event.target.value)),
    onkeydown(event) {
      if (event.key !== "Enter") return;
      event.preventDefault(); // the form is saved by its button
      event.target.blur();
      event.target.focus();
    },
  });
}

/** Lists of suggestions, each written once however many fields refer to it. */
export class Suggestions {
  #ids = new Map();
  element = el("div", { hidden: true });

  /** The id of the list called `name`, which is filled later. */
  named(name) {
    const id = `suggested-${name}`;
    if (!this.#ids.has(id)) {
      this.#ids.set(id, id);
      this.element.append(el("datalist", { id }));
    }
    return id;
  }

  fill(name, values) {
    this.element.querySelector(`#${this.named(name)}`).replaceChildren(...values.map((value) => el("option", { value })));
  }

  /** The id of the list of `values`. */
  of(values) {
    const key = values.join("\n");
    if (!this.#ids.has(key)) {
      const id = `suggested-${this.#ids.size + 1}`;
      this.#ids.set(key, id);
      this.element.append(el("datalist", { id }, values.map((value) => el("option", { value }))));
    }
    return this.#ids.get(key);
  }
}

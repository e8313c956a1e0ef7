/** Calls `found(element)` for each match now and in everything that htmx brings later. */
export function whenPresent(selector, found) {
  const scan = (root) => {
    if (root.matches?.(selector)) found(root);
    root.querySelectorAll(selector).forEach(found);
  };
  document.addEventListener("htmx:load", (event) => scan(event.detail.elt));
}

/** Says `text` to screen readers. */
export function announce(text) {
  const region = document.getElementById("announcer");
  if (region) region.textContent = text;
}

/** Whether keys typed now are text for some control. */
export function isTyping(event) {
  return event.target.closest?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable=true]") || event.composedPath()[0] !== event.target;
}

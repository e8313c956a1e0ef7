// Links with data-dialog are pages of their own; with scripts their form opens over the page instead.
const dialog = () => document.getElementById("dialog");
let opener = null;

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-dialog]");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    const sheet = link.closest(":popover-open");
    opener =
      link.closest("details.menu")?.querySelector("summary") ??
      (sheet ? document.querySelector(`[popovertarget="${sheet.id}"]`) : link);
  }
  if (event.target.closest("[data-close]")) {
    const open = event.target.closest("dialog");
    if (open) {
      event.preventDefault();
      open.close();
    }
  }
  // A click on the backdrop lands on the dialog element itself.
  if (event.target.matches?.("dialog[open].light")) event.target.close();
});

document.addEventListener("htmx:afterSwap", (event) => {
  const box = dialog();
  if (!box || event.detail.target !== box) return;
  box.classList.toggle("wide", !!box.querySelector("[data-wide]"));
  if (!box.open) box.showModal();
  const first = ["[aria-invalid=true]", "[autofocus]", ".field .input"].map((one) => box.querySelector(one)).find(Boolean);
  first?.focus();
});

document.addEventListener(
  "close",
  (event) => {
    if (event.target.id !== "dialog") return;
    // What was made while it was open (a key, say) must show on the page beneath.
    const stale = event.target.querySelector("[data-reload]");
    event.target.replaceChildren();
    if (stale) location.reload();
    else opener?.focus();
    opener = null;
  },
  true,
);

// The button of a destructive form wakes when the name is typed; the server checks it again.
document.addEventListener("input", (event) => {
  const expected = event.target.dataset?.confirm;
  if (expected === undefined) return;
  const button = event.target.form.querySelector("[type=submit].danger");
  if (button) button.disabled = event.target.value !== expected;
});
document.addEventListener("htmx:load", (event) => {
  event.detail.elt.querySelectorAll("[data-confirm]").forEach((input) => {
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
});

// A double click sends once.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || form.matches("[hx-post]")) return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "1";
  form.setAttribute("aria-busy", "true");
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
  });
});

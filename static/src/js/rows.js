// Repeated rows of a form (tags): added from the template beside them, removed in place.
document.addEventListener("click", (event) => {
  const add = event.target.closest("[data-add-row]");
  if (add) {
    event.preventDefault();
    const rows = document.getElementById(add.dataset.addRow);
    rows.append(rows.querySelector("template").content.cloneNode(true));
    rows.lastElementChild.querySelector("input").focus();
  }
  const remove = event.target.closest("[data-remove-row]");
  if (remove) {
    event.preventDefault();
    const row = remove.closest(".tag-row");
    const next = row.nextElementSibling?.querySelector?.("input") ?? row.parentElement.parentElement.querySelector("[data-add-row]");
    row.remove();
    next?.focus();
  }
});

// Parts of a form that belong to one choice show while it is chosen.
function follow(control) {
  const form = control.form;
  form?.querySelectorAll(`[data-when="${CSS.escape(control.name)}"]`).forEach((part) => {
    const values = part.dataset.is.split(" ");
    const chosen = new FormData(form).getAll(control.name);
    part.hidden = !values.some((value) => chosen.includes(value));
  });
}
document.addEventListener("change", (event) => event.target.name && follow(event.target));
function followAll(root) {
  root.querySelectorAll("[data-when]").forEach((part) => {
    const control = part.closest("form")?.elements[part.dataset.when];
    const first = control instanceof RadioNodeList ? control[0] : control;
    if (first) follow(first);
  });
}
document.addEventListener("htmx:load", (event) => followAll(event.detail.elt));
// Going back, the browser puts in what was chosen, and tells nobody.
window.addEventListener("pageshow", () => followAll(document));

// A long list of choices narrows as one types.
document.addEventListener("input", (event) => {
  const list = event.target.dataset?.narrows && document.getElementById(event.target.dataset.narrows);
  if (!list) return;
  const wanted = event.target.value.trim().toLowerCase();
  list.querySelectorAll("label").forEach((label) => {
    label.hidden = wanted !== "" && !label.textContent.toLowerCase().includes(wanted) && !label.querySelector(":checked");
  });
});

// A button that puts a prepared text into an editor or a field.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-fill]");
  const field = button && document.getElementById(button.dataset.fill);
  if (!field) return;
  event.preventDefault();
  field.value = button.dataset.text;
  field.dispatchEvent(new CustomEvent("editor:set", { detail: button.dataset.text }));
  field.dispatchEvent(new Event("input", { bubbles: true }));
});

// A file that one chooses is read into the field, to be looked at before anything is sent.
document.addEventListener("change", async (event) => {
  const field = event.target.dataset?.reads && document.getElementById(event.target.dataset.reads);
  if (!field || !event.target.files.length) return;
  field.value = await event.target.files[0].text();
  field.dispatchEvent(new Event("input", { bubbles: true }));
});

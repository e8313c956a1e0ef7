import { gettext } from "../words.js";

// Ticked rows: the bar of actions shows while there are any, and one box ticks the whole page.
const ticks = (bar) => [...document.querySelectorAll(`input[name=item][form="${bar.id}"]`)];

function follow(bar) {
  const boxes = ticks(bar);
  const chosen = boxes.filter((box) => box.checked).length;
  bar.hidden = chosen === 0;
  bar.querySelector("[data-bulk-count]").textContent = chosen ? gettext("%(chosen)s of %(all)s selected", { chosen, all: boxes.length }) : "";
  const all = document.querySelector("[data-tick-all]");
  if (all) {
    all.checked = chosen > 0 && chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
  }
}

const followAll = () => document.querySelectorAll("[data-bulk]").forEach(follow);

document.addEventListener("change", (event) => {
  const bar = document.querySelector("[data-bulk]");
  if (bar && event.target.matches("[data-tick-all]")) {
    ticks(bar).forEach((box) => (box.checked = event.target.checked));
  }
  if (bar && event.target.closest("table")) follow(bar);
  if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
});
document.addEventListener("htmx:load", followAll);
window.addEventListener("pageshow", followAll);

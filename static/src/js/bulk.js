import { announce } from "./page.js";

document.addEventListener("change", (event) => {
  const form = event.target.closest(".bulk-form");
  if (!form || !event.target.matches("[type=checkbox]")) return;
  const boxes = [...form.querySelectorAll("tbody [type=checkbox]")];
  const all = form.querySelector("[data-select-all]");
  if (event.target === all) boxes.forEach((box) => (box.checked = all.checked));
  const chosen = boxes.filter((box) => box.checked).length;
  if (all) {
    all.checked = chosen > 0 && chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
  }
  const count = form.querySelector("[data-count]");
  if (count) {
    count.textContent = String(chosen);
    announce(`${chosen} selected`);
  }
});

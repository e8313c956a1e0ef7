// A button that may not be used says why, on hover and on focus; its description carries the same text.
let tip = null;

function show(target) {
  hide();
  tip = document.createElement("div");
  tip.className = "tip";
  tip.popover = "manual";
  tip.textContent = target.dataset.tip;
  (target.closest("dialog[open]") ?? document.body).append(tip);
  tip.showPopover();
  const at = target.getBoundingClientRect();
  const size = tip.getBoundingClientRect();
  const left = Math.min(Math.max(8, at.left + (at.width - size.width) / 2), innerWidth - size.width - 8);
  const below = at.bottom + 6 + size.height < innerHeight;
  tip.style.left = `${left}px`;
  tip.style.top = `${below ? at.bottom + 6 : at.top - size.height - 6}px`;
}

function hide() {
  tip?.remove();
  tip = null;
}

document.addEventListener("pointerover", (event) => {
  const target = event.target.closest?.("[data-tip]");
  if (target) show(target);
  else hide();
});
document.addEventListener("focusin", (event) => {
  const target = event.target.closest?.("[data-tip]");
  if (target?.matches(":focus-visible")) show(target);
});
document.addEventListener("focusout", hide);
document.addEventListener("scroll", hide, true);
document.addEventListener("click", (event) => {
  if (event.target.closest("[aria-disabled=true]")) event.preventDefault();
}, true);

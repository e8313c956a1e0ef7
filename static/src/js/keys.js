import { isTyping } from "./page.js";
import { openPalette } from "./palette.js";

const PREFIX_LIFE = 1200;
let prefix = null;

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
    if (openPalette()) event.preventDefault();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
  if (document.querySelector("dialog[open]")) return;
  if (prefix && Date.now() - prefix < PREFIX_LIFE) {
    prefix = null;
    const link = document.querySelector(`[data-key="${CSS.escape("g " + event.key)}"]`);
    if (link) {
      event.preventDefault();
      link.click();
      return;
    }
  }
  if (event.key === "g") prefix = Date.now();
  if (event.key === "/") {
    const filter = document.querySelector("[data-filter]");
    event.preventDefault();
    if (filter) {
      filter.focus();
      filter.select();
    } else openPalette();
  }
  if (event.key === "?") {
    const shortcuts = document.getElementById("shortcuts");
    if (shortcuts) {
      event.preventDefault();
      shortcuts.showModal();
    }
  }
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-shortcuts]")) document.getElementById("shortcuts")?.showModal();
});

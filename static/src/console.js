import htmx from "htmx.org";
import "./js/ceremonies.js";
import "./js/copy.js";
import "./js/dialog.js";
import "./js/editors.js";
import "./js/filters.js";
import "./js/keys.js";
import "./js/menus.js";
import "./js/navigation.js";
import "./js/palette.js";
import "./js/reveal.js";
import "./js/rows.js";
import "./js/rules.js";
import "./js/show-as.js";
import "./js/tables.js";
import "./js/tabs.js";
import "./js/times.js";
import "./js/tips.js";

document.documentElement.classList.add("js");
window.htmx = htmx;

// A refused or failed request still answers with markup that says why, so it is shown as any other.
htmx.config.responseHandling = [
  { code: "204", swap: false },
  { code: "...", swap: true },
];

import { whenPresent } from "./page.js";

// Where the tabs do not all fit, the chosen one is in view.
whenPresent(".tabs [aria-current]", (tab) => {
  const tabs = tab.parentElement;
  const own = tab.getBoundingClientRect();
  const all = tabs.getBoundingClientRect();
  const mark = () => {
    const at = Math.abs(tabs.scrollLeft); // counted downwards where one reads from the right
    tabs.toggleAttribute("data-scrolled", at > 1);
    tabs.toggleAttribute("data-ends", at + tabs.clientWidth > tabs.scrollWidth - 2);
  };
  tabs.addEventListener("scroll", mark, { passive: true });
  tabs.scrollLeft += Math.max(0, own.right + 24 - all.right) - Math.max(0, all.left + 24 - own.left);
  mark();
});

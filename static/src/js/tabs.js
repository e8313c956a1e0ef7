import { whenPresent } from "./page.js";

// Where the tabs do not all fit, the chosen one is in view.
whenPresent(".tabs [aria-current]", (tab) => {
  const tabs = tab.parentElement;
  const hidden = tab.getBoundingClientRect().right + 24 - tabs.getBoundingClientRect().right;
  if (hidden > 0) tabs.scrollLeft += hidden;
});

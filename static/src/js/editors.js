import { whenPresent } from "./page.js";

// The editor is large and only some pages edit policies: it comes when a page has one.
whenPresent("textarea[data-editor]", async (textarea) => {
  if (textarea.dataset.ready) return;
  textarea.dataset.ready = "1";
  const { mount } = await import(textarea.dataset.editor);
  mount(textarea);
});

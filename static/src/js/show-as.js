// "Show as" follows the form while it is open.
let waiting = 0;

function show(details) {
  clearTimeout(waiting);
  waiting = setTimeout(() => window.htmx.trigger(details.closest("#show-as"), "show"), 150);
}

document.addEventListener(
  "toggle",
  (event) => {
    if (event.target.matches?.("details.show-as") && event.target.open) show(event.target);
  },
  true,
);
document.addEventListener("input", (event) => {
  if (event.target.name === "show-as") return;
  const details = event.target.form?.querySelector("details.show-as[open]");
  if (details) show(details);
});

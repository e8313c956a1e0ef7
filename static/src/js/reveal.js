// A password that one types may be looked at; sent, it is a password to the browser again.
function show(button, visible) {
  const input = document.getElementById(button.dataset.reveal);
  if (!input) return;
  input.type = visible ? "text" : "password";
  button.setAttribute("aria-pressed", String(visible));
}
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-reveal]");
  if (button) show(button, button.getAttribute("aria-pressed") !== "true");
});
document.addEventListener("submit", (event) => {
  event.target.querySelectorAll("[data-reveal]").forEach((button) => show(button, false));
});

// The rules beside a new password, each ticked as soon as what is typed fulfils it. The characters
// that count are those of identities/passwords.py.
const classes = {
  upper: /[A-Z]/,
  lower: /[a-z]/,
  digit: /[0-9]/,
  symbol: /[!@#$%^&*()_+\-=[\]{}|']/,
};

function fulfils(text, { rule, least }) {
  if (rule === "length") return [...text].length >= Number(least);
  if (rule === "classes") return Object.values(classes).filter((one) => one.test(text)).length >= Number(least);
  return classes[rule].test(text);
}

document.addEventListener("input", ({ target }) => {
  for (const item of document.querySelectorAll(`[data-rules="${target.id}"] [data-rule]`)) {
    const holds = fulfils(target.value, item.dataset);
    const said = item.querySelector("[data-holds]");
    item.classList.toggle("holds", holds);
    said.textContent = holds ? said.dataset.holds : "";
  }
});

const palette = () => document.getElementById("palette");

/** Opens the palette; false on pages that have none. */
export function openPalette() {
  const box = palette();
  if (!box) return false;
  if (!box.open) {
    box.showModal();
    const input = box.querySelector("input");
    input.value = "";
    input.dispatchEvent(new Event("palette:open", { bubbles: true }));
  }
  return true;
}

const items = () => [...palette().querySelectorAll(".palette-item")];

function select(item) {
  const input = palette().querySelector("input");
  items().forEach((other) => other.setAttribute("aria-selected", String(other === item)));
  if (item) {
    input.setAttribute("aria-activedescendant", item.id);
    item.scrollIntoView({ block: "nearest" });
  } else input.removeAttribute("aria-activedescendant");
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-palette]") && openPalette()) event.preventDefault();
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "palette-results") select(items()[0]);
});

document.addEventListener("keydown", (event) => {
  const box = palette();
  if (!box?.open || !event.target.matches("#palette input")) return;
  const all = items();
  const at = all.findIndex((item) => item.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    const step = event.key === "ArrowDown" ? 1 : -1;
    select(all.at((at + step + all.length) % all.length));
  }
  if (event.key === "Enter" && all[at]) {
    event.preventDefault();
    all[at].click();
  }
});

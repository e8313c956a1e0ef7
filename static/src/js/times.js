// Keeps relative times true while a page stays open; the server writes the first ones.
const UNITS = [
  ["year", 31536000],
  ["month", 2592000],
  ["week", 604800],
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
];
const words = new Intl.RelativeTimeFormat(document.documentElement.lang || "en", { numeric: "auto" });

function refresh() {
  document.querySelectorAll("time[data-relative]").forEach((element) => {
    const exact = (Date.parse(element.dateTime) - Date.now()) / 1000;
    // As iamsite/console/times.py: a time to come is rounded up to the minute.
    const seconds = exact >= 60 ? Math.ceil(exact / 60) * 60 : exact;
    const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
    if (unit === "second") return;
    element.textContent = words.format(Math.trunc(seconds / size), unit);
  });
}
setInterval(refresh, 60_000);

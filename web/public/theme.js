// Before the first paint, so that a dark page does not flash white. A file of its own: inline scripts are forbidden.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("mantine-color-scheme-value");
  } catch {
    // Storage may be forbidden; the system's scheme it is.
  }
  const dark = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const scheme = chosen === "light" || chosen === "dark" ? chosen : dark;
  document.documentElement.setAttribute("data-mantine-color-scheme", scheme);
})();

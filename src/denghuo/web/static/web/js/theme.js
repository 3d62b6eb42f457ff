/* Runs before the first paint: when the visitor has not chosen, follow the system. */
(function () {
  var root = document.documentElement;
  if (!root.hasAttribute("data-theme-chosen")) {
    var dark = window.matchMedia && matchMedia("(prefers-color-scheme: dark)").matches;
    root.setAttribute("data-bs-theme", dark ? "dark" : "light");
  }
})();

// Light or dark: as chosen in the menu, else as the device says. Loaded before the page is drawn.
(() => {
  const device = matchMedia("(prefers-color-scheme: dark)");
  const show = () => {
    const chosen = localStorage.getItem("theme");
    document.documentElement.dataset.bsTheme = chosen || (device.matches ? "dark" : "light");
  };
  show();
  device.addEventListener("change", show);
  addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme]");
    if (!button) return;
    localStorage.setItem("theme", button.dataset.theme);
    show();
  });
})();

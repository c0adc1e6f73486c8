// What all staff pages share: the menu on small screens, and the keys.
(() => {
  const menu = document.getElementById("modules");
  const toggle = document.querySelector("[data-toggle-menu]");
  const shortcuts = document.getElementById("shortcuts");
  const SECOND_KEY = 1500; // milliseconds in which the letter after `g` is awaited
  let going = 0;

  toggle?.addEventListener("click", () => {
    const open = menu.classList.toggle("open");
    toggle.setAttribute("aria-expanded", String(open));
    if (open) menu.querySelector("a").focus();
  });

  const closeMenu = () => {
    menu.classList.remove("open");
    toggle.setAttribute("aria-expanded", "false");
    toggle.focus();
  };

  // What a key means here: an element to press, or nothing.
  const targetOf = (key) => {
    const go = going && Date.now() - going < SECOND_KEY;
    going = 0;
    if (go) return document.querySelector(`[data-go="${key}"]`);
    if (key === "g") going = Date.now();
    return document.querySelector(`[data-key="${key}"]`) ?? document.querySelector(`[data-key-else="${key}"]`);
  };

  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && menu?.classList.contains("open")) closeMenu();
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || shortcuts?.open) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    if (event.key === "?" && shortcuts) {
      event.preventDefault();
      shortcuts.showModal();
      return;
    }
    if (!/^[a-z/]$/.test(event.key)) return;
    const target = targetOf(event.key);
    if (!target) return;
    event.preventDefault();
    if (target.matches("input")) target.select();
    else target.click();
  });

  document.getElementById("problems")?.focus();
})();

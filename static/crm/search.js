// The search box in the top bar: a combobox over what /search/ suggests, which htmx fetches.
(() => {
  const box = document.querySelector("[data-search-box]");
  if (!box) return;
  const input = box.querySelector("input");
  const list = box.querySelector("[role=listbox]");
  let current = null;

  const options = () => [...list.querySelectorAll("[role=option]")];

  const point = (option) => {
    current?.setAttribute("aria-selected", "false");
    current = option ?? null;
    current?.setAttribute("aria-selected", "true");
    current?.scrollIntoView({ block: "nearest" });
    if (current) input.setAttribute("aria-activedescendant", current.id);
    else input.removeAttribute("aria-activedescendant");
  };

  const show = (open) => {
    list.hidden = !open;
    input.setAttribute("aria-expanded", String(open));
    if (!open) point(null);
  };

  const filled = () => options().length > 0 && input.value.trim() !== "";

  // An answer that was overtaken, or that comes when the person has gone on, is not shown.
  list.addEventListener("htmx:beforeSwap", (event) => {
    if (document.activeElement !== input || !input.value.trim()) event.detail.shouldSwap = false;
  });
  list.addEventListener("htmx:afterSwap", () => {
    point(null);
    show(filled());
  });

  input.addEventListener("input", () => {
    if (!input.value.trim()) show(false);
    else point(null);
  });
  input.addEventListener("focus", () => show(filled()));
  box.addEventListener("focusout", (event) => {
    if (!box.contains(event.relatedTarget)) show(false);
  });

  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return; // a Chinese or Japanese word is being put together
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && filled()) {
      event.preventDefault();
      if (list.hidden) return show(true);
      const all = options();
      const place = all.indexOf(current) + step;
      point(all[current || step > 0 ? (place + all.length) % all.length : all.length - 1]);
    } else if (event.key === "Enter" && current) {
      event.preventDefault();
      location.assign(current.href);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      show(false);
    }
  });
})();

// Lists: rows by keyboard, what is picked, panels above the rows, and the choice of columns.
(() => {
  const rows = () => [...document.querySelectorAll(".records tbody tr")];
  const linkOf = (row) => row.querySelector("th a");
  const boxOf = (row) => row.querySelector('input[name="record"]');

  // Picking rows: one box for all of the page, a range with Shift, and an event for who shows the number.
  const form = document.getElementById("rows");
  const all = form?.querySelector("[data-pick-all]");
  let last = null;
  const showPicked = () => {
    const boxes = rows().map(boxOf);
    const picked = boxes.filter((box) => box.checked).length;
    boxes.forEach((box) => box.closest("tr").classList.toggle("picked", box.checked));
    all.checked = picked > 0 && picked === boxes.length;
    all.indeterminate = picked > 0 && picked < boxes.length;
    form.dispatchEvent(new CustomEvent("picked", { bubbles: true, detail: { count: picked } }));
  };
  const pickRange = (to) => {
    const boxes = rows().map(boxOf);
    const [start, end] = [boxes.indexOf(last), boxes.indexOf(to)].sort((a, b) => a - b);
    if (start >= 0) boxes.slice(start, end + 1).forEach((box) => (box.checked = to.checked));
  };
  if (form && all) {
    all.hidden = false;
    all.addEventListener("change", () => {
      rows().forEach((row) => (boxOf(row).checked = all.checked));
      showPicked();
    });
    form.addEventListener("click", (event) => {
      if (!event.target.matches('input[name="record"]')) return;
      if (event.shiftKey && last) pickRange(event.target);
      last = event.target;
      showPicked();
    });
    showPicked(); // the browser keeps ticks when somebody comes back
  }

  // j and k go from row to row, x picks; Enter opens, since the focus is on the link.
  const moveTo = (step) => {
    const every = rows();
    const here = every.indexOf(document.activeElement?.closest(".records tbody tr"));
    const next = every[here < 0 ? 0 : Math.min(Math.max(here + step, 0), every.length - 1)];
    if (!next) return;
    linkOf(next).focus();
    next.scrollIntoView({ block: "nearest" });
  };
  const keys = {
    j: () => moveTo(1),
    k: () => moveTo(-1),
    x: () => document.activeElement?.closest(".records tbody tr")?.querySelector('input[name="record"]').click(),
  };
  addEventListener("keydown", (event) => {
    const box = event.target.closest?.('.records input[type="checkbox"]');
    if (event.key === "Enter" && box) {
      event.preventDefault(); // it would send the form
      box.closest("tbody tr")?.querySelector("th a").click();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (!box && event.target.closest("input, textarea, select, [contenteditable], dialog")) return;
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });

  // Panels open in place, take the focus, and give it back.
  const panel = document.getElementById("panel");
  let opener = null;
  const close = () => {
    panel.replaceChildren();
    opener?.focus();
  };
  addEventListener("click", (event) => {
    const opening = event.target.closest("[data-panel]");
    if (opening) opener = opening.closest(".dropdown")?.querySelector("[data-bs-toggle]") ?? opening;
    if (opener && event.target.closest("[data-close-panel]")) {
      event.preventDefault();
      close();
    }
  });
  panel?.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || !opener) return;
    close();
  });
  const arrange = () => {
    const chooser = panel.querySelector("[data-columns]");
    if (chooser) makeSortable(chooser);
    const ordering = panel.querySelector("[data-ordering]");
    if (ordering) makeOrdering(ordering);
    panel.querySelectorAll("[data-groups]").forEach(showGroups);
  };
  panel?.addEventListener("htmx:afterSwap", (event) => {
    if (event.target !== panel) return;
    arrange();
    panel.querySelector("#panel-title")?.focus();
  });

  // Columns: dragged or moved by buttons, and moved over when they are ticked; the numbers follow.
  const makeSortable = (chooser) => {
    const shown = chooser.querySelector("[data-columns-shown]");
    const more = chooser.querySelector("[data-columns-more]");
    const number = () => {
      [...shown.children].forEach((item, place) => (item.querySelector(".order").value = place + 1));
      chooser.querySelectorAll(".order").forEach((input) => (input.hidden = true));
      chooser.querySelectorAll("[data-move], .drag").forEach((part) => (part.hidden = !shown.contains(part)));
    };
    chooser.querySelector("[data-hint]").hidden = true;
    chooser.addEventListener("change", (event) => {
      if (event.target.name !== "show") return;
      const item = event.target.closest("li");
      if (event.target.checked) shown.append(item);
      else more.prepend(item);
      number();
      event.target.focus();
    });
    shown.addEventListener("click", (event) => {
      const button = event.target.closest("[data-move]");
      if (button) moveBy(button, number);
    });
    makeDraggable(shown, number);
    number();
  };
  const moveBy = (button, moved) => {
    const item = button.closest("li");
    const up = button.dataset.move === "-1";
    const other = up ? item.previousElementSibling : item.nextElementSibling;
    if (!other) return;
    item.parentElement.insertBefore(up ? item : other, up ? other : item);
    moved();
    button.focus();
    item.scrollIntoView({ block: "nearest" });
  };
  const makeDraggable = (list, moved) => {
    if (window.Sortable) window.Sortable.create(list, { handle: ".drag", animation: 120, ghostClass: "moving", onSort: moved });
  };

  // Views: dragged or moved by buttons, and stored when the form is sent; without this, a button stores at once.
  const makeOrdering = (form) => {
    form.querySelectorAll(".drag").forEach((part) => (part.hidden = !window.Sortable));
    form.addEventListener("click", (event) => {
      const button = event.target.closest("[data-move]");
      if (!button) return;
      event.preventDefault();
      moveBy(button, () => {});
    });
    makeDraggable(form.querySelector("ol"), () => {});
  };

  // Groups are asked for only where a view is shared with some.
  const showGroups = (groups) => {
    const form = groups.closest("form");
    const show = () => (groups.hidden = form.elements.sharing.value !== "groups");
    form.addEventListener("change", show);
    show();
  };
  if (panel?.firstElementChild) arrange();

  // On a phone, choosing a view is enough.
  const views = document.querySelector(".view-select");
  if (views) {
    views.querySelector("button").hidden = true;
    views.addEventListener("change", () => views.submit());
  }
})();

// Check boxes of rows: one that checks all of the page, as long as there is JavaScript.
(() => {
  for (const form of document.querySelectorAll("[data-picking]")) {
    const all = form.querySelector("[data-pick-all]");
    const boxes = [...form.querySelectorAll('input[name="ids"]')];
    all.closest("label").hidden = false;
    const show = () => {
      const checked = boxes.filter((box) => box.checked).length;
      all.checked = checked === boxes.length;
      all.indeterminate = checked > 0 && checked < boxes.length;
    };
    all.addEventListener("change", () => boxes.forEach((box) => (box.checked = all.checked)));
    form.addEventListener("change", show);
    show();
  }
})();

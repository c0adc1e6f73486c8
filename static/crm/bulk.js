// The bar of bulk actions: there when something is ticked, with how much.
(() => {
  const bar = document.querySelector("[data-bulk]");
  if (!bar) return;
  const count = bar.querySelector("[data-bulk-count]");
  const all = bar.querySelector("[data-bulk-all]");
  let picked = 0;
  const show = () => {
    bar.hidden = !picked && !all?.checked;
    count.textContent = all?.checked ? "" : `${picked} ${count.dataset.words}`;
  };
  document.getElementById("rows").addEventListener("picked", (event) => {
    picked = event.detail.count;
    if (!picked && all) all.checked = false;
    show();
  });
  all?.addEventListener("change", show);
  picked = document.querySelectorAll('#rows input[name="record"]:checked').length;
  show();
})();

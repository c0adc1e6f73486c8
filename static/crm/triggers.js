// Shows those settings of a rule's trigger that the chosen trigger takes.
(() => {
  const row = (name) => document.getElementById(`id_${name}`)?.closest(`.field-${name}`);

  function update(select) {
    const taken = JSON.parse(select.dataset.triggerSettings);
    const wanted = new Set(taken[select.value] ?? []);
    for (const name of new Set(Object.values(taken).flat())) {
      const found = row(name);
      if (found) found.hidden = !wanted.has(name);
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    for (const select of document.querySelectorAll("select[data-trigger-settings]")) {
      select.addEventListener("change", () => update(select));
      update(select);
    }
  });
})();

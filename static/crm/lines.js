// Rows of a quote or invoice: added and removed without asking the server; a chosen product fills its row.
(() => {
  for (const box of document.querySelectorAll("[data-lines]")) {
    const count = box.querySelector("[data-line-count]");
    const list = box.querySelector("[data-line-list]");
    const template = box.querySelector("[data-line-template]");

    box.querySelector("[data-add-line]").addEventListener("click", (event) => {
      event.preventDefault();
      const html = template.innerHTML.replaceAll("__place__", count.value);
      list.insertAdjacentHTML("beforeend", html);
      count.value = Number(count.value) + 1;
      const row = list.lastElementChild;
      row.setAttribute("aria-label", `${row.getAttribute("aria-label").trim()} ${count.value}`);
      row.dispatchEvent(new CustomEvent("line-added", { bubbles: true }));
      row.querySelector("input").focus();
    });

    list.addEventListener("change", (event) => {
      if (event.target.name?.endsWith("-remove")) {
        event.target.closest(".line").classList.toggle("removed", event.target.checked);
      }
    });

    list.addEventListener("chosen", async (event) => {
      const row = event.target.closest(".line");
      const currency = box.form?.elements.currency?.value || "";
      const address = box.dataset.terms.replace("/0/", `/${event.detail.id}/`);
      const answer = await fetch(`${address}?${new URLSearchParams({ currency })}`).catch(() => null);
      if (!answer?.ok || answer.redirected) return; // the server fills an empty price on saving
      const terms = await answer.json();
      for (const part of ["price", "tax", "text"]) fill(row.querySelector(`[name$="-${part}"]`), terms[part] || "");
    });

    // What the person typed stays; what another product had put there goes with it.
    const fill = (field, text) => {
      if (field.value && field.value !== field.dataset.filled) return;
      field.value = field.dataset.filled = text;
    };
  }
})();

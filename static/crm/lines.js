// Rows of a quote or invoice: added and removed without asking the server.
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
  }
})();

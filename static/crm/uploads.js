// Files of a record: dropped or chosen, refused here if too large, with progress while they are sent.
(() => {
  const form = () => document.querySelector("[data-upload]");
  const names = (files) => [...files].map((file) => file.name).join(", ");
  let request = null;

  const tooLarge = (box, files) => {
    const large = [...files].filter((file) => file.size > Number(box.dataset.mostBytes));
    const told = box.querySelector("[data-too-large]");
    told.hidden = !large.length;
    told.querySelector("[data-names]").textContent = names(large);
    return large.length > 0;
  };

  const send = (box) => {
    const field = box.querySelector("input[type=file]");
    if (!field.files.length) return;
    if (tooLarge(box, field.files)) field.value = "";
    else box.requestSubmit();
  };

  document.documentElement.classList.add("can-drop");

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-upload] input[type=file]")) send(form());
  });

  for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      const box = event.target.closest?.("#files")?.querySelector("[data-upload]");
      if (!box || !event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      box.classList.toggle("over", kind === "dragover");
      if (kind !== "drop") return;
      box.querySelector("input[type=file]").files = event.dataTransfer.files;
      send(box);
    });
  }

  const progress = (shown, percent) => {
    const line = form()?.querySelector("[data-progress]");
    if (!line) return;
    line.hidden = !shown;
    line.querySelector("progress").value = percent;
  };
  document.addEventListener("htmx:beforeSend", (event) => {
    if (!event.detail.elt.matches("[data-upload]")) return;
    request = event.detail.xhr;
    progress(true, 0);
  });
  document.addEventListener("htmx:xhr:progress", (event) => {
    const { loaded, total } = event.detail;
    if (event.target.matches?.("[data-upload]") && total) progress(true, (100 * loaded) / total);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt.matches("[data-upload]")) progress(false, 0);
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-abort]") || !request) return;
    request.isCancelled = true;
    request.abort();
    form().reset();
  });
})();

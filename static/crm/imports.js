// Imports: drop a file, see how far its upload is, and choose by touching what is chosen.
(() => {
  const begin = (form) => {
    const input = form.querySelector("input[type=file]");
    const problem = form.querySelector("[data-problem]");
    const drop = form.querySelector("[data-drop]");

    const tooBig = () => {
      const file = input.files[0];
      const big = Boolean(file) && file.size > Number(form.dataset.most) * 1024 * 1024;
      problem.hidden = !big;
      problem.textContent = big ? form.dataset.tooBig : "";
      return big;
    };

    const answered = (request) => {
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      const upload = page.querySelector("[data-upload]");
      if (!upload) return location.assign(request.responseURL || location.href);
      document.getElementById("content").replaceWith(page.getElementById("content"));
      document.getElementById("problems")?.focus();
      return begin(document.querySelector("[data-upload]"));
    };

    const send = (event) => {
      if (tooBig()) return event.preventDefault();
      if (!input.files.length) return undefined;
      event.preventDefault();
      const bar = form.querySelector("[data-progress]");
      const button = form.querySelector("button[type=submit]");
      const request = new XMLHttpRequest();
      bar.hidden = false;
      button.disabled = true;
      request.upload.addEventListener("progress", (now) => {
        if (now.lengthComputable) bar.value = Math.round((now.loaded / now.total) * 100);
      });
      request.addEventListener("load", () => answered(request));
      request.addEventListener("error", () => {
        bar.hidden = true;
        button.disabled = false;
        form.removeEventListener("submit", send);
        form.requestSubmit();
      });
      request.open("POST", location.href);
      return request.send(new FormData(form));
    };

    const over = (on) => (event) => {
      event.preventDefault();
      drop.classList.toggle("over", on);
    };
    for (const name of ["dragenter", "dragover"]) drop.addEventListener(name, over(true));
    for (const name of ["dragleave", "drop"]) drop.addEventListener(name, over(false));
    drop.addEventListener("drop", (event) => {
      if (!event.dataTransfer.files.length) return;
      input.files = event.dataTransfer.files;
      tooBig();
    });
    input.addEventListener("change", tooBig);
    form.addEventListener("submit", send);
  };

  const form = document.querySelector("[data-upload]");
  if (form) begin(form);

  for (const select of document.querySelectorAll("[data-chooses]")) {
    select.addEventListener("change", () => {
      document.querySelector(`input[name=owner][value=${select.dataset.chooses}]`).checked = true;
    });
  }
  for (const typed of document.querySelectorAll("[data-other]")) {
    typed.addEventListener("input", () => {
      if (typed.value) document.getElementById(typed.dataset.other).value = "other";
    });
  }
})();

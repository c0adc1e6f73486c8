// The record page: values edited in place, dialogs, and what is typed elsewhere kept when parts come anew.
(() => {
  // What came is alive at once: a key pressed in between would follow the link instead.
  htmx.config.defaultSettleDelay = 0;

  const dialog = document.getElementById("dialog");
  const byId = (id) => (id ? document.getElementById(id) : null);
  let sent = null; // what the answer that is being shown was asked by
  let opener = null; // what opened the dialog: its id, and what stands in for it when it is gone

  // --- a value is clicked, or a key pressed on it
  document.addEventListener("click", (event) => {
    const menu = document.querySelector("details.menu[open]");
    if (menu && !(menu.contains(event.target) && event.target.closest("summary"))) menu.open = false;
    if (!event.target.closest("a, button")) event.target.closest("#messages .alert")?.remove();
    if (event.target.closest("[data-close]") && dialog?.contains(event.target)) {
      event.preventDefault();
      return dialog.close();
    }
    const cell = event.target.closest(".cell.editable");
    if (!cell || event.target.closest("a, button, input, label") || String(getSelection())) return;
    cell.querySelector(".pencil").click();
  });

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented) return;
    const pencil = event.target.closest(".pencil");
    if (pencil && event.key === "e" && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      return pencil.click();
    }
    const editor = event.target.closest("[data-editor], .tag-form");
    if (event.key === "Escape") {
      const menu = event.target.closest("details.menu[open]");
      if (menu) {
        menu.open = false;
        menu.querySelector("summary").focus();
      } else if (editor) {
        event.preventDefault();
        cancel(editor);
      }
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("textarea")) {
      event.preventDefault();
      event.target.form?.requestSubmit();
    }
  });

  const cancel = (editor) => {
    if (editor.matches(".tag-form")) return restoreTag(editor);
    editor.querySelector("[data-cancel]")?.click();
  };

  // The link that opened the form for a tag comes back in its place.
  let tagLink = null;
  const restoreTag = (editor) => {
    if (!tagLink) return location.assign(editor.dataset.cancel); // on a page of its own
    editor.replaceWith(tagLink);
    htmx.process(tagLink);
    tagLink.focus();
  };

  // --- what comes from the server
  document.addEventListener("htmx:beforeRequest", (event) => {
    const from = event.detail.elt;
    if (event.detail.target?.id === "dialog-body" && !dialog?.open) opener = [from.id, from.dataset.return];
    if (from.id !== "add-tag") return;
    tagLink = from.cloneNode(true);
    tagLink.classList.remove("htmx-request");
  });

  // The element that gets the focus back when an answer to this one has been shown.
  const returnOf = (from) => {
    if (from.matches("[data-cancel]")) return byId(from.closest("form").dataset.return);
    if (from.matches("form[data-return]")) return byId(from.dataset.return);
    return from.closest(".chips, .older") ? byId(from.id) : null;
  };

  // Requests may overtake each other: what an answer belongs to is known when it is about to be shown.
  document.addEventListener("htmx:beforeSwap", (event) => {
    sent = event.detail.requestConfig?.elt;
  });

  const isInUse = (element) =>
    element.querySelector("[data-editor], .tag-form") || element.contains(document.activeElement) || isDirty(element);

  const isDirty = (element) => {
    const fields = [...element.querySelectorAll("input:not([type=hidden]):not([type=file]), textarea, select")];
    return fields.some((field) =>
      field.matches("select")
        ? [...field.options].some((option) => option.selected !== option.defaultSelected)
        : field.value !== field.defaultValue || field.checked !== field.defaultChecked,
    );
  };

  // What somebody is typing elsewhere on the page stays when its part comes anew.
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    for (const kept of event.target.querySelectorAll("[data-keep]")) {
      const place = event.detail.fragment.querySelector(`#${CSS.escape(kept.id)}`);
      if (place && isInUse(kept) && !(sent && (kept === sent || kept.contains(sent)))) place.replaceWith(kept);
    }
  });

  document.addEventListener("htmx:load", (event) => {
    const root = event.detail.elt;
    if (root.closest?.("[data-keep], #dialog, #tag-editor")) {
      const first = root.querySelector("[aria-invalid=true]") || root.querySelector("[data-first]") || control(root);
      first?.focus();
      if (first?.matches("textarea")) first.setSelectionRange(first.value.length, first.value.length);
      else if (first?.matches("input:not([type=checkbox]):not([type=radio])")) first.select();
    }
  });
  const control = (root) => root.querySelector("[data-editor] :is(input, select, textarea, fieldset):not([type=hidden])");

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target?.id === "dialog-body" && dialog && !dialog.open) dialog.showModal();
  });

  document.addEventListener("htmx:afterRequest", (event) => {
    const answer = event.detail.xhr;
    const from = event.detail.requestConfig.elt; // it may have left the page in the meantime
    if (answer?.isCancelled) return;
    if (event.detail.failed || !answer?.status) return wentWrong();
    if (answer.status < 300) {
      if (answer.getResponseHeader("HX-Reswap") === "none" && !byId("record-side")) return location.reload();
      if (dialog?.open && answer.getResponseHeader("HX-Reswap") === "none") dialog.close();
      if (!dialog?.open && !document.querySelector("[data-keep]:focus-within")) returnOf(from)?.focus();
      if (from.id === "note-new" && from.isConnected) from.reset();
    }
    fade();
  });

  // What went well needs no answer; it is in the timeline too.
  const fade = () => {
    for (const told of document.querySelectorAll("#messages .alert-success:not(:has(a, button))")) {
      setTimeout(() => told.remove(), 8000);
    }
  };
  fade();

  const wentWrong = () => {
    const text = document.getElementById("went-wrong");
    const box = document.getElementById("messages");
    if (!text || !box) return;
    const alert = document.createElement("div");
    alert.className = "alert alert-danger py-2";
    alert.textContent = text.content.textContent;
    box.replaceChildren(alert);
  };

  dialog?.addEventListener("close", () => {
    document.getElementById("dialog-body").replaceChildren();
    const back = byId(opener?.[0]) || byId(opener?.[1]);
    (back?.closest("details.menu")?.querySelector("summary") || back)?.focus();
  });
  dialog?.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
})();

// Actions in the admin: fields that fit the chosen kind, and rows that move up and down.
// The server renders all of it, as it does without JavaScript; this only asks and puts the answer in place.
(() => {
  const ready = new WeakSet();
  const asking = new WeakMap();

  const editors = () => [...document.querySelectorAll("[data-action-editor]")];
  const editorOf = (element) => element.closest("[data-action-editor]");
  const controls = (editor) => [...editor.querySelectorAll("input[name], select[name], textarea[name]")];

  function moduleOf(editor) {
    const open = editor.dataset.actionModuleControl;
    return (open && editor.closest("form")?.elements[open]?.value) || editor.dataset.actionModule;
  }

  function posted(editor) {
    const data = new URLSearchParams();
    const kind = editor.closest("form")?.elements[editor.dataset.actionKind];
    if (kind) data.append(kind.name, kind.value);
    for (const control of controls(editor)) {
      if (!["checkbox", "radio"].includes(control.type) || control.checked) data.append(control.name, control.value);
    }
    return data;
  }

  // A new request takes over from the one before; what is typed in the meantime is asked again.
  async function reload(editor) {
    asking.get(editor)?.abort();
    const request = new AbortController();
    asking.set(editor, request);
    const module = moduleOf(editor);
    if (!module) return;
    const form = editor.closest("form");
    const query = new URLSearchParams({ module, name: editor.dataset.actionName, part: editor.dataset.actionPart });
    const headers = { "X-CSRFToken": form.querySelector("[name=csrfmiddlewaretoken]").value };
    try {
      let data, text;
      do {
        data = posted(editor);
        const answer = await fetch(`${editor.dataset.actionEditor}?${query}`, {
          method: "POST", body: data, headers, signal: request.signal,
        });
        if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
        text = await answer.text();
      } while (posted(editor).toString() !== data.toString());
      replace(editor, text);
    } catch (problem) {
      if (problem.name !== "AbortError") console.warn(problem); // what was typed stays; the next choice asks again
    }
  }

  function replace(editor, text) {
    const template = document.createElement("template");
    template.innerHTML = text;
    const fresh = template.content.querySelector("[data-action-editor]");
    if (editor.dataset.actionModuleControl) fresh.dataset.actionModuleControl = editor.dataset.actionModuleControl;
    const focus = document.activeElement?.id;
    editor.replaceWith(fresh);
    start(fresh);
    if (focus && document.activeElement?.id !== focus) document.getElementById(focus)?.focus();
  }

  // The admin builds the HTML of rows anew when one is removed: what was typed must be in the attributes.
  function mirror(row) {
    for (const control of controls(row)) {
      if (control.type === "checkbox" || control.type === "radio") control.toggleAttribute("checked", control.checked);
      else if (control.tagName === "SELECT")
        for (const option of control.options) option.toggleAttribute("selected", option.selected);
      else if (control.tagName === "TEXTAREA") control.textContent = control.value;
      else control.setAttribute("value", control.value);
    }
  }

  // Without JavaScript the button asks for other fields; with it, Enter shall save instead.
  function start(editor) {
    if (ready.has(editor)) return;
    ready.add(editor);
    for (const dead of editor.querySelectorAll(".lookup > ul")) dead.remove();
    editor.classList.add("criteria-live");
    editor.querySelector("[data-action-show]")?.setAttribute("type", "button");
    editor.dispatchEvent(new CustomEvent("line-added", { bubbles: true })); // starts its lookups
    mirror(editor);
    if (!editor.dataset.actionModule && moduleOf(editor)) reload(editor);
  }

  const rowOf = (element) => element.closest(".form-group");
  const rowsOf = (formset) => [...formset.querySelectorAll(":scope > .form-group:not(.empty-form)")];
  const place = (row) => row.querySelector(":scope > .form-row [data-action-place] input");

  // Rows keep their names, since stored ones are known by them; the numbers say the order.
  function move(button) {
    const row = rowOf(button);
    const rows = rowsOf(row.parentElement);
    const other = rows[rows.indexOf(row) + (button.dataset.actionMove === "up" ? -1 : 1)];
    if (!other) return;
    if (button.dataset.actionMove === "up") other.before(row);
    else other.after(row);
    number(row.parentElement);
    button.focus();
  }

  function number(formset) {
    rowsOf(formset).forEach((row, index) => {
      const control = place(row);
      if (!control) return;
      control.value = index + 1;
      mirror(row);
    });
  }

  const indexOf = (row) => Number(/-(\d+)-position$/.exec(place(row)?.name || "")?.[1] ?? -1);

  function sort(formset, key) {
    const end = formset.querySelector(":scope > .empty-form");
    for (const row of rowsOf(formset).sort((one, other) => key(one) - key(other))) end?.before(row);
  }

  function scan() {
    for (const editor of editors()) {
      if (!editor.dataset.actionName.includes("__prefix__") && !ready.has(editor)) start(editor);
    }
    for (const button of document.querySelectorAll("[data-action-move][hidden]")) button.hidden = false;
  }

  document.addEventListener("change", (event) => {
    const form = event.target.closest("form");
    for (const editor of editors()) {
      const open = editor.dataset.actionModuleControl;
      const isModule = open && form?.elements[open] === event.target;
      if (!editor.dataset.actionName.includes("__prefix__") && (event.target.name === editor.dataset.actionKind || isModule))
        reload(editor);
    }
    const inside = editorOf(event.target);
    if (inside && event.target.matches("[data-action-shape]")) reload(inside);
    const row = rowOf(event.target);
    if (row) mirror(row);
  });

  document.addEventListener("chosen", (event) => {
    const editor = editorOf(event.target);
    if (editor) mirror(editor);
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-action-move]");
    if (button) move(button);
  });

  // The admin counts rows as they stand: before one is removed they stand by their names, afterwards by number.
  document.addEventListener(
    "click",
    (event) => {
      const formset = event.target.closest(".delete-template")?.closest(".formset");
      if (!formset || !rowsOf(formset).some((row) => place(row))) return;
      for (const row of rowsOf(formset)) mirror(row);
      sort(formset, indexOf);
      setTimeout(() => {
        sort(formset, (row) => Number(place(row)?.value || 0));
        for (const add of formset.querySelectorAll(".add-row")) {
          add.removeEventListener("click", window.addInlineTemplateHandler);
          add.addEventListener("click", window.addInlineTemplateHandler);
        }
      });
    },
    true,
  );

  document.addEventListener("formset:added", (event) => {
    const formset = event.target.closest(".formset");
    if (formset) number(formset);
  });

  scan();
  new MutationObserver(scan).observe(document.documentElement, { childList: true, subtree: true });
})();

// The criteria editor: controls that fit what is chosen, messages, words and a count as somebody types.
// The server renders all of it, as it does without JavaScript; this only asks and puts the answer in place.
(() => {
  const WAIT = 300; // milliseconds after the last key
  const ready = new WeakSet();
  const asking = new WeakMap(); // per editor: the timer and the requests under way

  const editorOf = (element) => element.closest("[data-criteria]");
  const rowsOf = (editor) => [...editor.querySelectorAll("[data-criteria-row]")];
  const controlsOf = (editor) => [...editor.querySelectorAll("input[name], select[name], textarea[name]")];
  const nameOf = (editor) => editor.querySelector("[data-criteria-rows]").name.slice(0, -"-rows".length);

  function posted(editor) {
    const data = new URLSearchParams();
    for (const control of controlsOf(editor)) {
      if (!["checkbox", "radio"].includes(control.type) || control.checked) data.append(control.name, control.value);
    }
    return data;
  }

  async function post(editor, address, data, signal) {
    const form = editor.closest("form");
    const token = editor.dataset.criteriaToken || form?.querySelector("[name=csrfmiddlewaretoken]")?.value || "";
    const query = new URLSearchParams(editor.dataset.criteriaOptions);
    query.set("name", nameOf(editor));
    const headers = { "X-CSRFToken": token };
    const answer = await fetch(`${address}?${query}`, { method: "POST", body: data, headers, signal });
    if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
    return answer.text();
  }

  async function rendered(editor, data, signal) {
    const template = document.createElement("template");
    template.innerHTML = await post(editor, editor.dataset.criteriaEditor, data, signal);
    const answer = template.content.querySelector("[data-criteria]");
    if (editor.dataset.criteriaModule) answer.dataset.criteriaModule = editor.dataset.criteriaModule;
    return answer;
  }

  // The answer to what is there when it comes: whatever was typed in the meantime is asked again.
  async function settled(editor, signal, extra = {}) {
    let before, answer;
    do {
      const data = posted(editor);
      before = data.toString();
      for (const [key, value] of Object.entries(extra)) data.set(`${nameOf(editor)}-${key}`, value);
      answer = await rendered(editor, data, signal);
    } while (posted(editor).toString() !== before);
    return answer;
  }

  // A new request takes over from the one before; `rows` are those that get other controls.
  function begin(editor, rows = null) {
    const before = asking.get(editor);
    clearTimeout(before?.timer);
    before?.request?.abort();
    const state = { request: new AbortController(), rows };
    asking.set(editor, state);
    return state;
  }

  // What the whole says: messages, numbers, words; then the count, which may take longer.
  function tell(editor, answer) {
    const active = document.activeElement?.closest("[data-criteria-row]");
    const rows = rowsOf(editor);
    rowsOf(answer).forEach((row, place) => {
      const here = rows[place];
      if (!here) return;
      copy(here, row, "[data-criteria-number]");
      here.setAttribute("aria-label", row.getAttribute("aria-label"));
      const typing = here === active && !here.dataset.criteriaLeft;
      if (typing && row.querySelector(".criteria-error")) return;
      here.classList.toggle("criteria-wrong", row.classList.contains("criteria-wrong"));
      copy(here, row, "[data-criteria-errors]");
    });
    for (const part of ["[data-criteria-general]", "[data-criteria-words]"]) copy(editor, answer, part);
    const pattern = editor.querySelector("[data-criteria-pattern]");
    if (pattern !== document.activeElement) pattern.value = answer.querySelector("[data-criteria-pattern]").value;
    mirror(editor);
  }

  function copy(to, from, part) {
    const target = to.querySelector(part);
    const html = from.querySelector(part).innerHTML;
    if (target.innerHTML !== html) target.innerHTML = html;
  }

  async function count(editor, answer, state) {
    const place = editor.querySelector("[data-criteria-matching]");
    const known = rowsOf(answer).some((row) => row.querySelector("[data-criteria-number]").textContent.trim());
    if (!known || answer.querySelector(".criteria-error")) {
      place.textContent = "";
      return;
    }
    place.innerHTML = await post(editor, editor.dataset.criteriaCount, posted(editor), state.request.signal);
  }

  async function live(editor) {
    if (!editor.isConnected || asking.get(editor)?.rows) return; // replaced, or asked anew until it is settled
    const state = begin(editor);
    await attempt(state, async () => {
      const answer = await settled(editor, state.request.signal);
      tell(editor, answer);
      await count(editor, answer, state);
    });
  }

  function later(editor) {
    const state = asking.get(editor) || {};
    clearTimeout(state.timer);
    state.timer = setTimeout(() => live(editor), WAIT);
    asking.set(editor, state);
  }

  // Conditions with other controls: only these are replaced, so that nothing typed elsewhere is lost.
  async function reshape(editor, row) {
    const state = begin(editor, new Set([...(asking.get(editor)?.rows || []), row]));
    await attempt(state, async () => {
      const answer = await settled(editor, state.request.signal);
      const focus = document.activeElement.id;
      const old = rowsOf(editor);
      rowsOf(answer).forEach((fresh, place) => {
        if (state.rows.has(old[place])) old[place].replaceWith(fresh.cloneNode(true));
      });
      state.rows = null;
      tell(editor, answer);
      start(editor);
      if (focus && document.activeElement.id !== focus) refocus(document.getElementById(focus));
      await count(editor, answer, state);
    });
  }

  function refocus(control) {
    control?.focus();
    if (control?.type === "text") control.setSelectionRange(control.value.length, control.value.length);
  }

  // More or fewer conditions: all of it is replaced.
  async function rebuild(editor, extra, focus) {
    const state = begin(editor, new Set());
    await attempt(state, async () => {
      const answer = await settled(editor, state.request.signal, extra);
      const matching = editor.querySelector("[data-criteria-matching]").innerHTML;
      editor.replaceWith(answer);
      start(answer);
      answer.querySelector("[data-criteria-matching]").innerHTML = matching;
      focus(answer)?.focus();
      if (!("add" in extra)) live(answer);
    });
  }

  async function attempt(state, work) {
    try {
      await work();
    } catch (problem) {
      if (problem.name !== "AbortError") console.warn(problem); // what was typed stays; the next key asks again
    } finally {
      state.rows = null;
    }
  }

  // Where a page builds its HTML anew, as the admin does with rows, what was typed must be in the attributes.
  function mirror(editor) {
    for (const control of controlsOf(editor)) {
      if (control.type === "checkbox" || control.type === "radio") control.toggleAttribute("checked", control.checked);
      else if (control.tagName === "SELECT")
        for (const option of control.options) option.toggleAttribute("selected", option.selected);
      else if (control.tagName === "TEXTAREA") control.textContent = control.value;
      else control.setAttribute("value", control.value);
    }
  }

  function start(editor) {
    if (!ready.has(editor)) {
      if (editor.dataset.criteriaReady) strip(editor);
      ready.add(editor);
      editor.dataset.criteriaReady = "1";
      editor.classList.add("criteria-live");
      if (editor.hasAttribute("data-criteria-plain")) trim(editor);
    }
    editor.dispatchEvent(new CustomEvent("line-added", { bubbles: true })); // starts its lookups and pickers
    mirror(editor);
  }

  // The empty condition at the end is for those without JavaScript; alone it invites to begin.
  function trim(editor) {
    const rows = rowsOf(editor);
    if (rows.length > 1 && !rows.at(-1).querySelector("[data-criteria-choice]").value) rows.at(-1).remove();
    const count = editor.querySelector("[data-criteria-rows]");
    count.value = rowsOf(editor).length;
    editor.removeAttribute("data-criteria-plain");
    if (count.value < 2 && !editor.querySelector('[value="own"]:checked, [value="any"]:checked'))
      editor.querySelector("[data-criteria-match]").hidden = true;
  }

  // The page took a copy of its HTML: lists and search fields in it are dead.
  function strip(editor) {
    for (const dead of editor.querySelectorAll(".criteria-search, .criteria-list, .lookup > ul")) dead.remove();
    for (const select of editor.querySelectorAll("[data-criteria-choice]")) {
      select.hidden = false;
      editor.querySelector(`label[for="${select.id}-search"]`).htmlFor = select.id;
    }
  }

  // In the admin the module is chosen in the same form, and the conditions are about that one.
  async function ofModule(editor, module) {
    for (const part of ["criteriaEditor", "criteriaFields", "criteriaCount"]) {
      editor.dataset[part] = editor.dataset[part].replace(/\/criteria\/[^/]+\//, `/criteria/${module}/`);
    }
    const state = begin(editor, new Set());
    await attempt(state, async () => {
      const answer = await settled(editor, state.request.signal);
      editor.replaceWith(answer);
      start(answer);
    });
  }

  function moduleOf(editor) {
    return editor.closest("form")?.elements[editor.dataset.criteriaModule];
  }

  function scan() {
    for (const editor of document.querySelectorAll("[data-criteria]")) {
      if (ready.has(editor) || nameOf(editor).includes("__prefix__")) continue;
      start(editor);
      const module = editor.hasAttribute("data-criteria-waiting") && moduleOf(editor)?.value;
      if (module) ofModule(editor, module);
    }
  }

  document.addEventListener("input", (event) => {
    const editor = editorOf(event.target);
    if (editor && event.target.name) later(editor);
  });

  document.addEventListener("change", (event) => {
    const editor = editorOf(event.target);
    for (const one of document.querySelectorAll("[data-criteria-module]")) {
      if (moduleOf(one) === event.target && event.target.value) ofModule(one, event.target.value);
    }
    if (!editor || !event.target.name) return;
    const row = event.target.closest("[data-criteria-row]");
    const shapes = event.target.matches("[data-criteria-choice], [data-criteria-shape]");
    if (row && (shapes || event.target.closest(".criteria-chip"))) reshape(editor, row);
    else later(editor);
  });

  document.addEventListener("chosen", (event) => {
    const editor = editorOf(event.target);
    if (!editor) return;
    const several = event.target.closest("[data-criteria-chosen]");
    if (several) reshape(editor, event.target.closest("[data-criteria-row]"));
    else later(editor);
  });

  document.addEventListener("focusout", (event) => {
    const row = event.target.closest("[data-criteria-row]");
    if (!row || row.contains(event.relatedTarget) || !row.isConnected) return;
    row.dataset.criteriaLeft = "1"; // from now on its mistakes are told at once
    if (row.querySelector("[data-criteria-choice]").value) later(editorOf(row));
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-criteria-add], [data-criteria-remove], [data-criteria-default]");
    const editor = button && editorOf(button);
    if (!editor) return;
    event.preventDefault();
    if (button.matches("[data-criteria-default]")) editor.closest("form").requestSubmit();
    else if (button.matches("[data-criteria-add]"))
      rebuild(editor, { add: "1" }, (fresh) => fresh.querySelector("[data-criteria-row]:last-child .criteria-search"));
    else {
      const place = rowsOf(editor).indexOf(button.closest("[data-criteria-row]"));
      const next = (fresh) => rowsOf(fresh)[place]?.querySelector("[data-criteria-remove]");
      rebuild(editor, { remove: place }, (fresh) => next(fresh) || fresh.querySelector("[data-criteria-add]"));
    }
  });

  scan();
  new MutationObserver(scan).observe(document.documentElement, { childList: true, subtree: true });
})();

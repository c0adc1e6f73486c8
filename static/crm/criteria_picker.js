// A select of fields becomes a search over all of them, those behind several links included.
(() => {
  const WAIT = 150; // milliseconds after the last key
  const started = new WeakSet();
  let serial = 0;

  class Picker {
    constructor(box) {
      this.select = box.querySelector("[data-criteria-choice]");
      this.like = box.dataset.criteriaPicker;
      this.input = document.createElement("input");
      this.list = document.createElement("ul");
      this.list.id = `criteria-fields-${++serial}`;
      this.dress();
      box.append(this.input, this.list);
      this.label();
      this.input.addEventListener("input", () => this.typed());
      this.input.addEventListener("click", () => this.list.hidden && this.ask(""));
      this.input.addEventListener("keydown", (event) => this.key(event));
      this.input.addEventListener("blur", () => this.close());
      this.list.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        this.choose(event.target.closest("[data-path]"));
      });
    }

    dress() {
      const old = this.select;
      const label = old.labels[0];
      this.input.className = "form-control criteria-input criteria-search";
      this.input.id = `${old.id}-search`;
      this.input.autocomplete = "off";
      this.input.placeholder = [...old.options].find((option) => !option.value)?.label || "";
      const attributes = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false" };
      attributes["aria-controls"] = this.list.id;
      attributes["aria-describedby"] = old.getAttribute("aria-describedby");
      for (const [name, value] of Object.entries(attributes)) this.input.setAttribute(name, value);
      this.list.className = "criteria-list";
      this.list.setAttribute("role", "listbox");
      this.list.setAttribute("aria-label", label.textContent.trim());
      this.list.hidden = old.hidden = true;
      label.htmlFor = this.input.id;
    }

    label() {
      this.input.value = this.input.title = this.select.value ? this.select.selectedOptions[0].label : "";
    }

    get options() {
      return [...this.list.querySelectorAll("[data-path]")];
    }

    typed() {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.ask(this.input.value), WAIT);
    }

    async ask(text) {
      this.latest?.abort();
      this.latest = new AbortController();
      const editor = this.input.closest("[data-criteria]");
      const query = new URLSearchParams(editor.dataset.criteriaOptions);
      for (const [name, value] of [["q", text], ["list", this.list.id], ["like", this.like]]) query.set(name, value);
      try {
        const answer = await fetch(`${editor.dataset.criteriaFields}?${query}`, { signal: this.latest.signal });
        if (!answer.ok || answer.redirected || document.activeElement !== this.input) return;
        this.list.innerHTML = await answer.text();
      } catch {
        return; // overtaken by the next key, or no network
      }
      this.open(text);
    }

    open(text) {
      this.list.hidden = false;
      this.input.setAttribute("aria-expanded", "true");
      const chosen = text ? null : this.options.find((option) => option.dataset.path === this.select.value);
      this.point(chosen || this.options[0]);
      this.list.scrollIntoView({ block: "nearest" });
      if (!text) this.input.select();
    }

    point(option) {
      this.current?.setAttribute("aria-selected", "false");
      this.current = option;
      option?.setAttribute("aria-selected", "true");
      if (option === this.options[0]) this.list.scrollTop = 0;
      else option?.scrollIntoView({ block: "nearest" });
      if (option) this.input.setAttribute("aria-activedescendant", option.id);
      else this.input.removeAttribute("aria-activedescendant");
    }

    key(event) {
      if (this.list.hidden) {
        if (event.key !== "ArrowDown") return;
        event.preventDefault();
        this.ask("");
        return;
      }
      const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
      if (step && this.options.length) {
        event.preventDefault();
        const place = this.options.indexOf(this.current) + step;
        const end = Math.abs(step) > 1 ? Math.max(0, Math.min(this.options.length - 1, place)) : place;
        this.point(this.options[(end + this.options.length) % this.options.length]);
      } else if (event.key === "Enter") {
        event.preventDefault();
        this.choose(this.current);
      } else if (event.key === "Escape") {
        event.preventDefault();
        event.stopPropagation();
        this.close();
      }
    }

    choose(option) {
      if (!option) return;
      const { path, label } = option.dataset;
      if (![...this.select.options].some((known) => known.value === path)) this.select.add(new Option(label, path));
      const changed = this.select.value !== path;
      this.select.value = path;
      this.close();
      if (changed) this.select.dispatchEvent(new Event("change", { bubbles: true }));
    }

    close() {
      clearTimeout(this.timer);
      this.latest?.abort();
      this.list.hidden = true;
      this.list.replaceChildren();
      this.input.setAttribute("aria-expanded", "false");
      this.point(null);
      this.label();
    }
  }

  document.addEventListener("line-added", (event) => {
    for (const box of event.target.querySelectorAll("[data-criteria-picker]")) {
      if (!started.has(box)) new Picker(box);
      started.add(box);
    }
  });
})();

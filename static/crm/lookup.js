// Fields in which a record is looked up by name: a combobox over the answers of /lookup/.
(() => {
  const WAIT = 150; // milliseconds after the last key
  let serial = 0;

  class Lookup {
    constructor(box) {
      this.box = box;
      this.name = box.querySelector("[data-lookup-name]");
      this.id = box.querySelector("[data-lookup-id]");
      this.module = box.querySelector("[data-lookup-module]");
      this.list = document.createElement("ul");
      this.list.id = `lookup-${++serial}`;
      this.list.setAttribute("role", "listbox");
      this.list.setAttribute("aria-label", this.name.labels[0]?.textContent.trim() || "");
      this.list.hidden = true;
      this.name.setAttribute("role", "combobox");
      this.name.setAttribute("aria-autocomplete", "list");
      this.name.setAttribute("aria-controls", this.list.id);
      this.name.setAttribute("aria-expanded", "false");
      this.name.after(this.list);
      this.name.addEventListener("input", () => this.typed());
      this.name.addEventListener("keydown", (event) => this.key(event));
      this.name.addEventListener("blur", () => this.close());
      this.module?.addEventListener("change", () => this.clear());
      this.list.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        this.choose(event.target.closest("[data-id]"));
      });
    }

    get address() {
      return this.module ? this.module.selectedOptions[0].dataset.lookup : this.box.dataset.lookup;
    }

    clear() {
      this.id.value = this.name.value = "";
      this.close();
    }

    typed() {
      this.id.value = "";
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.ask(), WAIT);
    }

    async ask() {
      const text = this.name.value.trim();
      this.latest?.abort();
      if (!text || !this.address) return this.close();
      this.latest = new AbortController();
      const query = new URLSearchParams({ q: text, list: this.list.id });
      try {
        const answer = await fetch(`${this.address}?${query}`, { signal: this.latest.signal });
        if (!answer.ok || answer.redirected || document.activeElement !== this.name) return;
        this.list.innerHTML = await answer.text();
      } catch {
        return; // overtaken by the next key, or no network
      }
      this.list.hidden = false;
      this.name.setAttribute("aria-expanded", "true");
      this.point(this.options[0]);
    }

    get options() {
      return [...this.list.querySelectorAll("[data-id]")];
    }

    point(option) {
      this.current?.setAttribute("aria-selected", "false");
      this.current = option;
      option?.setAttribute("aria-selected", "true");
      option?.scrollIntoView({ block: "nearest" });
      if (option) this.name.setAttribute("aria-activedescendant", option.id);
      else this.name.removeAttribute("aria-activedescendant");
    }

    key(event) {
      if (this.list.hidden) {
        if (event.key === "ArrowDown") this.ask();
        return;
      }
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step && this.options.length) {
        event.preventDefault();
        const place = this.options.indexOf(this.current) + step;
        this.point(this.options[(place + this.options.length) % this.options.length]);
      } else if (event.key === "Enter" && this.current) {
        event.preventDefault();
        this.choose(this.current);
      } else if (event.key === "Escape") {
        event.preventDefault();
        this.close();
      }
    }

    choose(option) {
      if (!option) return;
      this.id.value = option.dataset.id;
      this.name.value = option.dataset.name;
      this.close();
      this.box.dispatchEvent(new CustomEvent("chosen", { bubbles: true, detail: { id: this.id.value } }));
    }

    close() {
      clearTimeout(this.timer);
      this.latest?.abort();
      this.list.hidden = true;
      this.name.setAttribute("aria-expanded", "false");
      this.point(null);
    }
  }

  const started = new WeakSet();
  const start = (root) =>
    root.querySelectorAll(".lookup").forEach((box) => {
      if (!started.has(box)) new Lookup(box);
      started.add(box);
    });
  start(document);
  document.addEventListener("line-added", (event) => start(event.target));
  document.addEventListener("htmx:load", (event) => start(event.detail.elt));
})();

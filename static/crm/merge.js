// Merging: whoever changes which record stays gets that one's values, but for fields already chosen by hand.
(() => {
  const form = document.getElementById("merge-form");
  if (!form) return;
  const chosen = new Set();
  // The radios do it; and Enter presses the first button of a form, even a hidden one.
  form.querySelectorAll("[data-keep-this]").forEach((button) => button.remove());

  const follow = (id) => {
    for (const radio of form.querySelectorAll(`input[name^="field-"][value="${id}"]:not([data-empty])`)) {
      if (!chosen.has(radio.name)) radio.checked = true;
    }
  };

  // Before htmx reads the form for the preview.
  form.addEventListener(
    "change",
    (event) => {
      if (event.target.name === "stays") follow(event.target.value);
      else chosen.add(event.target.name);
    },
    true,
  );
})();

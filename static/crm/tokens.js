// A button that copies the new token; without the clipboard it stays hidden, and the token is selected.
"use strict";
(() => {
  const button = document.querySelector("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  field.addEventListener("focus", () => field.select());
  if (!navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(field.value);
    button.querySelector("span").textContent = button.dataset.copied;
  });
})();

// The form of a record: leaving it with unsaved changes asks first, and it is sent only once.
(() => {
  const form = document.getElementById("record-form");
  if (!form) return;
  let sent = false;

  const isChanged = (field) => {
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (field.options) return field.selectedIndex !== Math.max(0, [...field.options].findIndex((one) => one.defaultSelected));
    return field.value !== field.defaultValue;
  };
  // Against what the server sent, not against a first look: somebody may type before the script is there.
  const isDirty = () =>
    "unsaved" in form.dataset || [...form.querySelectorAll("input, select, textarea")].some(isChanged);

  addEventListener("beforeunload", (event) => {
    if (!sent && isDirty()) event.preventDefault();
  });

  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  addEventListener("pageshow", () => {
    sent = false; // back from the next page
  });

  if (!document.getElementById("problems")) document.querySelector(".stopped")?.focus();
})();

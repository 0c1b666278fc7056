// The "show password" buttons of the account pages. Without this script they stay hidden and nothing is missing.
"use strict";

for (const button of document.querySelectorAll("button[data-reveal]")) {
  const input = document.getElementById(button.dataset.reveal);
  const icon = button.querySelector("use");
  button.hidden = false;

  const show = (shown) => {
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    icon.setAttribute("href", shown ? "#icon-eye-off" : "#icon-eye");
  };

  button.addEventListener("click", () => {
    show(input.type === "password");
    input.focus({ preventScroll: true });
  });
  // A password manager, and the form's history, should meet a password field.
  input.form?.addEventListener("submit", () => show(false));
}

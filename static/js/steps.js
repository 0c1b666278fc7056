// Long work in parts: the form is sent again and again until nothing is left, and the page shows how far it is.
// Without this script one request does it all.
"use strict";

for (const form of document.querySelectorAll("form[data-steps]")) {
  const total = Number(form.dataset.steps);
  const button = form.querySelector(".button-primary");
  const line = form.querySelector(".memory-progress");
  const bar = line.querySelector("progress");
  const broken = form.querySelector("[role=alert]");

  const step = async () => {
    const answer = await fetch(form.action, {
      method: "POST",
      headers: { Accept: "application/json" },
      body: new FormData(form),
    });
    if (!answer.ok) throw new Error(String(answer.status));
    const { left, next } = await answer.json();
    bar.value = total - left;
    if (next) location.assign(next);
    else await step();
  };

  form.addEventListener("submit", (event) => {
    if (event.submitter !== button) return;
    event.preventDefault();
    button.disabled = true;
    broken.hidden = true;
    line.hidden = false;
    step().catch(() => {
      button.disabled = false;
      broken.hidden = false;
    });
  });
}

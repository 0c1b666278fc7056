// Preferences: the text that is added to the prompt follows what is being written. Without this script a button shows it.
"use strict";

const form = document.getElementById("preferences");
const block = document.getElementById("text-added");
const button = form.querySelector("[data-preview]");
const PAUSE = 250;
let waiting = 0;
let asked = 0;

const show = async () => {
  const number = ++asked;
  const data = new FormData(form);
  data.set("preview", "1");
  const answer = await fetch(form.action, { method: "POST", headers: { Accept: "application/json" }, body: data });
  // A text that is too long is refused when it is saved; until then the last one that fitted stays.
  if (!answer.ok || number !== asked) return;
  const { text } = await answer.json();
  block.textContent = text || block.dataset.empty;
};

button.hidden = true;
form.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => void show().catch(() => undefined), PAUSE);
});

// Choosing several rows of a list: how many are chosen, and all of the page at once. Without this script the boxes and
// the verbs work all the same.
"use strict";

for (const rows of document.querySelectorAll(".memory-rows")) {
  const boxes = [...rows.querySelectorAll("input[type=checkbox]")];
  const count = rows.querySelector(".memory-count");
  const all = rows.querySelector("[data-choose-all]");

  const show = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    count.textContent = `${chosen} chosen`;
    all.textContent = chosen === boxes.length ? "None" : "All";
  };

  count.hidden = false;
  all.hidden = false;
  all.addEventListener("click", () => {
    const wanted = boxes.some((box) => !box.checked);
    for (const box of boxes) box.checked = wanted;
    show();
  });
  rows.addEventListener("change", show);
  // The browser may bring back what was ticked when one comes back to the page.
  addEventListener("pageshow", show);
  show();
}

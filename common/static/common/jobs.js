// Watches a job until its status changes, and tells before an upload that a file is too large.
"use strict";

const SECOND = 1000;
const SAID_EVERY_PERCENT = 10;

function watch(section) {
  const bar = section.querySelector("progress");
  const text = section.querySelector("[data-text]");
  const said = section.querySelector("[data-said]");
  let lastSaid = -SAID_EVERY_PERCENT;

  async function look() {
    try {
      const response = await fetch(section.dataset.progress, { headers: { Accept: "application/json" } });
      if (!response.ok) throw new Error(String(response.status));
      const job = await response.json();
      if (job.status !== section.dataset.status) {
        location.reload();
        return;
      }
      text.textContent = job.text;
      if (job.percent !== null) {
        bar.value = job.percent;
        if (job.percent - lastSaid >= SAID_EVERY_PERCENT) {
          lastSaid = job.percent;
          said.textContent = job.text;
        }
      }
    } catch {
      text.textContent = "The shop does not answer; trying again.";
    }
    setTimeout(look, SECOND);
  }

  setTimeout(look, SECOND);
}

function hold(form) {
  const told = form.querySelector("[data-too-large]");
  form.addEventListener("submit", (event) => {
    const limits = { file: Number(form.dataset.mostBytes), images: Number(form.dataset.mostImageBytes) };
    for (const [name, most] of Object.entries(limits)) {
      const file = form.elements[name]?.files?.[0];
      if (file && file.size > most) {
        event.preventDefault();
        told.hidden = false;
        told.textContent = `${file.name} is too large: at most ${Math.floor(most / 1_000_000)} MB.`;
        return;
      }
    }
    form.querySelector("button[type=submit]").disabled = true;
  });
}

document.querySelectorAll("[data-progress]").forEach(watch);
document.querySelectorAll("form[data-most-bytes]").forEach(hold);

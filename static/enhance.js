// Small comforts: every page works without them.
(() => {
"use strict";
const page = document, lang = page.documentElement.lang;
const each = (root, query, act) => root.querySelectorAll(query).forEach(act);
const on = (name, act, early) => page.addEventListener(name, act, early);
let typed = false, presses = 0, last = 0;

const localTime = (node) => {
  const when = new Date(node.dateTime), day = node.dataset.local === "day";
  if (isNaN(when) || node.dataset.done) return;
  const style = new Intl.DateTimeFormat(lang === "en" ? "en-GB" : lang, { dateStyle: "long", timeStyle: day ? undefined : "short" });
  const zone = style.resolvedOptions().timeZone;
  node.dataset.done = 1;
  node.textContent = style.format(when) + (day ? "" : ` (${zone.split("/").pop().replace(/_/g, " ")})`);
  if (!day) node.nextElementSibling?.removeAttribute("hidden");
};

const count = (box) => {
  const place = page.getElementById(box.id + "-limit");
  if (!place) return;
  const used = [...box.value].length, limit = +box.dataset.limit, say = new Intl.NumberFormat(lang).format;
  place.dataset.words ||= place.textContent;
  place.textContent = place.dataset.words + (used ? ` ${say(used)} / ${say(limit)}` : "");
  place.classList.toggle("over-limit", used > limit);
};

const free = () => each(page, "[aria-busy]", (form) => form.removeAttribute("aria-busy"));

const dress = (root) => {
  each(root, "time[data-local]", localTime);
  each(root, "textarea[data-limit]", count);
  const summary = page.getElementById("error-summary");
  if (summary && root.contains(summary)) summary.focus();
};

on("input", ({ target }) => {
  if (target.matches("textarea[data-limit]")) count(target);
  if (target.matches("textarea, input:not([type=password])")) typed = true;
});
// Leaving fast puts a neutral page in the place of this one, so that going back does not come here again.
const away = (form) => {
  const go = () => location.replace(form.dataset.away), patience = new Promise((enough) => setTimeout(enough, 1000));
  typed = false;
  page.documentElement.hidden = true;
  Promise.race([fetch(form.action, { method: "POST", body: new FormData(form), keepalive: true, redirect: "manual" }), patience]).then(go, go);
};
// Doors that need no account ask for a short sum: another thread does it while she types. Waiting answers it as well.
const sums = new WeakMap();
const reckon = (form) => {
  const asked = form?.querySelector("[data-worker]");
  if (!asked || sums.has(form)) return sums.get(form);
  const [, nonce, , wait, bits] = asked.value.split(".");
  const doing = new Promise((enough) => {
    setTimeout(enough, wait * 1000);
    const worker = new Worker(asked.dataset.worker);
    worker.onmessage = ({ data }) => { form.elements.solved.value = data; enough(); };
    worker.postMessage([nonce, +bits]);
  }).catch(() => 0).then(() => sums.set(form, 0));
  sums.set(form, doing);
  return doing;
};
on("focusin", ({ target }) => reckon(target.form));
on("submit", (event) => {
  const form = event.target;
  if (form.id === "leave") { event.preventDefault(); away(form); return; }
  const doing = reckon(form), busy = form.hasAttribute("aria-busy");
  if (doing || busy) { event.preventDefault(); event.stopImmediatePropagation(); }
  if (busy) return;
  form.setAttribute("aria-busy", "true");
  if (doing) {
    form.querySelector("[role=status]").hidden = false;
    doing.then(() => { form.removeAttribute("aria-busy"); form.requestSubmit(); });
    return;
  }
  typed = false;
  setTimeout(free, 8000);
}, true);
addEventListener("beforeunload", (event) => { if (typed) event.preventDefault(); });
addEventListener("pageshow", free);
on("keydown", ({ key }) => {
  presses = key === "Escape" ? (Date.now() - last < 1500 ? presses + 1 : 1) : 0;
  last = Date.now();
  const leave = page.getElementById("leave");
  if (presses > 2 && leave) away(leave);
});
on("htmx:afterRequest", ({ detail }) => { free(); if (!detail.successful) typed = true; });
const offline = (form, hidden) => each(form, "[role=alert]", (told) => { told.hidden = hidden; });
on("htmx:beforeRequest", ({ target }) => offline(target, true));
on("htmx:sendError", ({ target }) => offline(target, false));
// A whole page that says no is shown above the form, so that nothing typed is lost.
on("htmx:beforeSwap", ({ detail }) => {
  if (detail.xhr.status < 400 || !/^\s*<!doctype/i.test(detail.xhr.response)) return;
  page.getElementById("told")?.remove();
  Object.assign(detail, { shouldSwap: true, target: page.getElementById("main"), selectOverride: "#told", swapOverride: "afterbegin show:top" });
});
// Whoever works by keyboard stays in the region that has just changed.
on("htmx:afterSettle", ({ target }) => {
  dress(target);
  if (page.activeElement !== page.body || !page.contains(target)) return;
  if (!target.hasAttribute("tabindex")) target.tabIndex = -1;
  target.focus({ preventScroll: true });
});
dress(page);
})();

// Keeps the status page fresh: fetches the same address, and changes only those nodes that differ. Focus, open details,
// scroll positions and what is being typed stay. Without this script the page is complete, but does not update by itself.
"use strict";

const EVERY_MS = 3000;
const SLOWEST_MS = 60000;
let wait = EVERY_MS;
let paused = false;
let timer = 0;
let told = performance.now(); // when the page came: what was "5 s ago" then grows from there
let mark = null; // of the page that is shown, as the server gave it

function same(a, b) {
  return a.nodeType === b.nodeType && a.nodeName === b.nodeName && (a.id || "") === (b.id || "");
}

function attributes(old, fresh) {
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (name !== "open" && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}

function morph(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  if (old.isEqualNode(fresh) || old.tagName === "FORM") return;
  attributes(old, fresh);
  const known = new Map();
  const staying = new Set([...fresh.children].map((child) => child.id));
  for (const child of [...old.children]) {
    if (!child.id) continue;
    if (staying.has(child.id)) known.set(child.id, child);
    else child.remove(); // first, so that those behind it need not be moved: a node that moves loses the focus
  }
  let at = old.firstChild;
  for (const child of [...fresh.childNodes]) {
    const kept = child.id ? known.get(child.id) : null;
    if (kept && kept !== at) old.insertBefore(kept, at), (at = kept);
    if (at && same(at, child)) {
      morph(at, child);
      at = at.nextSibling;
    } else {
      old.insertBefore(document.importNode(child, true), at);
    }
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

// Handles an answer in which nothing but the time has changed: shows that time.
function unchanged(at) {
  const now = document.querySelector("time.now");
  if (!now || Number.isNaN(at.getTime())) return;
  const fresh = now.cloneNode(false);
  fresh.dateTime = at.toISOString();
  fresh.textContent = `${at.toISOString().slice(11, 19)} UTC`;
  const box = document.createElement("p");
  box.append(fresh);
  localise(box);
  now.replaceWith(fresh);
}

async function refresh() {
  timer = 0;
  if (paused || document.hidden) return;
  try {
    const headers = mark ? { Accept: "text/html", "If-None-Match": mark } : { Accept: "text/html" };
    const answer = await fetch(location.pathname + location.search, { headers });
    if (answer.status === 304) {
      unchanged(new Date(answer.headers.get("Date")));
      wait = EVERY_MS;
      show("");
      schedule();
      return;
    }
    if (answer.status >= 500) throw new Error(String(answer.status)); // what was asked for wrongly says so on its page
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!paused) {
      mark = answer.headers.get("ETag");
      localise(page.body);
      morph(document.getElementById("main"), page.getElementById("main"));
      document.title = page.title;
      told = performance.now();
    }
    wait = EVERY_MS;
    show("");
  } catch {
    wait = Math.min(wait * 2, SLOWEST_MS);
    show("No answer from mesibo-logwatch; what is shown is not up to date.");
  }
  schedule();
}

function grow() {
  if (paused) return;
  for (const each of document.querySelectorAll(".ago")) {
    const seconds = Math.round(Number(each.dataset.seconds) + (performance.now() - told) / 1000);
    const [size, unit] = seconds < 120 ? [1, "s"] : seconds < 3600 ? [60, "min"] : seconds < 172800 ? [3600, "h"] : [86400, "days"];
    const text = seconds < 1 ? "now" : `${Math.floor(seconds / size)} ${unit} ago`;
    if (each.textContent !== text) each.textContent = text;
  }
}

function schedule() {
  if (!timer && !paused && !document.hidden) timer = setTimeout(refresh, wait);
}

const state = document.createElement("span");
state.setAttribute("role", "status");
const button = document.createElement("button");
button.type = "button";

function show(text) {
  if (state.textContent !== text) state.textContent = text;
  document.body.classList.toggle("stale", text !== "");
}

function label() {
  button.textContent = paused ? "Resume updates" : "Pause updates";
  document.body.classList.toggle("paused", paused);
}

button.addEventListener("click", () => {
  paused = !paused;
  label();
  if (!paused) refresh();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && !timer) refresh();
});
label();
setInterval(grow, 1000);
document.getElementById("live-control").append(state, button);
schedule();

// Writes the visitor's own time beside each time in UTC, if that differs. Without this script UTC remains.
"use strict";

const minutes = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const seconds = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

function here(at, clock) {
  const elsewhere = at.getDate() !== at.getUTCDate() ? `${day.format(at)} ` : "";
  return ` (${elsewhere}${clock.format(at)} here)`;
}

function localise(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime()) || !at.getTimezoneOffset()) continue;
    const local = root.ownerDocument.createElement("span");
    local.className = "local";
    local.textContent = here(at, /\d\d:\d\d:\d\d/.test(time.textContent) ? seconds : minutes);
    time.append(local);
  }
  // the intervals of the charts, which are many: each has its start in its id
  for (const label of root.querySelectorAll(".values label")) {
    const at = new Date(1000 * Number(label.id.split("-").pop()));
    if (at.getTimezoneOffset()) label.lastElementChild.append(here(at, minutes));
  }
  for (const ticks of root.querySelectorAll(".ticks")) underneath(ticks);
  for (const zones of root.querySelectorAll(".zones")) {
    if (root.querySelector(".ticks.local")) zones.textContent = ", by times in UTC and, below them, here";
  }
}

// Adds a second row of ticks, and names both rows if there is room: clock times go below those in UTC, days where they begin here.
function underneath(ticks) {
  const shown = [...ticks.children];
  for (const tick of shown) {
    const at = new Date(1000 * Number(tick.dataset.at));
    if (!at.getTimezoneOffset()) continue;
    const local = tick.cloneNode(true);
    local.setAttribute("y", "24");
    if (tick.textContent.includes(":")) {
      local.textContent = minutes.format(at);
    } else {
      const midnight = new Date(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate());
      const place = parseFloat(tick.getAttribute("x")) + ((midnight - at) / 10 / Number(ticks.dataset.seconds));
      if (place < 0 || place > 100) continue;
      local.setAttribute("x", `${place.toFixed(2)}%`);
      local.setAttribute("text-anchor", place < 2 ? "start" : place > 98 ? "end" : "middle");
    }
    local.removeAttribute("data-at");
    ticks.append(local);
    ticks.classList.add("local");
  }
  const [first, last] = [0, shown.length - 1].map((i) => shown[i] && parseFloat(shown[i].getAttribute("x")));
  if (!ticks.classList.contains("local") || (first < 12 && last > 88)) return;
  for (const [y, zone] of [["11", "UTC"], ["24", "here"]]) {
    const name = shown[0].cloneNode(false);
    name.removeAttribute("data-at");
    name.setAttribute("x", last > 88 ? "0%" : "100%");
    name.setAttribute("y", y);
    name.setAttribute("text-anchor", last > 88 ? "start" : "end");
    name.textContent = zone;
    ticks.append(name);
  }
}

localise(document.body);


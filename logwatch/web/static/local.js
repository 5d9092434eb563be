// Writes the visitor's own time beside each moment in UTC, where that is another one. Without this script UTC remains.
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
  // the intervals of the charts, which are many: each has its begin in its name
  for (const label of root.querySelectorAll(".values label")) {
    const at = new Date(1000 * Number(label.id.split("-").pop()));
    if (at.getTimezoneOffset()) label.lastElementChild.append(here(at, minutes));
  }
}

localise(document.body);

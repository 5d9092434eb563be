// Writes the visitor's own time beside each moment in UTC, where that is another one. Without this script UTC remains.
"use strict";

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

function localise(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime()) || !at.getTimezoneOffset()) continue;
    const elsewhere = at.getDate() !== at.getUTCDate() ? `${day.format(at)} ` : "";
    const local = root.ownerDocument.createElement("span");
    local.className = "local";
    local.textContent = ` (${elsewhere}${clock.format(at)} here)`;
    time.append(local);
  }
}

localise(document.body);

// Times that move by themselves, so that a quiet page need not be fetched for them.

const language = document.documentElement.lang;
const relative = new Intl.RelativeTimeFormat(language, { numeric: "always" });

// The server writes times in the zone of this cookie.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && !document.cookie.includes(`tz=${zone}`))
  document.cookie = `tz=${zone};path=/;max-age=31536000;samesite=lax`;

function age(element) {
  const seconds = (Date.now() - Date.parse(element.dateTime)) / 1000;
  if (seconds < 60 || seconds >= 86400) return;
  const [value, unit] = seconds < 3600 ? [seconds / 60, "minute"] : [seconds / 3600, "hour"];
  set(element, relative.format(-Math.round(value), unit));
}

function elapsed(element) {
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(element.dateTime)) / 1000));
  const text = seconds < 60 ? element.dataset.seconds : element.dataset.minutes;
  set(element, text.replace("{m}", Math.floor(seconds / 60))
    .replace("{s}", seconds < 60 ? seconds : seconds % 60));
}

function set(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

setInterval(() => {
  if (document.hidden) return;
  document.querySelectorAll("time[data-elapsed]").forEach(elapsed);
  document.querySelectorAll("time[data-ago]").forEach(age);
}, 1000);

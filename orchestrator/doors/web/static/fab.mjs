// What every page runs: loads the parts it holds, says when it is offline or out of date.

const SILENT_MS = 12_000; // the stream ticks every 5 s
const PARTS = {
  "[data-slide]": "fab/slide", "[data-hold]": "fab/hold", "[data-code]": "fab/code",
  "[data-act]": "fab/acts", "[data-plan]": "fab/timeline", "[data-map]": "fab/map",
  "[data-check]": "fab/check", "[data-drop]": "fab/drop", "[data-queue]": "fab/queue",
  "[data-body]": "fab/body",
  "[data-ballot]": "fab/ballot",
};

// Each part's module exports start(element), called once for each element.
const started = new WeakSet();
async function startParts() {
  for (const [selector, name] of Object.entries(PARTS)) {
    const fresh = [...document.querySelectorAll(selector)].filter((one) => !started.has(one));
    if (!fresh.length) continue;
    fresh.forEach((one) => started.add(one));
    const part = await import(name);
    fresh.forEach((one) => part.start(one));
  }
  document.querySelectorAll("[data-undo]").forEach((bar) => {
    if (!started.has(bar)) { started.add(bar); countDown(bar); }
  });
}

setInterval(() => { // a camera's picture is looked at anew
  if (document.hidden) return;
  document.querySelectorAll("[data-look]").forEach((seen) => {
    seen.src = `${seen.src.split("?")[0]}?${Date.now()}`;
  });
}, 10_000);

function countDown(bar) {
  const left = bar.querySelector("[data-undo-left]");
  let seconds = Number(bar.dataset.undo);
  const step = () => {
    if (!bar.isConnected) return;
    if (seconds <= 0) { bar.hidden = true; return; }
    left.textContent = `${seconds} s`;
    seconds -= 1;
    setTimeout(step, 1_000);
  };
  step();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-step]");
  if (!button) return;
  const input = document.getElementById(button.dataset.stepFor);
  const next = (Number(input.value) || 0) + Number(button.dataset.step);
  const most = input.max === "" ? Infinity : Number(input.max);
  input.value = String(Math.min(Math.max(next, Number(input.min)), most));
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
});

document.addEventListener("change", (event) => {
  event.target.closest?.("[data-send-on-change]")?.requestSubmit();
});

// ---- the live stream -------------------------------------------------------------
const live = document.getElementById("live");
const bar = document.getElementById("offline");
let heardAt = performance.now();
let clock = wallClock(); // the network's own time, as the last tick told it
let offlineSince = null;
let waiting = 0;

function wallClock() {
  return new Date().toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}

function show() {
  if (!bar) return;
  const words = [];
  if (offlineSince !== null) words.push(bar.dataset.since.replace("{time}", offlineSince));
  if (waiting === 1) words.push(bar.dataset.one);
  if (waiting > 1) words.push(bar.dataset.many.replace("{count}", waiting));
  bar.querySelector("span").textContent = words.join(" ");
  bar.hidden = words.length === 0;
  document.querySelectorAll("[data-live]").forEach((region) => {
    region.classList.toggle("stale", offlineSince !== null);
  });
}

function heard() {
  heardAt = performance.now();
  if (offlineSince !== null) { offlineSince = null; show(); }
}

function lost() {
  if (offlineSince !== null) return;
  offlineSince = clock;
  show();
}

if (live) {
  live.addEventListener("htmx:sse:after:connection", heard);
  live.addEventListener("htmx:sse:before:message", heard);
  live.addEventListener("htmx:sse:error", lost);
  live.addEventListener("htmx:error", lost); // the very first connection failed
  live.addEventListener("tick", (event) => { clock = event.detail.data; });
  setInterval(() => {
    if (document.hidden || performance.now() - heardAt < SILENT_MS) return;
    lost();
    live._htmx?.sse?.reader?.cancel(); // half-open: make it connect again
  }, 1_000);
  document.addEventListener("visibilitychange", () => { heardAt = performance.now(); });
  document.addEventListener("htmx:response:error", (event) => {
    event.target.closest?.("[data-live]")?.classList.add("stale");
  });
}
if (!navigator.onLine) lost(); // a page kept on the phone
addEventListener("offline", lost);
addEventListener("online", () => { if (!live) heard(); });
document.addEventListener("fab:waiting", (event) => { waiting = event.detail; show(); });
document.addEventListener("htmx:after:swap", () => { startParts(); show(); });
startParts();

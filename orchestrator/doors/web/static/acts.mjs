// A courier's acts: kept on the phone first, sent when the network is there, one id each.
// An act keeps the time it was done, not the time it was sent.

const AGAIN_MS = 8_000;
const PATIENCE_MS = 1_500; // how long a stop waits for the answer before the next one shows
const KEEP_MS = 24 * 3_600_000;
const WORKER = "/ride-worker.js";

const database = new Promise((resolve, reject) => {
  const opening = indexedDB.open("fabcommons-acts", 1);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore("acts", { keyPath: "number", autoIncrement: true });
  };
  opening.onsuccess = () => resolve(opening.result);
  opening.onerror = () => reject(opening.error);
});

async function store(mode, act) {
  const acts = (await database).transaction("acts", mode).objectStore("acts");
  const request = act(acts);
  return new Promise((resolve, reject) => {
    const done = acts.transaction;
    done.oncomplete = () => resolve(request.result);
    done.onerror = done.onabort = () => reject(done.error);
  });
}

const all = () => store("readonly", (acts) => acts.getAll());
const put = (act) => store("readwrite", (acts) => acts.put(act));
const drop = (number) => store("readwrite", (acts) => acts.delete(number));

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `act-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

export function start(form) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.dataset.busy) return;
    form.dataset.busy = "yes";
    const stop = "endsStop" in form.dataset ? form.closest("[data-stop]")?.dataset.stop : undefined;
    const act = {
      id: newId(), url: form.action, word: form.dataset.act, stop, state: "waiting",
      fields: [...new FormData(form, event.submitter)], at: new Date().toISOString(),
    };
    await forgetRefused(act); // this one is the second try
    act.number = await put(act);
    await Promise.race([send(), new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
    await show();
    delete form.dataset.busy;
  });
}

async function forgetRefused({ url, stop }) {
  for (const old of await all()) {
    if (old.state === "refused" && old.url === url && old.stop === stop) await drop(old.number);
  }
}

let sending = null;
function send() {
  sending ??= sendAll().finally(() => { sending = null; });
  return sending;
}

async function sendAll() {
  let sent = 0;
  for (const act of await all()) {
    if (act.state !== "waiting") continue;
    const answer = await post(act);
    if (answer === "later") break;
    if (answer === "sent") { await put({ ...act, state: "sent" }); sent += 1; }
    else await put({ ...act, state: "refused", why: answer.why });
  }
  await show();
  if (sent) document.body.dispatchEvent(new CustomEvent("stale", { bubbles: true }));
}

async function post(act) {
  const fields = new URLSearchParams([...act.fields, ["act_id", act.id], ["acted_at", act.at]]);
  try {
    const response = await fetch(act.url, {
      method: "POST", body: fields, redirect: "manual", credentials: "same-origin",
      headers: { "Idempotency-Key": act.id, Accept: "application/json" },
    });
    if (response.ok) return "sent";
    if (response.type === "opaqueredirect") return "later"; // to the sign-in page, perhaps
    if (response.status >= 500 || [401, 408, 429].includes(response.status)) return "later";
    const problem = await response.json().catch(() => ({}));
    return { why: problem.detail ?? problem.title ?? String(response.status) };
  } catch { return "later"; }
}

async function show() {
  const acts = await all();
  for (const act of acts) {
    if (act.state === "sent" && Date.now() - Date.parse(act.at) > KEEP_MS) await drop(act.number);
  }
  const waiting = acts.filter((act) => act.state === "waiting");
  document.dispatchEvent(new CustomEvent("fab:waiting", { detail: waiting.length }));
  showStops(acts);
  showRefusals(acts.filter((act) => act.state === "refused"));
}

// Of the stops in order, the first that is not ended is the only one shown.
function showStops(acts) {
  const ended = new Set(acts.filter((act) => act.state !== "refused").map((act) => act.stop));
  let shown = false;
  for (const card of document.querySelectorAll("[data-stop]")) {
    card.hidden = shown || ended.has(card.dataset.stop);
    shown ||= !card.hidden;
  }
  for (const none of document.querySelectorAll("[data-no-stops]")) none.hidden = shown;
}

function showRefusals(refused) {
  const list = document.getElementById("refused-acts");
  if (!list) return;
  list.replaceChildren(...refused.map((act) => {
    const note = list.parentElement.querySelector("template").content.firstElementChild.cloneNode(true);
    note.querySelector("[data-word]").textContent = act.word;
    note.querySelector("[data-why]").textContent = act.why;
    note.querySelector("button").addEventListener("click", async () => {
      await drop(act.number);
      await show();
    });
    return note;
  }));
}

async function keepPage() {
  if (!("serviceWorker" in navigator) || !document.body.dataset.acts) return;
  const policy = globalThis.trustedTypes?.createPolicy("fab", {
    createScriptURL: (url) => { if (url === WORKER) return url; throw new TypeError(url); },
  });
  await navigator.serviceWorker.register(policy?.createScriptURL(WORKER) ?? WORKER, { scope: "/ride" });
}

addEventListener("online", send);
document.getElementById("live")?.addEventListener("htmx:sse:after:connection", send);
document.addEventListener("htmx:after:swap", show);
setInterval(send, AGAIN_MS);
show();
send();
keepPage();

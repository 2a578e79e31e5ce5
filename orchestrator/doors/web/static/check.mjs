// Is the ledger whole? The browser asks for entries and proofs and does the sums itself:
// RFC 9162 hashes, a C2SP checkpoint, Ed25519. What it saw last time it still remembers.

const SEEN = "fabcommons-ledger-seen";
const READ_ALL_MAX = 2_000;
const PAGE = 100;
const DRAWN = 8;
const ICON_OF = { busy: "hourglass", ok: "seal-check", stop: "warning-octagon", warn: "warning" };

class Broken extends Error {}
class Away extends Error {}

export function start(button) {
  const box = document.getElementById(button.getAttribute("aria-controls"));
  const label = button.querySelector("span");
  button.dataset.started = "yes"; // for who waits for it
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    label.textContent = button.dataset.busy;
    await check(button.dataset.check, box).finally(() => {
      button.removeAttribute("aria-disabled");
      label.textContent = button.dataset.word;
    });
  });
}

async function check(api, box) {
  const list = box.querySelector("ul");
  list.replaceChildren();
  box.hidden = false;
  const tell = (text) => { const line = document.createElement("li"); line.textContent = text; list.append(line); };
  const end = (tone, text) => {
    box.dataset.tone = tone;
    const use = box.querySelector("use");
    use.setAttribute("href", `${use.getAttribute("href").split("#")[0]}#${ICON_OF[tone]}`);
    box.querySelector("strong").textContent = text;
    box.scrollIntoView({ block: "nearest" });
  };
  end("busy", "…");
  if (!globalThis.crypto?.subtle) { end("warn", box.dataset.insecure); return; } // not over plain HTTP
  try {
    const size = await prove(api, box.dataset, tell);
    if (size === null) end("warn", box.dataset.none);
    else end("ok", fill(box.dataset.whole, { size }));
  } catch (error) {
    if (error instanceof Broken) { tell(error.message); end("stop", box.dataset.broken); }
    else end("warn", box.dataset.noAnswer);
  }
}

async function prove(api, words, tell) {
  const log = await read(api);
  if (log.checkpoint === null) return null;
  const stated = await openNote(log, words, tell);
  const past = remembered(log.origin);
  const date = past && new Date(past.at).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
  if (past === null) tell(words.first);
  else {
    if (!await grew(api, past, stated)) throw new Broken(fill(words.badPast, { when: date }));
    tell(fill(words.grown, { when: date, old: past.size }));
  }
  if (stated.size <= READ_ALL_MAX) await readAll(api, stated, words, tell);
  else await drawByLot(api, stated, words, tell);
  localStorage.setItem(SEEN, JSON.stringify({ origin: log.origin, size: stated.size, root: spell(stated.root), at: Date.now() }));
  return stated.size;
}

function remembered(origin) {
  try {
    const past = JSON.parse(localStorage.getItem(SEEN));
    return past?.origin === origin ? past : null;
  } catch { return null; }
}

// ---- the checkpoint ---------------------------------------------------------------
async function openNote(log, words, tell) {
  const [text, signatures] = split(log.checkpoint, "\n\n");
  const [origin, size, root] = text.split("\n");
  if (origin !== log.origin || !/^\d{1,15}$/.test(size)) throw new Broken(words.badSignature);
  const key = octets(log.public_key);
  const hash = (await sha256(concat(utf8(`${origin}\n`), Uint8Array.of(1), key))).slice(0, 4);
  const line = signatures.split("\n").map((each) => each.split(" ")).find(([dash, name]) => dash === "—" && name === origin);
  const signature = line ? octets(line[2]) : new Uint8Array();
  if (!equal(signature.slice(0, 4), hash)) throw new Broken(words.badSignature);
  const known = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]).catch(() => null);
  if (known === null) tell(words.unsigned);
  else if (!await crypto.subtle.verify("Ed25519", known, signature.slice(4), utf8(`${text}\n`))) throw new Broken(words.badSignature);
  else tell(words.signed);
  return { size: Number(size), root: octets(root) };
}

// ---- entries ----------------------------------------------------------------------
async function leafOf(entry) {
  const parts = ["fabcommons-entry-1", entry.key_id, entry.signature, moment(entry.recorded_at), entry.body];
  return sha256(concat(Uint8Array.of(0), utf8(parts.join("\n"))));
}

// One spelling a moment: UTC, six digits, Z.
function moment(text) {
  const [, whole, part = ""] = /^(.{19})(?:\.(\d+))?/.exec(text);
  return `${whole}.${part.padEnd(6, "0").slice(0, 6)}Z`;
}

async function readAll(api, stated, words, tell) {
  const peaks = []; // [level, hash] of full subtrees, the largest first
  for (let start = 0; start < stated.size; start += PAGE) {
    const entries = await read(`${api}/entries?start=${start}&limit=${Math.min(PAGE, stated.size - start)}`);
    for (const [index, entry] of entries.entries()) {
      if (entry.position !== start + index) throw new Broken(fill(words.badEntry, { position: start + index }));
      let hash = await leafOf(entry);
      if (spell(hash) !== entry.leaf_hash) throw new Broken(fill(words.badEntry, { position: entry.position }));
      let level = 0;
      while (peaks.length && peaks.at(-1)[0] === level) { hash = await node(peaks.pop()[1], hash); level += 1; }
      peaks.push([level, hash]);
    }
  }
  let root = peaks.length ? peaks.pop()[1] : await sha256(new Uint8Array());
  while (peaks.length) root = await node(peaks.pop()[1], root);
  if (!equal(root, stated.root)) throw new Broken(words.badRoot);
  tell(fill(words.read, { count: stated.size }));
}

async function drawByLot(api, stated, words, tell) {
  const drawn = new Set([stated.size - 1]);
  while (drawn.size < DRAWN) drawn.add(crypto.getRandomValues(new Uint32Array(1))[0] % stated.size);
  for (const position of drawn) {
    const entry = await read(`${api}/entries/${position}`);
    const proof = await read(`${api}/proof/inclusion?event_id=${entry.id}&size=${stated.size}`);
    const isIn = proof.position === position && equal(await climb(await leafOf(entry), position, stated.size, proof.path.map(octets)), stated.root);
    if (!isIn) throw new Broken(fill(words.badEntry, { position }));
  }
  tell(fill(words.proved, { count: drawn.size }));
}

// RFC 9162, 2.1.3.2
async function climb(leaf, index, size, path) {
  let place = index;
  let last = size - 1;
  let found = leaf;
  for (const step of path) {
    if (last === 0) return new Uint8Array();
    if (place % 2 || place === last) {
      found = await node(step, found);
      while (place % 2 === 0 && place) { place = Math.floor(place / 2); last = Math.floor(last / 2); }
    } else found = await node(found, step);
    place = Math.floor(place / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? found : new Uint8Array();
}

// RFC 9162, 2.1.4.2: the tree of now begins with the tree that was seen then.
async function grew(api, past, stated) {
  const old = octets(past.root);
  if (past.size > stated.size) return false;
  if (past.size === stated.size) return equal(old, stated.root);
  if (past.size === 0) return true;
  const proof = await read(`${api}/proof/consistency?old_size=${past.size}&new_size=${stated.size}`);
  const path = proof.path.map(octets);
  if (Number.isInteger(Math.log2(past.size))) path.unshift(old);
  if (!path.length) return false;
  let place = past.size - 1;
  let last = stated.size - 1;
  while (place % 2) { place = Math.floor(place / 2); last = Math.floor(last / 2); }
  let [oldFound, newFound] = [path[0], path[0]];
  for (const step of path.slice(1)) {
    if (last === 0) return false;
    if (place % 2 || place === last) {
      oldFound = await node(step, oldFound);
      newFound = await node(step, newFound);
      while (place % 2 === 0 && place) { place = Math.floor(place / 2); last = Math.floor(last / 2); }
    } else newFound = await node(newFound, step);
    place = Math.floor(place / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && equal(oldFound, old) && equal(newFound, stated.root);
}

// ---- octets -----------------------------------------------------------------------
async function read(url) {
  const response = await fetch(url, { headers: { Accept: "application/json" } }).catch(() => { throw new Away(url); });
  if (!response.ok) throw new Away(`${url} answered ${response.status}`);
  return response.json();
}

const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
const node = (left, right) => sha256(concat(Uint8Array.of(1), left, right));
const utf8 = (text) => new TextEncoder().encode(text);
const octets = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const spell = (bytes) => btoa(String.fromCharCode(...bytes));
const equal = (one, other) => one.length === other.length && one.every((octet, index) => octet === other[index]);
const fill = (text, told) => text.replace(/\{(\w+)\}/g, (all, name) => told[name] ?? all);

function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) { whole.set(part, at); at += part.length; }
  return whole;
}

function split(text, mark) {
  const at = text.indexOf(mark);
  return [text.slice(0, at), text.slice(at + mark.length)];
}

// A secret ballot: made and hidden here, signed unseen by the network, handed in by nobody.
// RSA blind signature over a full-domain hash, as orchestrator/votes/tally.py counts it.

const EXPONENT = 65_537n;
const SPARE_OCTETS = 16;

class Refused extends Error {}

export function start(box) {
  const words = box.dataset;
  const key = `fabcommons-ballot-${words.proposal}-${words.revision}`;
  const form = box.querySelector("form");
  const parts = Object.fromEntries([...box.querySelectorAll("[data-part]")].map((one) => [one.dataset.part, one]));
  const tell = (text, tone = "") => { parts.told.textContent = text; parts.told.parentElement.dataset.tone = tone; parts.told.parentElement.hidden = false; };
  if (!globalThis.crypto?.subtle) { tell(words.insecure, "warn"); form?.remove(); return; }

  const show = () => {
    const kept = remembered(key);
    if (form) form.hidden = kept?.signature !== undefined;
    parts.send.hidden = kept?.signature === undefined || kept.taken !== undefined;
    parts.kept.hidden = kept?.signature === undefined;
    if (kept?.signature) {
      parts.hash.textContent = kept.sha256;
      parts.save.href = `data:application/json,${encodeURIComponent(JSON.stringify(kept))}`;
    }
    if (kept?.taken) tell(words.takenWord, "ok");
    else if (kept?.signature) tell(words.signedWord);
  };
  const trying = async (act) => {
    try { await act(); show(); } catch (error) { tell(error instanceof Refused ? error.message : words.noAnswer, "warn"); }
  };

  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    const ballot = { choice: choiceIn(form), proposal: words.proposal, revision: Number(words.revision), salt: hex(draw(16)) };
    trying(async () => keep(key, await signed(words, key, ballot)));
  });
  parts.send.querySelector("button").addEventListener("click", () => trying(async () => {
    const kept = remembered(key);
    keep(key, { ...kept, taken: await handIn(words.api, kept) });
  }));
  parts.file.addEventListener("change", () => trying(async () => {
    const saved = JSON.parse(await parts.file.files[0].text());
    keep(key, { ...saved, taken: await handIn(words.api, saved) });
  }));
  show();
}

// What was begun is kept before it is asked for: an answer lost on its way costs no voice.
async function signed(words, key, ballot) {
  const n = BigInt(`0x${words.modulus}`);
  const begun = remembered(key) ?? { ballot, hides: hex(draw(256)) };
  keep(key, begun);
  const hides = BigInt(`0x${begun.hides}`) % n;
  const sha256 = hex(await digest(utf8(spelled(begun.ballot))));
  const number = await spread(sha256, n);
  const blinded = (number * power(hides, EXPONENT, n)) % n;
  const answer = await post(`${words.api}/signatures`, { revision: begun.ballot.revision, blinded: blinded.toString(16) }, "same-origin");
  const signature = (BigInt(`0x${answer.signature}`) * inverse(hides, n)) % n;
  if (power(signature, EXPONENT, n) !== number) throw new Refused(words.badSignature);
  return { ballot: begun.ballot, signature: signature.toString(16), sha256 };
}

async function handIn(api, { ballot, signature }) {
  const { choice, revision, salt } = ballot;
  return (await post(`${api}/box`, { revision, choice, salt, signature }, "omit")).taken;
}

async function post(url, body, credentials) {
  const headers = { "Content-Type": "application/json", Accept: "application/json" };
  const answer = await fetch(url, { method: "POST", headers, credentials, referrerPolicy: "no-referrer", body: JSON.stringify(body) });
  const told = await answer.json();
  if (!answer.ok) throw new Refused(told.detail ?? told.title);
  return told;
}

function choiceIn(form) {
  const points = [...form.querySelectorAll("[data-option]")];
  if (!points.length) return new FormData(form).get("choice");
  return Object.fromEntries(points.map((one) => [one.dataset.option, Number(one.value)]));
}

// As Python's json.dumps(sort_keys=True) writes it: names in the order of their code points.
function spelled(value) {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const names = Object.keys(value).sort((one, other) => byCodePoint([...one], [...other]));
  return `{${names.map((name) => `${JSON.stringify(name)}:${spelled(value[name])}`).join(",")}}`;
}

function byCodePoint(one, other) {
  for (let at = 0; at < Math.min(one.length, other.length); at += 1) {
    const less = one[at].codePointAt(0) - other[at].codePointAt(0);
    if (less) return less;
  }
  return one.length - other.length;
}

async function spread(text, n) {
  const octets = Math.ceil(n.toString(2).length / 8) + SPARE_OCTETS;
  let found = "";
  for (let number = 0; found.length < 2 * octets; number += 1) found += hex(await digest(utf8(`${number}:${text}`)));
  return BigInt(`0x${found.slice(0, 2 * octets)}`) % n;
}

function power(base, exponent, n) {
  let [result, square] = [1n, base % n];
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % n;
    square = (square * square) % n;
  }
  return result;
}

function inverse(number, n) {
  let [a, b, x, y] = [number, n, 1n, 0n];
  while (b) { const times = a / b; [a, b, x, y] = [b, a - times * b, y, x - times * y]; }
  return ((x % n) + n) % n;
}

function remembered(key) {
  try { return JSON.parse(localStorage.getItem(key)); } catch { return null; }
}
const keep = (key, told) => localStorage.setItem(key, JSON.stringify(told));
const draw = (octets) => crypto.getRandomValues(new Uint8Array(octets));
const utf8 = (text) => new TextEncoder().encode(text);
const digest = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
const hex = (bytes) => [...bytes].map((octet) => octet.toString(16).padStart(2, "0")).join("");

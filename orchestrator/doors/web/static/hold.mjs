// Hold to stop: 0.6 s with a finger or pointer; two presses with keys or by voice.

const HOLD_MS = 600;
const AGAIN_MS = 4_000;

export function start(button) {
  const words = button.querySelector("span");
  const name = words.textContent;
  let timer = null;
  let armedUntil = 0;
  let byPointer = false;

  const say = (text, forMs) => {
    words.textContent = text;
    setTimeout(() => { words.textContent = name; }, forMs);
  };
  const release = () => {
    if (timer === null) return;
    clearTimeout(timer);
    timer = null;
    button.classList.remove("holding");
    say(button.dataset.holdWord, 1_500);
  };

  button.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    byPointer = true;
    button.classList.add("holding");
    timer = setTimeout(() => {
      timer = null;
      button.classList.remove("holding");
      button.form.requestSubmit();
    }, HOLD_MS);
  });
  for (const end of ["pointerup", "pointercancel", "pointerleave"]) {
    button.addEventListener(end, release);
  }
  button.addEventListener("contextmenu", (event) => event.preventDefault());
  button.addEventListener("click", (event) => {
    event.preventDefault();
    if (byPointer) { byPointer = false; return; }
    if (performance.now() < armedUntil) { armedUntil = 0; button.form.requestSubmit(); return; }
    armedUntil = performance.now() + AGAIN_MS;
    say(button.dataset.again, AGAIN_MS);
  });
}

// Slide to finish: for a thumb in motion. The plain button below it does the same.

const ENOUGH = 0.85;

export function start(track) {
  const thumb = track.querySelector("b");
  const form = track.closest("form");
  let from = null;

  const room = () => track.clientWidth - thumb.offsetWidth - 2 * thumb.offsetTop;
  const forward = () => (getComputedStyle(track).direction === "rtl" ? -1 : 1);
  const way = (event) => Math.min(Math.max((event.clientX - from) * forward(), 0), room());
  const place = (px) => { thumb.style.transform = px ? `translateX(${px * forward()}px)` : ""; };

  thumb.addEventListener("pointerdown", (event) => {
    from = event.clientX;
    thumb.setPointerCapture(event.pointerId);
  });
  thumb.addEventListener("pointermove", (event) => {
    if (from === null) return;
    place(way(event));
    track.classList.toggle("ending", way(event) >= room() * ENOUGH);
  });
  const end = (event) => {
    if (from === null) return;
    const finished = event.type === "pointerup" && way(event) >= room() * ENOUGH;
    from = null;
    place(finished ? room() : 0);
    if (!finished) { track.classList.remove("ending"); return; }
    form.requestSubmit();
    setTimeout(() => { place(0); track.classList.remove("ending"); }, 800);
  };
  thumb.addEventListener("pointerup", end);
  thumb.addEventListener("pointercancel", end);
}

// A machine's jobs put in another order by drag. The buttons beside it do the same.

export function start(form) {
  const order = form.querySelector("[name=order]");
  let held = null;

  form.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest("[data-grip]");
    if (!grip) return;
    held = grip.closest("li");
    held.classList.add("held");
    grip.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  form.addEventListener("pointermove", (event) => {
    if (!held) return;
    // the others move: what is held would lose the pointer if it were taken out
    for (const other of held.parentElement.children) {
      if (other === held) continue;
      const box = other.getBoundingClientRect();
      const middle = box.top + box.height / 2;
      const isBefore = held.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_PRECEDING;
      if (isBefore && event.clientY < middle) { held.after(other); return; }
      if (!isBefore && event.clientY > middle) { held.before(other); return; }
    }
  });
  const drop = (event) => {
    if (!held) return;
    held.classList.remove("held");
    held = null;
    const ids = [...form.querySelectorAll("[data-task]")].map((one) => one.dataset.task).join(",");
    if (ids === order.value) return;
    if (event.type === "pointercancel") { location.reload(); return; }
    order.value = ids;
    form.requestSubmit();
  };
  form.addEventListener("pointerup", drop);
  form.addEventListener("pointercancel", drop);
  form.dataset.queue = "ready";
}

// The plan opens at now; arrow keys go from job to job.

const AHEAD_PX = 120;

export function start(scroll) {
  if (scroll.dataset.now) scroll.scrollLeft = Number(scroll.dataset.now) - AHEAD_PX;
  scroll.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const jobs = [...scroll.querySelectorAll("a")];
    const here = jobs.indexOf(event.target);
    if (!step || here < 0) return;
    event.preventDefault();
    jobs[here + step]?.focus();
  });
}

// The publish form: folders and files can be dropped, and sending shows how far it is.
// Without this module the form's two inputs do the same.

export function start(form) {
  const area = form.querySelector("[data-drop-area]");
  const list = form.querySelector("[data-drop-list]");
  const dropped = []; // [path, File]
  area.hidden = false;
  const tell = () => {
    const chosen = [...dropped, ...inputs(form)].map(([path, file]) =>
      isLarge(form, file) ? `${path} (${form.dataset.dropLarge})` : path);
    list.textContent = chosen.slice(0, 8).join(", ") + (chosen.length > 8 ? ` … (${chosen.length})` : "");
  };
  area.addEventListener("dragover", (event) => { event.preventDefault(); area.dataset.over = "yes"; });
  area.addEventListener("dragleave", () => { delete area.dataset.over; });
  area.addEventListener("drop", async (event) => {
    event.preventDefault();
    delete area.dataset.over;
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
    for (const entry of entries) for await (const [path, file] of filesIn(entry)) dropped.push([path, file]);
    tell();
  });
  form.addEventListener("change", tell);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form, [...dropped, ...inputs(form)]);
  });
}

function isLarge(form, file) {
  return file.size > Number(form.dataset.dropMost);
}

function inputs(form) {
  return [...form.querySelectorAll("input[type=file]")].flatMap((input) =>
    [...input.files].map((file) => [file.webkitRelativePath || file.name, file]));
}

async function* filesIn(entry) {
  if (entry.isFile) {
    const file = await new Promise((found, lost) => entry.file(found, lost));
    yield [entry.fullPath.replace(/^\//, ""), file];
    return;
  }
  const reader = entry.createReader();
  for (;;) { // it gives a hundred at a time
    const some = await new Promise((found, lost) => reader.readEntries(found, lost));
    if (!some.length) return;
    for (const one of some) yield* filesIn(one);
  }
}

function send(form, files) {
  const busy = form.querySelector("[data-drop-busy]");
  const progress = form.querySelector("[data-drop-progress]");
  const button = form.querySelector("button");
  const body = new FormData();
  for (const [path, file] of files) {
    if (isLarge(form, file)) body.append("too_large", path); // so that it is told with the others
    else body.append("files", file, path);
  }
  const request = new XMLHttpRequest();
  request.responseType = "document";
  request.upload.addEventListener("progress", (sent) => { progress.max = sent.total; progress.value = sent.loaded; });
  request.upload.addEventListener("load", () => progress.removeAttribute("value")); // now it is looked into
  request.addEventListener("load", () => {
    if (request.status < 400) { location.assign(request.responseURL); return; }
    const said = request.response?.querySelector(".note[role=alert], [data-words]")?.textContent.trim();
    stop(said || `${request.status} ${request.statusText}`);
  });
  request.addEventListener("error", () => stop(form.dataset.dropLost));
  const stop = (words) => {
    button.disabled = false;
    busy.hidden = true;
    form.querySelector("[data-drop-list]").textContent = words;
  };
  button.disabled = true;
  busy.hidden = false;
  request.open("POST", form.action);
  request.send(body);
}

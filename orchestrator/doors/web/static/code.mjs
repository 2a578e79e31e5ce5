// A code as people type it: upper case, groups of three, O is 0, I and L are 1.

const LIKE = { O: "0", I: "1", L: "1" };

export function start(input) {
  const length = Number(input.dataset.code);
  const size = length % 3 === 0 || length < 8 ? 3 : 4;

  const write = () => {
    const before = plain(input.value.slice(0, input.selectionStart ?? undefined)).length;
    const code = plain(input.value).slice(0, length);
    input.value = code.match(new RegExp(`.{1,${size}}`, "g"))?.join(" ") ?? "";
    const caret = before + Math.floor(Math.max(before - 1, 0) / size);
    input.setSelectionRange(caret, caret);
  };
  input.addEventListener("input", write);
  if (input.value) write();
}

function plain(text) {
  return text.toUpperCase().replace(/[^A-Z0-9]/g, "").replace(/[OIL]/g, (letter) => LIKE[letter]);
}

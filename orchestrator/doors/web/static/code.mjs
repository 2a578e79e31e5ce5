// A code as people type it: upper case, in groups, O is 0. Codes have no 1 and no I, so these are L.

const LIKE = { O: "0", I: "L", 1: "L" };

export function start(input) {
  const length = Number(input.dataset.code);
  const size = length % 3 === 0 || length < 8 ? 3 : 4;
  const gaps = length === 7 ? [3] : Array.from({ length }, (_, at) => at).filter((at) => at && at % size === 0);

  const write = () => {
    const before = plain(input.value.slice(0, input.selectionStart ?? undefined)).length;
    const code = plain(input.value).slice(0, length);
    input.value = [...code].map((letter, at) => (gaps.includes(at) ? ` ${letter}` : letter)).join("");
    const caret = before + gaps.filter((at) => at < before).length;
    input.setSelectionRange(caret, caret);
  };
  input.addEventListener("input", write);
  if (input.value) write();
}

function plain(text) {
  return text.toUpperCase().replace(/[^A-Z0-9]/g, "").replace(/[OI1]/g, (letter) => LIKE[letter]);
}

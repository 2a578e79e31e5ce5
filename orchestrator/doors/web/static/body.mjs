// A body that can be turned, in the place of its picture: by drag, by the button, by arrow keys.
// The library and the body are fetched at the first press. Without WebGL 2 the picture stays.

const GRID = 65_535; // of the body's coordinates; its longest side
const VERTEX = `#version 300 es
in vec3 position; uniform mat4 camera; out vec3 place;
void main() { place = position; gl_Position = camera * vec4(position, 1.0); }`;
const FRAGMENT = `#version 300 es
precision highp float; in vec3 place; uniform vec3 lamp; out vec4 colour;
void main() {
  vec3 facing = normalize(cross(dFdx(place), dFdy(place)));
  colour = vec4(vec3(0.44, 0.63, 0.88) * (0.45 + 0.6 * max(dot(facing, lamp), 0.0)), 1.0);
}`;
const TRIES = 4;
const AGAIN_MS = 5_000;
const STEP = Math.PI / 4;
const KEYS = {
  ArrowLeft: [-STEP / 3, 0], ArrowRight: [STEP / 3, 0],
  ArrowUp: [0, STEP / 3], ArrowDown: [0, -STEP / 3],
};

export function start(figure) {
  const picture = figure.querySelector("img");
  askAgain(picture, () => { figure.parentElement.hidden = true; });
  const button = figure.querySelector("button");
  if (!button || !document.createElement("canvas").getContext("webgl2")) return;
  button.hidden = false;
  let turn = null;
  button.addEventListener("click", async () => {
    if (turn) { turn(STEP, 0); return; }
    button.disabled = true;
    try { turn = await show(figure, picture); } finally { button.disabled = false; }
  });
}

// The first to look waits for the server, which may have others' files in hand.
function askAgain(picture, away) {
  const address = picture.src;
  let left = TRIES;
  const failed = () => {
    left -= 1;
    if (left < 0) { away(); return; }
    setTimeout(() => { picture.src = `${address}?${left}`; }, AGAIN_MS);
  };
  picture.addEventListener("error", failed);
  if (picture.complete && !picture.naturalWidth && picture.currentSrc) failed();
}

async function show(figure, picture) {
  const [twgl, answer] = await Promise.all([import("twgl"), fetch(figure.dataset.body)]);
  if (!answer.ok) throw new Error(`the body: ${answer.status}`);
  const corners = centred(new Uint16Array(await answer.arrayBuffer()));
  const canvas = document.createElement("canvas");
  canvas.width = picture.width * devicePixelRatio;
  canvas.height = picture.height * devicePixelRatio;
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", picture.alt);
  const draw = painter(twgl, canvas, corners);
  const eye = { round: 0.6, up: 0.5, away: 1.9 };
  const turn = (round, up) => {
    eye.round += round;
    eye.up = Math.max(-1.5, Math.min(1.5, eye.up + up));
    requestAnimationFrame(() => draw(eye));
  };
  listen(canvas, turn, (factor) => {
    eye.away = Math.max(0.8, Math.min(6, eye.away * factor));
    turn(0, 0);
  });
  picture.replaceWith(canvas);
  turn(0, 0);
  return turn;
}

function centred(numbers) {
  const least = [GRID, GRID, GRID], most = [0, 0, 0];
  numbers.forEach((at, index) => {
    least[index % 3] = Math.min(least[index % 3], at);
    most[index % 3] = Math.max(most[index % 3], at);
  });
  return Float32Array.from(numbers, (at, index) =>
    (at - (least[index % 3] + most[index % 3]) / 2) / GRID);
}

function painter(twgl, canvas, corners) {
  const gl = canvas.getContext("webgl2", { alpha: true });
  const program = twgl.createProgramInfo(gl, [VERTEX, FRAGMENT]);
  const buffers = twgl.createBufferInfoFromArrays(gl, {
    position: { numComponents: 3, data: corners },
  });
  gl.enable(gl.DEPTH_TEST);
  gl.useProgram(program.program);
  twgl.setBuffersAndAttributes(gl, program, buffers);
  const { m4, v3 } = twgl;
  return ({ round, up, away }) => {
    const eye = [
      away * Math.cos(up) * Math.sin(round), -away * Math.cos(up) * Math.cos(round),
      away * Math.sin(up),
    ];
    const lens = m4.perspective(0.75, canvas.width / canvas.height, 0.05, 20);
    const seen = m4.inverse(m4.lookAt(eye, [0, 0, 0], [0, 0, 1]));
    const lamp = v3.normalize(v3.add(eye, [0, 0, away * 0.7]));
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    twgl.setUniforms(program, { camera: m4.multiply(lens, seen), lamp });
    twgl.drawBufferInfo(gl, buffers);
  };
}

function listen(canvas, turn, zoom) {
  const at = new Map();
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    at.set(event.pointerId, event);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, (event) => at.delete(event.pointerId));
  }
  canvas.addEventListener("pointermove", (event) => {
    const before = at.get(event.pointerId);
    if (!before) return;
    if (at.size === 1) {
      turn((before.clientX - event.clientX) / 120, (event.clientY - before.clientY) / 120);
    } else {
      const [other] = [...at.values()].filter((one) => one.pointerId !== event.pointerId);
      zoom(apart(before, other) / Math.max(1, apart(event, other)));
    }
    at.set(event.pointerId, event);
  });
  canvas.addEventListener("keydown", (event) => {
    if (event.key === "+" || event.key === "-") zoom(event.key === "+" ? 0.85 : 1.18);
    else if (KEYS[event.key]) turn(...KEYS[event.key]);
    else return;
    event.preventDefault();
  });
}

function apart(one, other) {
  return Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
}

// Keeps the stage in step with the pen: while it moves, the network runs here, at every frame, on what is on the canvas.
// When it is up the server's answer arrives, and stays. A number is not read here: its stage waits for the server.

const SHEET = 420; // pixels of the picture's height, as in canvas.py
const GAP = 0.12; // of the ink's height: parts further apart stand side by side, as digits of a number do
const KEPT = 4; // networks that a browser keeps
const PATIENCE = 3000; // ms for which the answer is awaited
const still = matchMedia("(prefers-reduced-motion: reduce)");
const networks = new Map(); // of each version, once it is there
const board = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

let followed = null; // the element whose stage follows the pen, and what the server has sent for it
let down = false;
let moved = null; // when the pen was moved last, if that is not shown yet

export function show(root, data) {
  root.stage ??= createStage(root, data.about ? (name) => choose(root, name) : null);
  root.sent = data;
  if (data.follow) follow(root, data.follow);
  if (root === followed && down) return; // what is shown is newer
  expect(root, false);
  const scene = data.resting && still.matches ? data.resting : data.scene;
  const said = JSON.stringify(scene);
  if (root.dataset.shown !== "answer" || root.said !== said) {
    root.stage.hurry();
    root.stage.show(sceneFrom(scene));
  }
  root.said = said;
  root.dataset.shown = "answer";
  root.firstElementChild.classList.toggle("after-example", Boolean(data.resting));
  if (data.about) choose(root, root.chosen in data.about ? root.chosen : data.chosen);
}

function follow(root, { version, weights }) {
  followed = root;
  if (weights && !networks.has(version)) {
    networks.set(version, null);
    fetched(version, weights)
      .then((text) => networks.set(version, loadModel(text)))
      .then(() => (globalThis.requestIdleCallback ?? setTimeout)(() => warmUp(networks.get(version))))
      .catch(() => networks.delete(version)); // without it the stage follows when the pen is up
  }
  if (document.documentElement.dataset.followed) return;
  document.documentElement.dataset.followed = "yes";
  document.addEventListener("pointerdown", onDown, true);
  document.addEventListener("pointermove", (event) => down && (moved ??= event.timeStamp), true);
  for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, onUp, true);
}

// The weights, from what the browser has kept or from the server.
async function fetched(version, address) {
  const kept = await globalThis.caches?.open("networks"); // there is none where the connection is not secure
  const key = `/networks/${version}`;
  let response = await kept?.match(key);
  if (!response) {
    response = await fetch(new URL(address, location.origin));
    if (!response.ok) throw new Error(response.statusText);
    await kept?.put(key, response.clone());
    for (const old of ((await kept?.keys()) ?? []).slice(0, -KEPT)) await kept.delete(old);
  }
  return response.text();
}

function onDown(event) {
  if (!event.isPrimary || !event.target.matches?.("canvas.upper-canvas") || !followed?.isConnected) return;
  if (still.matches || !networks.get(followed.sent.follow.version)) return;
  down = true;
  moved = event.timeStamp;
  followed.stage.hurry();
  followed.firstElementChild.classList.remove("after-example");
  expect(followed, true);
  requestAnimationFrame(frame);
}

function frame() {
  if (moved !== null) think();
  if (down) requestAnimationFrame(frame);
}

function onUp() {
  if (!down) return;
  down = false;
  moved ??= performance.now();
  requestAnimationFrame(frame); // by then the canvas has the whole stroke
  setTimeout(expect, PATIENCE, followed, false);
}

// What is read in the ink as it is now.
function think() {
  const since = moved;
  moved = null;
  const model = networks.get(followed.sent.follow.version);
  const greys = greysOfCanvas();
  const number = followed.sent.follow.number || standApart(greys);
  followed.firstElementChild.classList.toggle("waiting", number);
  if (number || !model) return;
  followed.stage.show(sceneOf(model, read(greys, model)));
  followed.dataset.shown = since; // which ink it is of: for benchmarks, and for tests
}

// What the answer says is of the ink before: until the server has answered it is faint.
function expect(root, whether) {
  document.documentElement.classList.toggle("thinking", whether && root.isConnected);
  if (!whether) root.firstElementChild.classList.remove("waiting");
}

// The strokes that are done are on one canvas, the one that is being drawn on another above it.
function greysOfCanvas() {
  const [done, drawn] = ["lower", "upper"].map((name) => document.querySelector(`canvas.${name}-canvas`));
  const width = Math.round((SHEET * done.width) / done.height);
  if (board.canvas.width !== width || board.canvas.height !== SHEET) [board.canvas.width, board.canvas.height] = [width, SHEET];
  for (const canvas of [done, drawn]) board.drawImage(canvas, 0, 0, width, SHEET);
  const { data } = board.getImageData(0, 0, width, SHEET);
  const pixels = new Float32Array(width * SHEET);
  for (let i = 0; i < pixels.length; i++) pixels[i] = data[4 * i];
  return { pixels, height: SHEET, width };
}

// Whether there are columns without ink between others.
function standApart(greys) {
  const { top, left, height, width } = boxOf(greys, 0, 127);
  let empty = 0;
  for (let x = left; x < left + width; x++) {
    let y = top;
    while (y < top + height && greys.pixels[y * greys.width + x] <= 127) y++;
    empty = y < top + height ? 0 : empty + 1;
    if (empty > GAP * height && empty > 8) return true;
  }
  return false;
}

// The unit that is looked at more closely has a place of its own below the stage: its pattern over the ink, and words.
function choose(root, name) {
  root.chosen = name;
  const place = root.parentElement.querySelector(".chosen-unit");
  if (!place.firstChild) place.innerHTML = `<span>${'<canvas width="28" height="28"></canvas>'.repeat(2)}</span><div></div>`;
  const [ink, pattern] = place.querySelectorAll("canvas");
  paintInk(ink, bytes(root.sent.scene.image), 255);
  paintWeights(pattern, root.stage.choose(name).numbers);
  place.lastChild.innerHTML = root.sent.about[name];
}

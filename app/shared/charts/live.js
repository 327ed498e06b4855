// Keeps the stage in step with the pen: while it moves, the network runs here, at every frame, on what is on the canvas.
// When it is up the server's answer arrives, and stays. A number is not read here: its stage waits for the server.

const GAP = 0.12; // of the ink's height: parts further apart stand side by side, as digits of a number do
const KEPT = 4; // networks that a browser keeps
const PATIENCE = 3000; // ms for which the answer is awaited
const still = matchMedia("(prefers-reduced-motion: reduce)");
const networks = new Map(); // of each version, once it is there
const board = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

let followed = null; // the element whose stage follows the pen, and what the server has sent for it
let down = false; // the pen
let changed = null; // since when there is ink that is not shown yet
let patience = 0; // the timer of how long the answer is awaited

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
  // after the sheet itself has heard of it
  document.addEventListener("pointerdown", (event) => onSheet(event) && event.isPrimary && !event.button && think(event, true));
  document.addEventListener("pointermove", (event) => down && onSheet(event) && think(event, true));
  for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, (event) => down && think(event, false));
  for (const change of ["undo", "clear"]) document.addEventListener(change, (event) => onSheet(event) && think(event, false));
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

// Whether it is on a sheet whose network can run here; those who ask for reduced motion wait for the answer.
function onSheet({ target }) {
  return target.matches?.(".sheet-place canvas") && followed.isConnected && !still.matches && networks.get(followed.sent.follow.version);
}

// In the next frame, when the sheet has painted its ink.
function think(event, penIsDown) {
  clearTimeout(patience);
  if (!down) {
    followed.stage.hurry();
    followed.firstElementChild.classList.remove("after-example");
    expect(followed, true);
  }
  down = penIsDown;
  if (!down) patience = setTimeout(expect, PATIENCE, followed, false);
  if (changed === null) requestAnimationFrame(showInk);
  changed ??= event.timeStamp;
}

// What is read in the ink as it is now.
function showInk() {
  const [since, model] = [changed, networks.get(followed.sent.follow.version)];
  changed = null;
  const greys = greysOfSheet();
  const number = followed.sent.follow.number || standApart(greys);
  followed.firstElementChild.classList.toggle("waiting", number);
  if (number) say("–", "One digit, or several?", "It is read when the pen is up.");
  if (number || !model) return;
  const reading = read(greys, model);
  say(...words(reading));
  followed.stage.show(sceneOf(model, reading));
  followed.dataset.shown = since; // which ink it is of: for benchmarks, and for tests
}

// What the browser itself reads, for the style sheet to show in the answer's place: its elements are the server's.
function say(...said) {
  const place = document.querySelector(".st-key-said");
  ["sign", "headline", "detail"].forEach((name, i) => place?.style.setProperty(`--live-${name}`, JSON.stringify(said[i])));
}

// What the answer says is of the ink before: until the server has answered, what the browser reads stands there.
function expect(root, whether) {
  document.documentElement.classList.toggle("thinking", whether && root.isConnected);
  if (!whether) root.firstElementChild.classList.remove("waiting");
}

// How bright each pixel of the sheet is, 0-255: of a copy, for it is the module's.
function greysOfSheet() {
  const sheet = document.querySelector("canvas.sheet");
  const { width, height } = sheet;
  if (board.canvas.width !== width || board.canvas.height !== height) Object.assign(board.canvas, { width, height });
  board.drawImage(sheet, 0, 0);
  return greysOf(board);
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

// What the page shows: the answer in words, and what goes through the network.

const ARROWS = "→↘↓↙←↖↑↗"; // the stroke directions
const RUNNER_UP_SHOWN = 0.1; // probability from which the runner-up is named

const element = (id) => document.getElementById(id);

function start() {
  const model = loadModel(element("model").textContent);
  buildNetwork(model);
  onChange = () => {
    const reading = read(greysOfSheet(), model);
    showAnswer(reading);
    showNetwork(model, reading);
  };
  element("undo").addEventListener("click", undo);
  element("clear").addEventListener("click", clearSheet);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Delete") clearSheet();
    if (event.key === "z" && (event.ctrlKey || event.metaKey)) undo();
  });
  warmUp(model);
  repaint();
}

// A browser compiles the code that has run a few times: from here on a stroke is answered in a few milliseconds.
function warmUp(model) {
  startStroke({ x: 150, y: 100 });
  for (const [x, y] of [[270, 100], [200, 320]]) continueStroke({ x, y });
  for (let i = 0; i < 5; i++) read(greysOfSheet(), model);
  strokes = [];
  drawing = false;
}

function showAnswer(reading) {
  [element("sign").textContent, element("headline").textContent, element("detail").textContent] = strokes.length
    ? words(reading)
    : ["–", "Draw a digit", "0 to 9, of any size, anywhere on the sheet."];
}

// The large sign, the headline and the line below it.
function words({ status, digit, confidence, runnerUp, probabilities, message }) {
  const other = probabilities[runnerUp];
  const percent = (p) => `${(100 * p).toFixed(0)}%`;
  switch (status) {
    case "blank":
      return ["–", "No digit yet", message];
    case "not a digit":
      return ["×", "Not a digit", `The closest digit is ${digit}.`];
    case "uncertain":
      return ["?", `${digit} or ${runnerUp}?`, `${digit} ${percent(confidence)}, ${runnerUp} ${percent(other)}`];
  }
  const sure = confidence > 0.99 ? "over 99% sure" : `${percent(confidence)} sure`;
  return [`${digit}`, sure, other >= RUNNER_UP_SHOWN ? `Or ${runnerUp} (${percent(other)}).` : ""];
}

// Empty columns, from left to right: the image, its stroke directions, the hidden units, the ten digits.
function buildNetwork(model) {
  const canvas = (width, height, label) =>
    `<canvas width="${width}" height="${height}" role="img" aria-label="${label}"></canvas>`;
  const units = (layer, i) => {
    const count = layer.biases.length;
    const across = Math.ceil(Math.sqrt(count / 8)); // in a rectangle eight times as high as wide
    const label = `How strongly each unit of hidden layer ${i + 1} fires`;
    return [`${count.toLocaleString("en")} units`, "units", canvas(across, Math.ceil(count / across), label)];
  };
  const direction = (arrow) => `<span>${arrow}${canvas(GRID, GRID, `Edges whose ink lies ${arrow}`)}</span>`;
  const columns = [
    ["28×28 pixels", "pixels", canvas(SIDE, SIDE, "The image that the network is given")],
    ...(model.input === "pixels" ? [] : [["8 directions", "directions", [...ARROWS].map(direction).join("")]]),
    ...model.layers.slice(0, -1).map(units),
  ];
  const bars = Array.from(
    { length: DIGITS },
    (_, digit) => `<li><span>${digit}</span><span class="track"><span class="bar"></span></span><span></span></li>`,
  );
  element("network").classList.toggle("deep", model.layers.length > 3);
  element("network").innerHTML =
    columns.map(([caption, kind, nodes]) => `<h2>${caption}</h2><div class="nodes ${kind}">${nodes}</div>`).join("") +
    `<h2>10 digits</h2><ol class="nodes digits" aria-label="Probability of each digit">${bars.join("")}</ol>`;
}

function showNetwork(model, { status, digit, probabilities, digitProbability, image, layers }) {
  const blank = status === "blank";
  const pictures = [[image, 255]]; // in the order of their canvases: numbers, and which of them is white
  if (model.input !== "pixels") {
    const most = largest(layers[0]);
    for (let i = 0; i < DIRECTIONS; i++) pictures.push([layers[0].subarray(i * GRID ** 2, (i + 1) * GRID ** 2), most]);
  }
  for (const layer of layers.slice(1, -1)) pictures.push([blank ? layer.map(() => 0) : layer, largest(layer)]);
  element("network").querySelectorAll("canvas").forEach((canvas, i) => paintGreys(canvas, ...pictures[i]));
  // given that it is a digit, one of the ten may have 99%
  const isDigit = { blank: 0, "not a digit": digitProbability }[status] ?? 1;
  element("network").querySelectorAll("li").forEach((row, i) => {
    const p = isDigit * probabilities[i];
    row.className = i === digit && status !== "not a digit" ? "best" : "";
    row.querySelector(".bar").style.width = `${100 * p}%`;
    // rounded to 100% it would look certain
    row.lastChild.textContent = p < 0.0005 ? "" : `${(100 * Math.min(p, 0.999)).toFixed(1)}%`;
  });
}

// Numbers as the pixels of a canvas, 0 black to `most` white.
function paintGreys(canvas, numbers, most) {
  const picture = new ImageData(canvas.width, canvas.height);
  numbers.forEach((number, i) => picture.data.fill((255 * number) / (most || 1), 4 * i, 4 * i + 3));
  for (let i = 0; i < canvas.width * canvas.height; i++) picture.data[4 * i + 3] = 255; // opaque
  canvas.getContext("2d").putImageData(picture, 0, 0);
}

document.addEventListener("DOMContentLoaded", start); // the model comes last in the file

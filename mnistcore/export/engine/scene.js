// What a reading shows of the network at work: its picture, the units that matter most and what they look for, what one
// node adds to another, and a bar for each answer. By mnistcore/digit/explain.py; the app's scene.py makes the same.

const SHOWN = 5; // hidden units of a layer

function sceneOf(model, reading) {
  const { digit, runnerUp, image, layers } = reading;
  const hidden = layers.slice(1, -1);
  const shares = sharesOf(model, hidden, answerOf(reading) ?? runnerUp);
  const shown = hidden.map((fires, layer) => {
    const units = strongest(shares[layer], SHOWN);
    return {
      count: fires.length,
      units,
      shares: units.map((unit) => shares[layer][unit]),
      fires: units.map((unit) => (digit === null ? 0 : fires[unit])),
      pictures: units.map((unit) => responsePicture(model, hidden, layer, unit)),
    };
  });
  const planes = model.input === "pixels" ? null : DIRECTION_PLACES.map((places) => layers[0].subarray(...places));
  const edges = digit === null ? [] : edgesOf(model, layers, shown, planes);
  return { image, planes, layers: shown, edges, bars: barsOf(model, reading), best: answerOf(reading) };
}

const DIRECTION_PLACES = Array.from({ length: DIRECTIONS }, (_, i) => [i * GRID ** 2, (i + 1) * GRID ** 2]);

// What is probable: each of the ten digits and, where the model knows it, "no digit"; they add up to 1.
function barsOf(model, { status, probabilities, digitProbability }) {
  const isDigit = status === "blank" ? 0 : digitProbability;
  const bars = Array.from(probabilities, (p) => isDigit * p);
  if (model.layers.at(-1).biases.length > DIGITS) bars.push(status === "blank" ? 0 : 1 - isDigit);
  return bars;
}

// The digit, or the number of "no digit"; null without ink.
function answerOf({ status, digit }) {
  return status === "not a digit" ? DIGITS : digit;
}

// What each unit of each hidden layer puts into an answer's score, counted from the mean of the ten digits.
function sharesOf(model, hidden, answer) {
  const { weights, biases } = model.layers.at(-1);
  let slope = Array.from({ length: weights.length / biases.length }, (_, j) => centred(weights, biases.length, j, answer));
  const shares = [];
  for (let layer = hidden.length - 1; layer >= 0; layer--) {
    const fires = hidden[layer];
    shares.unshift(fires.map((fire, j) => fire * slope[j]));
    if (layer) slope = before(model.layers[layer], slope, fires);
  }
  return shares;
}

// A weight of the last layer, less the mean of the ten digits'.
function centred(weights, outputs, unit, answer) {
  let sum = 0;
  for (let k = 0; k < DIGITS; k++) sum += weights[unit * outputs + k];
  return weights[unit * outputs + answer] - sum / DIGITS;
}

// From how much a score rises with each unit of a layer to how much it rises with each input; a unit that is off passes
// nothing on.
function before({ weights }, slope, fires) {
  const count = fires.length;
  const on = [];
  for (let j = 0; j < count; j++) if (fires[j] > 0) on.push(j);
  const slopes = new Float64Array(weights.length / count);
  for (let i = 0; i < slopes.length; i++) {
    let sum = 0;
    for (let n = 0; n < on.length; n++) sum += weights[i * count + on[n]] * slope[on[n]];
    slopes[i] = sum;
  }
  return slopes;
}

// The units with the largest shares, either way; the highest first.
function strongest(shares, shown) {
  const most = [...shares.keys()].sort((a, b) => Math.abs(shares[b]) - Math.abs(shares[a])).slice(0, shown);
  return most.sort((a, b) => shares[b] - shares[a]);
}

// What a unit looks for, as 28x28 numbers: ink makes it fire where they are above 0.
function responsePicture(model, hidden, layer, unit) {
  const known = (model.pictures ??= new Map()); // of the first layer: they are its weights
  if (layer === 0 && known.has(unit)) return known.get(unit);
  const { weights, biases } = model.layers[layer];
  let slope = Float64Array.from({ length: weights.length / biases.length }, (_, i) => weights[i * biases.length + unit]);
  for (let below = layer - 1; below >= 0; below--) slope = before(model.layers[below], slope, hidden[below]);
  const picture = model.input === "pixels" ? slope : inkFor(slope);
  if (layer === 0) known.set(unit, picture);
  return picture;
}

// What one node adds to one of the next column, a row for each node of the column before.
function edgesOf(model, layers, shown, planes) {
  const edges = [];
  const places = planes ? DIRECTION_PLACES : [[0, SIDE * SIDE]];
  if (planes) edges.push([planes.map((plane) => plane.reduce((sum, ink) => sum + ink, 0))]);
  shown.forEach(({ units, fires }, layer) => {
    const { weights, biases } = model.layers[layer];
    const flow = (j, unit) => layers[layer][j] * weights[j * biases.length + unit];
    if (layer) edges.push(shown[layer - 1].units.map((from) => units.map((unit) => flow(from, unit))));
    else if (planes) edges.push(places.map((place) => units.map((unit) => sumOver(place, (j) => flow(j, unit)))));
    else edges.push([fires]);
  });
  const { weights, biases } = model.layers.at(-1);
  const vote = (j, answer) => layers.at(-2)[j] * centred(weights, biases.length, j, answer);
  const from = shown.length ? shown.at(-1).units.map((unit) => [unit, unit + 1]) : places;
  edges.push(from.map((place) => Array.from(biases, (_, answer) => sumOver(place, (j) => vote(j, answer)))));
  return edges;
}

function sumOver([start, end], amount) {
  let sum = 0;
  for (let j = start; j < end; j++) sum += amount(j);
  return sum;
}

// What the app's scene.py has sent.
function sceneFrom(sent) {
  const small = (text) => new Int8Array(bytes(text).buffer);
  return {
    ...sent,
    image: bytes(sent.image),
    planes: sent.planes?.map(small),
    layers: sent.layers.map((layer) => ({ ...layer, pictures: layer.pictures.map(small) })),
  };
}

// A browser compiles code that has run a few times: from here on a drawing is answered in a few milliseconds.
function warmUp(model) {
  const greys = { pixels: new Float32Array(420 * 420), height: 420, width: 420 };
  for (let y = 60; y < 360; y++) greys.pixels.fill(255, y * 420 + 198, y * 420 + 222);
  for (let i = 0; i < 5; i++) sceneOf(model, read(greys, model));
}

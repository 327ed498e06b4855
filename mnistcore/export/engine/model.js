// The network: an image goes in, probabilities come out. As mnistcore/digit/model.py.
//
//     x                      the pixels, or the stroke directions
//     h = relu(x W1 + b1)    each hidden unit weighs all of them, and fires if the sum is above 0
//     z = h W2 + b2          each digit weighs all hidden units
//     p = softmax(z)         scores made positive and adding up to 1: the probabilities
//
// A model may have an eleventh score, for "not a digit".

const DIGITS = 10;

// What mnistcore/export/engine/__init__.py wrote: the model's name, its thresholds, and of each layer a weight from every
// input to every output.
function loadModel(text) {
  const model = JSON.parse(text);
  for (const layer of model.layers) {
    const whole = new Int16Array(bytes(layer.weights).buffer);
    const scales = new Float32Array(bytes(layer.scales).buffer);
    layer.weights = Float32Array.from(whole, (number, i) => number * scales[i % scales.length]);
    layer.biases = new Float32Array(bytes(layer.biases).buffer);
  }
  return model;
}

// Base64 -> bytes.
function bytes(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

// Everything the network computes on the way: its input, the hidden layers after their ReLU, and the scores.
function activations(model, image) {
  const pixels = Float64Array.from(image, (pixel) => pixel / 255);
  const values = [model.input === "pixels" ? pixels : strokeDirections(pixels)];
  model.layers.forEach((layer, i) => {
    const sums = weigh(values[i], layer);
    values.push(i < model.layers.length - 1 ? sums.map((sum) => Math.max(sum, 0)) : sums);
  });
  return values;
}

// x W + b. Inputs that are 0, as most are, add nothing.
function weigh(inputs, { weights, biases }) {
  const outputs = Float64Array.from(biases);
  const count = outputs.length;
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i];
    if (input === 0) continue;
    for (let j = 0; j < count; j++) outputs[j] += input * weights[i * count + j];
  }
  return outputs;
}

// How probable each digit is, given that it is one; and how probable it is that it is a digit at all.
function probabilitiesOf(scores) {
  const probabilities = softmax(scores.subarray(0, DIGITS));
  const digitProbability = softmax(scores).subarray(0, DIGITS).reduce((sum, p) => sum + p, 0);
  return { probabilities, digitProbability: scores.length > DIGITS ? digitProbability : 1 };
}

function softmax(scores) {
  const most = Math.max(...scores); // taken off against overflow
  const exponentials = scores.map((score) => Math.exp(score - most));
  const total = exponentials.reduce((sum, each) => sum + each, 0);
  return exponentials.map((each) => each / total);
}

// From a drawing to an answer. As mnistcore/digit/reading.py.
//
//     "digit"          the network reads a digit
//     "uncertain"      it does, but its probability is below the model's rejection threshold
//     "not a digit"    the probability that it is a digit at all is below the model's digit threshold; that of a dash is 0
//     "blank"          there is no ink, or only a dot

const NON_DIGIT_MESSAGE = "This does not look like a digit.";

// What the model reads in a picture of brightness, 0-255.
function read(greys, model) {
  let image = new Uint8Array(SIDE * SIDE);
  let blank = null;
  try {
    image = prepare(greys);
  } catch (error) {
    if (!(error instanceof BlankImage)) throw error;
    blank = error.message;
  }
  const layers = activations(model, image);
  const scores = layers.at(-1);
  let { probabilities, digitProbability } = probabilitiesOf(scores);
  const [first, runnerUp] = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]);
  const confidence = probabilities[first];
  if (scores.length > DIGITS && first === 1 && isDash(image)) digitProbability = 0;

  let [status, message] = ["digit", null];
  if (blank) [status, message] = ["blank", blank];
  else if (digitProbability < model.digitThreshold) [status, message] = ["not a digit", NON_DIGIT_MESSAGE];
  else if (confidence < model.rejectionThreshold) {
    [status, message] = ["uncertain", `Uncertain: it may be a ${first} or a ${runnerUp}.`];
  }
  const digit = blank ? null : first;
  return { status, digit, confidence, runnerUp, probabilities, digitProbability, image, layers, message };
}

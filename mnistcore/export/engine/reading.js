// From a drawing to an answer. As mnistcore/digit/reading.py.
//
//     "digit"          the network reads a digit
//     "uncertain"      it does, but its probability is below the model's rejection threshold
//     "not a digit"    the probability that it is a digit at all is below the model's digit threshold; that of a dash is 0
//     "blank"          there is no ink, or only a dot

const NON_DIGIT_MESSAGE = "This does not look like a digit.";
const RUNNER_UP_SHOWN = 0.1; // probability from which the runner-up is named

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

// The large sign, the headline and the line below it: as likely as the bars say.
function words({ status, digit, confidence, runnerUp, probabilities, digitProbability, message }) {
  const [sure, other, none] = [digitProbability * confidence, digitProbability * probabilities[runnerUp], 1 - digitProbability];
  const percent = (p) => `${(100 * p).toFixed(0)}%`;
  switch (status) {
    case "blank":
      return ["–", "No digit yet", message];
    case "not a digit":
      return ["×", "Not a digit", `The closest digit is ${digit}.`];
    case "uncertain":
      return ["?", `${digit} or ${runnerUp}?`, `${digit} ${percent(sure)}, ${runnerUp} ${percent(other)}`];
  }
  const [second, name] = none > other ? [none, "no digit"] : [other, runnerUp];
  return [
    `${digit}`,
    sure > 0.99 ? "over 99% sure" : `${percent(sure)} sure`,
    second >= RUNNER_UP_SHOWN ? `Or ${name} (${percent(second)}).` : "",
  ];
}

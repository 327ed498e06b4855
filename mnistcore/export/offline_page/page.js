// What the page shows: the answer in words, and what goes through the network.

const RUNNER_UP_SHOWN = 0.1; // probability from which the runner-up is named

const element = (id) => document.getElementById(id);

function start() {
  const model = loadModel(element("model").textContent);
  const stage = createStage(element("network"));
  onChange = () => {
    const reading = read(greysOfSheet(), model);
    showAnswer(reading);
    stage.hurry();
    stage.show(sceneOf(model, reading));
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

function showAnswer(reading) {
  [element("sign").textContent, element("headline").textContent, element("detail").textContent] = strokes.length
    ? words(reading)
    : ["–", "Draw a digit", "One from 0 to 9, of any size, anywhere on the sheet."];
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

document.addEventListener("DOMContentLoaded", start); // the model comes last in the file

// What the page shows: the answer in words, and what goes through the network.

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

document.addEventListener("DOMContentLoaded", start); // the model comes last in the file

// The sheet to draw on: white strokes on black, by mouse, pen or finger.

const PEN = 24; // pixels of the sheet's picture, of which it has 420 x 420

const sheet = document.getElementById("sheet");
const pen = sheet.getContext("2d", { willReadFrequently: true });

let strokes = []; // each a list of points, in pixels of the sheet's picture
let cleared = []; // what Undo brings back after Clear
let drawing = false;
let onChange = () => {}; // called at every frame while the pen moves, after every stroke, Undo and Clear
let awaited = 0; // the next frame, if it is to call onChange

function startStroke(point) {
  drawing = true;
  strokes.push([point]);
  paint(point, point);
}

function continueStroke(point) {
  const stroke = strokes.at(-1);
  paint(stroke.at(-1), point);
  stroke.push(point);
}

function endStroke() {
  drawing = false;
  changed();
}

function changed() {
  cancelAnimationFrame(awaited);
  awaited = 0;
  onChange();
}

function undo() {
  if (strokes.length) strokes.pop();
  else [strokes, cleared] = [cleared, []];
  repaint();
}

function clearSheet() {
  if (strokes.length) cleared = strokes; // so that clearing twice loses nothing
  strokes = [];
  repaint();
}

function repaint() {
  pen.fillStyle = "#000";
  pen.fillRect(0, 0, sheet.width, sheet.height);
  for (const stroke of strokes) stroke.forEach((point, i) => paint(stroke[Math.max(i - 1, 0)], point));
  onChange();
}

// A line with round ends; from a point to itself, a dot.
function paint(from, to) {
  pen.fillStyle = pen.strokeStyle = "#fff";
  pen.lineWidth = PEN;
  pen.lineCap = "round";
  pen.beginPath();
  if (from === to) {
    pen.arc(to.x, to.y, PEN / 2, 0, 2 * Math.PI);
    pen.fill();
  } else {
    pen.moveTo(from.x, from.y);
    pen.lineTo(to.x, to.y);
    pen.stroke();
  }
}

function greysOfSheet() {
  return greysOf(pen);
}

// Where the pointer is, however large the sheet is shown.
function pointOf(event) {
  const box = sheet.getBoundingClientRect();
  const scale = sheet.width / box.width;
  return { x: scale * (event.clientX - box.left), y: scale * (event.clientY - box.top) };
}

sheet.addEventListener("pointerdown", (event) => {
  if (!event.isPrimary || event.button !== 0) return; // a second finger draws nothing
  sheet.setPointerCapture(event.pointerId); // the stroke goes on where the pointer leaves the sheet
  startStroke(pointOf(event));
});
sheet.addEventListener("pointermove", (event) => {
  if (!drawing || !event.isPrimary) return;
  // a fast pen is at several places between two frames
  for (const place of event.getCoalescedEvents?.() ?? [event]) continueStroke(pointOf(place));
  awaited ||= requestAnimationFrame(changed);
});
for (const end of ["pointerup", "pointercancel"]) {
  sheet.addEventListener(end, (event) => {
    if (drawing && event.isPrimary) endStroke();
  });
}

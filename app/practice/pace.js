// The button Next of a practice. It presses itself when the visitor pauses after a stroke.
const SENT = 400; // ms after a stroke: by then the canvas has told the server of it

let writing = false;
let ended = 0;
let timer = null;
let pause = 0;
let button = null;
let goOn = () => {};

function press(delay) {
  clearTimeout(timer);
  timer = setTimeout(() => goOn(), delay);
}

function still() {
  clearTimeout(timer);
  button?.classList.remove("soon");
}

function onDown(event) {
  writing = event.target.matches?.("canvas.sheet") ?? false;
  if (writing) still();
}

function onUp() {
  if (!writing) return;
  writing = false;
  ended = performance.now();
  if (!pause || !button) return;
  button.classList.add("soon");
  press(pause);
}

export default function ({ data, parentElement, setTriggerValue }) {
  button = parentElement.querySelector("button");
  pause = data.pause;
  button.style.setProperty("--pause", `${pause}ms`);
  goOn = () => {
    still();
    setTriggerValue("next", data.number); // of the digit that the visitor has seen
  };
  button.onclick = () => press(Math.max(0, ended + SENT - performance.now()));
  if (!document.documentElement.dataset.paced) { // this runs at every digit, the listeners stay
    document.documentElement.dataset.paced = "yes";
    document.addEventListener("pointerdown", onDown, true);
    document.addEventListener("pointerup", onUp, true);
    document.addEventListener("pointercancel", onUp, true);
  }
  return () => { // the page is left
    still();
    button = null;
  };
}

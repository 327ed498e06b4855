// The button Next of a practice. It presses itself when the visitor pauses after a stroke that completes the digit.
const SENT = 400; // ms after a stroke: by then the canvas has told the server of it

let writing = false;
let ended = 0;
let timer = null;
let byHand = false; // whether what the timer waits for was pressed by hand
let button = null;
let goOn = () => {};

function press(delay) {
  clearTimeout(timer);
  timer = setTimeout(() => goOn(), delay);
}

function still() {
  clearTimeout(timer);
  byHand = false;
  button?.classList.remove("soon");
}

function onDown(event) {
  writing = event.target.matches?.(".sheet-place canvas") ?? false;
  if (writing) still();
}

function onUp() {
  if (!writing) return;
  writing = false;
  ended = performance.now(); // the server says whether the digit is complete now
}

export default function ({ data, parentElement, setTriggerValue }) {
  button = parentElement.querySelector("button");
  button.style.setProperty("--pause", `${data.pause}ms`);
  goOn = () => {
    still();
    setTriggerValue("next", data.number); // of the digit that the visitor has seen
  };
  button.onclick = () => {
    byHand = true;
    press(Math.max(0, ended + SENT - performance.now()));
  };
  if (!byHand) still();
  if (data.complete && !writing && !byHand) {
    button.classList.add("soon");
    press(data.pause);
  }
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

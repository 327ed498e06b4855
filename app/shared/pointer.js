// Vega shows a tooltip at "pointermove" and hides it at "mouseout". A tap moves nothing, and browsers send a "mouseout"
// of their own after it. So the click is passed on as a movement, and the tooltip stays until the next tap.
let tapped = null;

function onTap(event) {
  if (event.pointerType !== "touch") return;
  if (tapped) tapped.dispatchEvent(new MouseEvent("mouseout", { bubbles: true }));
  tapped = event.target.closest?.(".vega-embed") ? event.target : null;
  const { clientX, clientY } = event;
  tapped?.dispatchEvent(new PointerEvent("pointermove", { bubbles: true, clientX, clientY }));
}

function onMouseOut(event) {
  if (tapped && event.isTrusted) event.stopPropagation();
}

function onMove(event) {
  if (event.isTrusted && event.pointerType === "mouse") tapped = null; // a mouse points by itself
}

const SENT = 300; // ms after the end of a stroke: by then the server knows of it
let drawing = false, drawn = -SENT;

function onPointerDown(event) {
  drawing = event.target.matches?.(".sheet-place canvas");
}

function onPointerUp() {
  if (drawing) drawn = performance.now();
  drawing = false;
}

function onLink(event) {
  const link = event.target.closest?.("[data-testid=stPageLink-NavLink]");
  const remaining = drawn + SENT - performance.now();
  if (!link || remaining <= 0) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  setTimeout(() => link.click(), remaining);
}

export default function () {
  if (document.documentElement.dataset.listens) return; // this runs on every page, the listeners stay
  document.documentElement.dataset.listens = "yes";
  document.addEventListener("click", onTap);
  document.addEventListener("mouseout", onMouseOut, true);
  document.addEventListener("pointermove", onMove);
  document.addEventListener("pointerdown", onPointerDown, true);
  document.addEventListener("pointerup", onPointerUp, true);
  document.addEventListener("click", onLink, true);
}

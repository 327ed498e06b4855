// The example is gone for good when the visitor begins to draw, or presses Undo or Clear.
export default function ({ parentElement }) {
  const remove = () => parentElement.querySelector(".example")?.remove();
  const sheet = parentElement.closest(".st-key-sheet");
  for (const kind of ["pointerdown", "undo", "clear"]) sheet.addEventListener(kind, remove, { capture: true, once: true });
}

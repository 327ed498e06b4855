// The example is gone for good when the visitor begins to draw.
export default function ({ parentElement }) {
  const remove = () => parentElement.querySelector(".example")?.remove();
  parentElement.closest(".st-key-sheet").addEventListener("pointerdown", remove, { capture: true, once: true });
}

// Shows the digits that number.py has made; a tap on one tells which.
export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".number-root");
  if (root.shown !== data) root.innerHTML = root.shown = data;
  root.onclick = (event) => {
    const tile = event.target.closest("[data-index]");
    if (tile) setTriggerValue("picked", Number(tile.dataset.index));
  };
}

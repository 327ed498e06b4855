// A button for what can be done with the digits that are chosen below it.
export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".chosen-digits");
  const [all, act] = root.querySelectorAll("button");
  const list = root.querySelector("ul");
  const boxes = () => [...list.querySelectorAll("input")];

  function count() {
    const chosen = boxes().filter((box) => box.checked).length;
    act.textContent = chosen ? `${data.action} (${chosen})` : data.action;
    [act.hidden, act.disabled] = [false, !chosen];
    all.textContent = chosen === boxes().length ? "Choose none" : "Choose all";
  }

  if (root.shown !== data.tiles) list.innerHTML = root.shown = data.tiles;
  list.onchange = count;
  all.onclick = () => {
    const every = boxes().every((box) => box.checked);
    for (const box of boxes()) box.checked = !every;
    count();
  };
  act.onclick = () => setTriggerValue("chosen", boxes().filter((box) => box.checked).map((box) => box.value));
  count();
}

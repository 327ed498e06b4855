// Shows the diagram that network.py has made, and lights up what belongs to the node pointed at, tapped or focused.
export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".network-root");
  if (root.shown !== data) root.innerHTML = root.shown = data;
  if (root.listens) return;
  root.listens = true;

  const light = (name) => {
    const names = new Set([name]);
    root.querySelectorAll("path").forEach((line) => {
      const its = line.dataset.from === name || line.dataset.to === name;
      line.classList.toggle("lit", its);
      if (its) names.add(line.dataset.from).add(line.dataset.to);
    });
    root.querySelectorAll("[data-node]").forEach((node) => node.classList.toggle("lit", names.has(node.dataset.node)));
    root.querySelectorAll("[data-about]").forEach((about) => about.classList.toggle("lit", about.dataset.about === name));
    root.classList.toggle("pointed", name !== "");
  };
  for (const kind of ["pointerover", "focusin", "click"])
    root.addEventListener(kind, (event) => light(event.target.closest("[data-node]")?.dataset.node ?? ""));
  root.addEventListener("pointerleave", () => light(root.querySelector("[data-node]:focus")?.dataset.node ?? ""));
}

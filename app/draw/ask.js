// "Is this right?": a tap on Yes or on a digit sends which digit the drawing is.
export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".ask");
  root.classList.toggle("idle", data.id === null);
  if (data.question) root.firstElementChild.textContent = root.ariaLabel = data.question;
  for (const button of root.querySelectorAll("button")) {
    const yes = button.dataset.digit === undefined;
    const label = yes ? data.predicted : Number(button.dataset.digit);
    button.disabled = data.id === null || (yes && !data.sure);
    button.ariaPressed = data.kept !== null && data.kept === label;
    button.onclick = () => {
      button.ariaPressed = true; // at once; the server's answer follows
      setTriggerValue("answer", { id: data.id, label });
    };
  }
}

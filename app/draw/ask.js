// "Is this right?": a tap on Yes or on a digit sends which digit the drawing is.
export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".ask");
  root.classList.toggle("idle", data.id === null);
  if (data.question) root.firstElementChild.textContent = root.ariaLabel = data.question;
  for (const button of root.querySelectorAll("button")) {
    const digit = Number(button.dataset.digit ?? data.digit);
    button.disabled = data.id === null || (button.dataset.digit === undefined && !data.sure);
    button.ariaPressed = data.kept === digit && (button.dataset.digit !== undefined || data.kept === data.digit);
    button.onclick = () => {
      button.ariaPressed = true; // at once; the server's answer follows
      setTriggerValue("answer", { id: data.id, digit });
    };
  }
}

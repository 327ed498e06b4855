// "Is this right?": a tap sends what the drawing is: the answer that was read, another digit, or none.
export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".ask");
  const [question, yes, no] = root.children;
  root.classList.toggle("idle", data.id === null);
  if (data.id !== null) {
    [question.textContent, yes.textContent, no.textContent] = [data.question, data.yes, data.no];
    root.ariaLabel = data.question || data.yes;
  }
  for (const element of [question, yes, no]) element.hidden = !element.textContent;
  for (const button of root.querySelectorAll("button")) {
    const label = button === yes ? data.answer : Number(button.dataset.label);
    button.disabled = data.id === null;
    if (button.className === "none") button.hidden = data.answer === label; // then it is `yes`
    button.ariaPressed = data.kept !== null && data.kept === label;
    button.onclick = () => {
      button.ariaPressed = true; // at once; the server's answer follows
      setTriggerValue("answer", { id: data.id, label });
    };
  }
}

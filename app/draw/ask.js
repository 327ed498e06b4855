// "Is this right?": a tap sends what the drawing is: the answer that was read, another digit, or none. It cannot be tapped
// while the answer is of another drawing than is on the sheet.
export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".ask");
  const [question, yes, no] = root.children;
  const { sheet } = document.querySelector(".sheet-place") ?? {};
  const answered = data.id !== null && (!sheet || sheet.kept.id === data.drawing);
  root.classList.toggle("idle", data.id === null);
  if (data.id !== null) {
    [question.textContent, yes.textContent, no.textContent] = [data.question, data.yes, data.no];
    root.ariaLabel = data.question || data.yes;
  }
  for (const element of [question, yes, no]) element.hidden = !element.textContent;
  for (const button of root.querySelectorAll("button")) {
    const label = button === yes ? data.answer : Number(button.dataset.label);
    button.disabled = !answered;
    if (button.className === "none") button.hidden = data.answer === label; // then it is `yes`
    button.ariaPressed = data.kept !== null && data.kept === label;
    button.onclick = () => {
      button.ariaPressed = true; // at once; the server's answer follows
      setTriggerValue("answer", { id: data.id, label });
    };
  }
  parentElement.closest(".st-key-stage").addEventListener("drawn", wait);
}

function wait({ currentTarget }) {
  for (const button of currentTarget.querySelectorAll(".ask button")) button.disabled = true;
}

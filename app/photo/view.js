// Shows the digits that view.py has found on a photo; a tap on one asks which it is, and sends the answer.
export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".photo-digits");
  const [photo, marks] = root.children;
  const dialog = parentElement.querySelector("dialog");
  const [picture, words] = dialog.children;

  photo.hidden = !data.picture;
  if (data.picture && photo.src !== data.picture) photo.src = data.picture;
  if (root.shown !== data.marks) {
    const focused = marks.querySelector(":focus")?.dataset.index;
    marks.innerHTML = root.shown = data.marks;
    if (focused) marks.querySelector(`[data-index="${focused}"]`)?.focus();
  }
  marks.onclick = (event) => {
    const digit = event.target.closest("[data-index]");
    if (!digit) return;
    dialog.dataset.index = digit.dataset.index;
    picture.src = digit.dataset.picture;
    words.textContent = digit.dataset.words;
    dialog.ariaLabel = digit.ariaLabel;
    dialog.showModal();
  };
  dialog.onclick = (event) => {
    const answer = event.target.closest("[data-answer]")?.dataset.answer;
    if (answer) setTriggerValue("correction", { index: Number(dialog.dataset.index), label: Number(answer) });
    if (answer || event.target === dialog || event.target.closest("[data-cancel]")) dialog.close();
  };
}

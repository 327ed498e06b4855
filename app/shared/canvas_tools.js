// Undo and Clear: the sheet does both by itself, at once. Ctrl+Z and Delete press them, but not from within a field.
const FIELDS = "input, textarea, select, [contenteditable], [role=combobox], [role=listbox], [role=dialog]";

function press(event) {
  if (event.defaultPrevented || event.target.closest?.(FIELDS)) return;
  const undo = event.key === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey;
  const button = document.querySelector(`.sheet-tools .${undo ? "undo" : "clear"}`);
  if (!button || (!undo && event.key !== "Delete")) return;
  event.preventDefault();
  button.click();
}

export default function ({ data, parentElement, setTriggerValue }) {
  const sheet = (what) =>
    document.querySelector("canvas.sheet").dispatchEvent(new CustomEvent(what, { bubbles: true, cancelable: true }));
  const [undo, clear] = parentElement.querySelectorAll("button");
  undo.onclick = () => {
    const nothing = sheet("undo"); // it prevents the default if there was something
    if (nothing && data.back) setTriggerValue("back", true);
  };
  clear.onclick = () => sheet("clear");
  clear.hidden = data.back;
  if (document.documentElement.dataset.shortcuts) return; // this runs on every page, the listener stays
  document.documentElement.dataset.shortcuts = "yes";
  document.addEventListener("keydown", press);
}

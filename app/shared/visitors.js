// The visitor's 128 random bits. Where the browser stores nothing (a private window may forbid it), they last as long
// as the page.
const KEY = "mnistcore-visitor";
let secret = null;
let timer = null;

function random() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function remembered() {
  try {
    const stored = localStorage.getItem(KEY);
    if (/^[0-9a-f]{32}$/.test(stored ?? "")) return stored;
    const made = random();
    localStorage.setItem(KEY, made);
    return made;
  } catch {
    return random();
  }
}

export default function ({ data, setTriggerValue }) {
  secret ??= remembered();
  const tell = () => {
    setTriggerValue("secret", secret);
    timer = setTimeout(tell, 1000); // until it is known: a change of page may swallow the message
  };
  clearTimeout(timer);
  if (!data.known) tell();
}

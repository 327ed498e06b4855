// What Streamlit's own page lacks; a part of the first HTML.

// Back and Forward lead to where one was on a page: Streamlit scrolls an element of it, which browsers do not remember.
const places = new Map(); // address -> pixels from the top
let wanted = null;

const main = () => document.querySelector("[data-testid=stMain]");
const complete = () => document.querySelector("[data-test-script-state=notRunning]");
const leave = () => { wanted = null; };

// A page that is left is emptied, and so scrolled to its top, before the address is another.
const emptied = (element) => element.scrollHeight <= element.clientHeight;

// Scroll until the page has been written anew (begun) and was at its place for a while, or time is up.
function approach(until, begun = false, reached = 0) {
  if (wanted === null) return;
  const element = main();
  if (element) element.scrollTop = wanted; // as far as the page is there already
  const there = complete() && element && Math.abs(element.scrollTop - wanted) < 2;
  if ((begun && reached > 5) || performance.now() > until) leave();
  else setTimeout(approach, 100, until, begun || !complete(), there ? reached + 1 : 0);
}

document.addEventListener("scroll", ({ target }) => {
  if (wanted === null && target === main() && !emptied(target)) places.set(location.pathname, target.scrollTop);
}, true);
addEventListener("popstate", () => {
  wanted = places.get(location.pathname) ?? 0;
  approach(performance.now() + 30_000);
});
for (const kind of ["wheel", "touchmove", "keydown", "pointerdown"]) addEventListener(kind, leave, { passive: true, capture: true });

// The place to drop a photo on has a name and a role that forbids one, which screen readers cannot make sense of.
new MutationObserver(() => document.querySelector("[data-testid=stFileUploaderDropzone][role]")?.removeAttribute("role"))
  .observe(document.body, { childList: true, subtree: true });

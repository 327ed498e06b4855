// What Streamlit's own page lacks; a part of the first HTML.

// Back and Forward lead to where one was on a page: Streamlit scrolls an element of it, which browsers do not remember.
const places = new Map(); // address -> pixels from the top
let wanted = null;

const main = () => document.querySelector("[data-testid=stMain]");
const leave = () => { wanted = null; };

function approach(until, reached = 0) {
  if (wanted === null) return;
  const element = main();
  if (element) element.scrollTop = wanted; // as far as the page is there already
  const there = element && Math.abs(element.scrollTop - wanted) < 2;
  const complete = document.querySelector("[data-test-script-state=notRunning]");
  if ((there && complete && reached > 5) || performance.now() > until) leave();
  else setTimeout(approach, 100, until, there && complete ? reached + 1 : 0);
}

document.addEventListener("scroll", (event) => {
  if (wanted === null && event.target === main()) places.set(location.pathname, event.target.scrollTop);
}, true);
addEventListener("popstate", () => {
  wanted = places.get(location.pathname) ?? 0;
  approach(performance.now() + 10_000);
});
for (const kind of ["wheel", "touchmove", "keydown", "pointerdown"]) addEventListener(kind, leave, { passive: true, capture: true });

// The place to drop a photo on has a name and a role that forbids one, which screen readers cannot make sense of.
new MutationObserver(() => document.querySelector("[data-testid=stFileUploaderDropzone][role]")?.removeAttribute("role"))
  .observe(document.body, { childList: true, subtree: true });

// Shows what network.py sends; the code that draws it comes once, and is the exported page's own.
export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".network-root");
  import(new URL(data.code, location.origin).href).then(({ show }) => show(root, data));
}

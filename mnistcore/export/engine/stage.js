// The network at work, drawn: the picture, its stroke directions, the units that matter most, a bar for each answer, and
// between them lines as strong as what one adds to the other. On a narrow screen only the picture, three units and the bars.

const ARROWS = "→↘↓↙←↖↑↗"; // the stroke directions
const COLOURS = [[42, 157, 143], [224, 122, 63]]; // what adds, and what takes off: legible on light pages and on dark ones
const NARROW = 560; // pixels: below this width there is no room for more
const WEAKEST = 0.1; // of the strongest line between the same two columns; weaker ones are left out
const PACE = 3500; // ms that a step of the slow motion lasts
const KEY = "A <b>green</b> line adds to what it leads to, an <i>orange</i> one takes off; the wider, the more.";

// A stage in an element; `show` it a scene. Units can be chosen: `onChoose` is told the name of one.
function createStage(root, onChoose = null) {
  let scene = null; // what is shown
  let columns = []; // of it, those for which there is room
  let edges = [];
  let form = ""; // what was built: another model, or another width, needs other nodes
  let slots = new Map(); // of each layer, which unit stood where
  let pointed = null; // the name of the node pointed at
  let chosen = null; // that of the unit that was chosen
  let step = null; // of the slow motion: the number of the last column that is lit; null is all of them
  let timer = null;

  root.innerHTML = `<div class="network"><div class="columns"></div><div class="slow"><span class="buttons">${[
    ["back", "Back", "‹"],
    ["play", "Play slowly", "▶"],
    ["next", "Next step", "›"],
  ].map(([name, label, sign]) => `<button type="button" data-slow="${name}" aria-label="${label}">${sign}</button>`).join("")}
    </span><p role="status">${KEY}</p></div></div>`;
  const table = root.querySelector(".columns");
  const sentence = root.querySelector(".slow p");

  function show(next) {
    scene = { ...next, layers: next.layers.map(inTheirSlots) };
    scene.edges = next.edges.map((amounts, gap) => arranged(amounts, orderAt(next, gap), orderAt(next, gap + 1)));
    if (scene.best === null) step = null;
    paint();
  }

  // A layer with those units that were shown before where they were: they would dance while the pen moves.
  function inTheirSlots(layer, number) {
    const old = slots.get(number) ?? [];
    const units = layer.units.map((_, slot) => (layer.units.includes(old[slot]) ? old[slot] : null));
    const others = layer.units.filter((unit) => !units.includes(unit));
    const order = units.map((unit) => layer.units.indexOf(unit ?? others.shift()));
    const inOrder = (values) => order.map((i) => values[i]);
    slots.set(number, inOrder(layer.units));
    return { ...layer, order, ...Object.fromEntries(["units", "shares", "fires", "pictures"].map((k) => [k, inOrder(layer[k])])) };
  }

  // Into which order the nodes of a column were brought, if it is one of units.
  function orderAt({ planes }, column) {
    return scene.layers[column - (planes ? 2 : 1)]?.order;
  }

  function paint() {
    ({ columns, edges } = scene && root.clientWidth ? room(scene, root.clientWidth < NARROW) : { columns: [], edges: [] });
    const wanted = columns.map(({ kind, caption, nodes }) => `${kind} ${caption} ${nodes.length}`).join();
    if (wanted !== form) build(wanted);
    columns.forEach(fill);
    drawLines();
    tell();
  }

  function build(wanted) {
    form = wanted;
    table.style.gridTemplateColumns = columns.map(() => "auto").join(" minmax(0, 1fr) ");
    table.innerHTML = columns
      .map(({ kind, caption, nodes }, i) => {
        const tag = kind === "bars" ? "ol" : "div";
        const body = nodes.map((node) => nodeIn(kind, node)).join("");
        return `${i ? '<canvas class="lines" aria-hidden="true"></canvas>' : ""}<p class="caption">${caption}</p>
          <${tag} class="nodes ${kind}" style="--count:${nodes.length}"${kind === "bars" ? ' aria-label="Probability of each answer"' : ""}>${body}</${tag}>`;
      })
      .join("");
    table.querySelectorAll("canvas.lines").forEach((canvas) => resized.observe(canvas));
  }

  function nodeIn(kind, { side, words, sign = "" }) {
    if (kind === "bars") return `<li><span>${sign}</span><span class="track"><span class="bar"></span></span><span></span></li>`;
    const tag = kind === "units" && onChoose ? 'button type="button"' : "span";
    const picture = `<canvas width="${side}" height="${side}" role="img" aria-label="${words}"></canvas>`;
    return `<${tag} class="node">${sign}${picture}</${tag.split(" ")[0]}>`;
  }

  function fill({ kind, nodes }, number) {
    const elements = table.querySelectorAll(".nodes")[number].children;
    nodes.forEach((node, i) => {
      const element = elements[i];
      element.dataset.node = node.name;
      element.classList.toggle("later", step !== null && number > step);
      if (kind === "bars") return fillBar(element, node);
      const canvas = element.querySelector("canvas");
      if (kind === "units") {
        element.style.setProperty("--glow", node.glow.toFixed(2));
        if (onChoose) element.ariaPressed = node.name === chosen;
        canvas.setAttribute("aria-label", node.words);
        paintWeights(canvas, node.numbers);
      } else paintInk(canvas, node.numbers, node.most);
    });
  }

  function fillBar(element, { p, mark }) {
    const shown = step !== null && step < columns.length - 1 ? 0 : p;
    element.className = `${mark} ${element.classList.contains("later") ? "later" : ""}`.trim();
    element.querySelector(".bar").style.width = `${(100 * shown).toFixed(1)}%`;
    element.lastChild.textContent = shown < 0.0005 ? "" : `${(100 * Math.min(shown, 0.999)).toFixed(1)}%`; // never "100.0%"
  }

  function drawLines() {
    const lit = new Set([pointed]);
    table.querySelectorAll("canvas.lines").forEach((canvas, gap) => drawGap(canvas, gap, lit));
    table.classList.toggle("pointed", pointed !== null);
    table.querySelectorAll("[data-node]").forEach((node) => node.classList.toggle("lit", lit.has(node.dataset.node)));
  }

  function drawGap(canvas, gap, lit) {
    const { width, height } = canvas;
    const pen = canvas.getContext("2d");
    pen.clearRect(0, 0, width, height);
    if (!edges[gap] || (step !== null && step <= gap)) return;
    const most = Math.max(...edges[gap].flat().map(Math.abs)) || 1;
    const [left, right] = [columns[gap].nodes, columns[gap + 1].nodes];
    edges[gap].forEach((amounts, i) =>
      amounts.forEach((amount, j) => {
        const share = Math.abs(amount) / most;
        if (share <= WEAKEST) return;
        const its = left[i].name === pointed || right[j].name === pointed;
        if (its) lit.add(left[i].name).add(right[j].name);
        const [from, to] = [(height * (i + 0.5)) / left.length, (height * (j + 0.5)) / right.length];
        pen.globalAlpha = pointed === null ? 0.15 + 0.8 * share : its ? 1 : 0.06;
        pen.lineWidth = devicePixelRatio * (0.5 + (root.clientWidth < NARROW ? 2 : 5) * share);
        pen.strokeStyle = `rgb(${COLOURS[amount > 0 ? 0 : 1]})`;
        pen.beginPath();
        pen.moveTo(0, from);
        pen.bezierCurveTo(width / 2, from, width / 2, to, width, to);
        pen.stroke();
      }),
    );
  }

  // The pictures of lines follow the screen: another width, another zoom, a phone that is turned.
  const resized = new ResizeObserver((entries) => {
    for (const { target, contentRect } of entries) {
      target.width = Math.round(contentRect.width * devicePixelRatio);
      target.height = Math.round(contentRect.height * devicePixelRatio);
    }
    drawLines();
  });
  new ResizeObserver(paint).observe(root);

  function point(name) {
    if (name === pointed) return;
    pointed = name;
    drawLines();
  }
  const nameOf = (target) => target?.closest?.("[data-node]")?.dataset.node ?? null;
  for (const kind of ["pointerover", "focusin", "click"])
    table.addEventListener(kind, (event) => {
      const name = nameOf(event.target);
      point(name);
      if (kind !== "pointerover" && name?.startsWith("unit")) onChoose?.(name);
    });
  table.addEventListener("pointerleave", () => point(nameOf(table.querySelector("[data-node]:focus"))));

  // ---- Slow motion: column after column lights up, one plain sentence each ----

  function go(to) {
    step = to < 0 || to >= columns.length ? null : to;
    if (step === null) stop();
    paint();
  }
  function stop() {
    clearInterval(timer);
    timer = null;
  }
  function play() {
    if (timer) return stop();
    timer = setInterval(() => go(step + 1), PACE);
    go(step === null ? 0 : step);
  }
  function tell() {
    sentence.innerHTML = step === null ? KEY : columns[step].sentence;
    const play = root.querySelector("[data-slow=play]");
    [play.textContent, play.ariaLabel] = timer ? ["❚❚", "Pause"] : ["▶", "Play slowly"];
    for (const button of root.querySelectorAll("[data-slow]")) button.disabled = scene?.best == null;
    root.querySelector("[data-slow=back]").disabled ||= step === null;
  }
  root.querySelector(".buttons").addEventListener("click", (event) => {
    const action = event.target.dataset.slow;
    if (action !== "play") stop();
    if (action === "next") go(step === null ? 0 : step + 1);
    if (action === "back") go(step - 1);
    if (action === "play") {
      play();
      tell();
    }
  });

  // As the pen moves everything is lit at once.
  const hurry = () => {
    stop();
    step = null;
  };
  // A unit that is looked at more closely.
  const choose = (name) => {
    chosen = name;
    paint();
    return scene.layers.flatMap((layer, number) => unitColumn(layer, number).nodes).find((node) => node.name === name);
  };
  return { show, hurry, choose };
}

// Rows and columns of a matrix in another order; undefined leaves them as they are.
function arranged(amounts, rows = [...amounts.keys()], columns = [...amounts[0].keys()]) {
  return rows.map((i) => columns.map((j) => amounts[i][j]));
}

// The columns of a scene, and what each node adds to those of the next.
function room({ image, planes, layers, edges, bars, best, label }, narrow) {
  const picture = {
    kind: "images",
    caption: "28×28 pixels",
    sentence: "Cut out, scaled to 20 pixels and moved to the middle, your ink is these 28×28 pixels.",
    nodes: [{ name: "image-0-0", side: SIDE, words: "The image that the network is given", numbers: image, most: 255 }],
  };
  const most = planes && Math.max(...planes.map(largest));
  const directions = planes && {
    kind: "directions",
    caption: "8 directions",
    sentence: "Eight pictures show where ink begins in each direction: → finds the left edges of strokes.",
    nodes: planes.map((numbers, i) => {
      const sign = ARROWS[i];
      return { name: `direction-0-${i}`, side: GRID, words: `Edges whose ink lies ${sign}`, sign, numbers, most };
    }),
  };
  const units = layers.map((layer, number) => unitColumn(layer, number));
  const named = (k) => (k === DIGITS ? "no digit" : `${k}`);
  const answer = {
    kind: "bars",
    caption: bars.length > DIGITS ? "11 answers" : "10 answers",
    sentence: `Each unit adds to some answers (green) and takes off others (orange). Most points: ${named(best)}.`,
    nodes: bars.map((p, k) => {
      const mark = k !== best ? "" : label == null || label === best ? "best" : "best misread";
      return { name: `digit-0-${k}`, sign: named(k), p, mark };
    }),
  };
  if (!narrow || !units.length) {
    return { columns: [picture, ...(planes ? [directions] : []), ...units, answer], edges };
  }
  const { shares, fires } = layers.at(-1);
  const three = [...shares.keys()].sort((a, b) => Math.abs(shares[b]) - Math.abs(shares[a])).slice(0, 3).sort((a, b) => a - b);
  const last = units.at(-1);
  const caption = layers.at(-1).explained === undefined ? `3 of ${layers.at(-1).count} units` : "3 kinds of unit";
  const few = { ...last, caption, nodes: three.map((i) => last.nodes[i]) };
  return {
    columns: [picture, few, answer],
    edges: edges.length ? [[three.map((i) => fires[i])], three.map((i) => edges.at(-1)[i])] : [],
  };
}

function unitColumn({ count, units, fires, pictures, explained }, layer) {
  const brightest = largest(fires) || 1;
  const shown = explained === undefined ? `${units.length} of ${count.toLocaleString("en")} units`
    : `${units.length} kinds of unit:<br>${Math.round(100 * explained)}% of the lead`; // on two lines it makes its column no wider
  return {
    kind: "units",
    caption: shown,
    sentence: layer
      ? `The next ${count.toLocaleString("en")} units weigh those before them, and look for larger parts of a digit.`
      : `Each of ${count.toLocaleString("en")} units looks for one pattern: ink where it is green makes it fire.`,
    nodes: units.map((unit, i) => ({
      name: `unit-${layer}-${unit}`,
      side: SIDE,
      words: `What unit ${unit} of hidden layer ${layer + 1} responds to`,
      numbers: pictures[i],
      glow: fires[i] / brightest,
    })),
  };
}

// Numbers as the pixels of a canvas: 0 black to `most` white.
function paintInk(canvas, numbers, most) {
  paintPixels(canvas, numbers, (number, data, at) => {
    data[at] = data[at + 1] = data[at + 2] = (255 * number) / (most || 1);
    data[at + 3] = 255;
  });
}

// Numbers in the two colours, on a clear ground; the largest is opaque.
function paintWeights(canvas, numbers) {
  let most = 0;
  for (const number of numbers) most = Math.max(most, Math.abs(number));
  paintPixels(canvas, numbers, (number, data, at) => {
    [data[at], data[at + 1], data[at + 2]] = COLOURS[number > 0 ? 0 : 1];
    data[at + 3] = (255 * Math.abs(number)) / (most || 1);
  });
}

function paintPixels(canvas, numbers, paint) {
  const pen = canvas.getContext("2d");
  const picture = pen.createImageData(canvas.width, canvas.height);
  for (let i = 0; i < numbers.length; i++) paint(numbers[i], picture.data, 4 * i);
  pen.putImageData(picture, 0, 0);
}

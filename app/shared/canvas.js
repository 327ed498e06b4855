// The sheet to draw on. The strokes are the browser's: it paints them, takes one back, clears them, and keeps them for
// the tab, so that they outlast a reload and a server that is away. The server is sent every change and says which one
// it knows; what it does not know after a while is sent again. It may put other strokes in their place.
const AGAIN = 3000; // ms

class Sheet {
  constructor(canvas, name) {
    this.canvas = canvas;
    this.key = `mnistcore-${name}`;
    this.pictures = new Map(); // of MNIST digits, by address
    this.kept = { id: null, put: null, strokes: [], cleared: [], width: null };
    try {
      Object.assign(this.kept, JSON.parse(sessionStorage.getItem(this.key)));
    } catch { /* the browser stores nothing */ }
    // or a phone takes a fast stroke for a swipe, and swallows a tap that follows it
    canvas.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    canvas.onpointerdown = (event) => this.begin(event);
    canvas.onpointermove = (event) => this.follow(event);
    canvas.onpointerup = canvas.onpointercancel = (event) => this.end(event);
    canvas.addEventListener("undo", (event) => this.undo() && event.preventDefault());
    canvas.addEventListener("clear", () => this.clear());
  }

  update(data, tell) {
    Object.assign(this, { data, tell });
    if (data.put && data.put.id !== this.kept.put) {
      this.pen = null;
      this.kept = { id: data.put.id, put: data.put.id, strokes: data.put.strokes, cleared: [], width: data.width };
      this.keep();
    }
    const { width, height } = data;
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
    if (this.kept.width !== width) this.fit();
    this.paint();
    if (data.known === this.kept.id) this.known();
    else if (this.kept.id && !this.timer) this.send();
  }

  // --- strokes

  begin(event) {
    if (!event.isPrimary || event.button) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.pen = { pointer: event.pointerId, stroke: { width: this.data.brush, points: [this.place(event)] } };
    this.kept.strokes.push(this.pen.stroke);
    this.paint();
  }

  follow(event) {
    if (event.pointerId !== this.pen?.pointer) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const one of events.length ? events : [event]) this.pen.stroke.points.push(this.place(one));
    this.frame ??= requestAnimationFrame(() => this.paint());
  }

  end(event) {
    if (event.pointerId !== this.pen?.pointer) return;
    this.pen = null;
    this.change();
  }

  undo() { // the last stroke; or it brings back what was cleared. Whether there was anything to do
    const { kept } = this;
    const some = kept.strokes.length + kept.cleared.length > 0;
    if (kept.strokes.length) kept.strokes.pop();
    else [kept.strokes, kept.cleared] = [kept.cleared, []];
    this.change();
    return some;
  }

  clear() {
    if (this.kept.strokes.length) this.kept.cleared = this.kept.strokes; // clearing twice loses nothing
    this.kept.strokes = [];
    this.change();
  }

  fit() { // the sheet has become wider, or narrower: then strokes that would not fit become smaller
    const { canvas, kept } = this;
    kept.width = canvas.width;
    if (!kept.strokes.length) return;
    const right = (stroke) => stroke.box ? stroke.box[0] + stroke.box[2] : Math.max(...stroke.points.map(([x]) => x));
    if (Math.max(...kept.strokes.map(right)) > canvas.width) {
      const down = canvas.height / 4;
      for (const stroke of kept.strokes) {
        stroke.width /= 2;
        stroke.points = stroke.points?.map(([x, y]) => [x / 2, y / 2 + down]);
        if (stroke.box) stroke.box = [stroke.box[0] / 2, stroke.box[1] / 2 + down, stroke.box[2] / 2];
      }
    }
    this.change(); // the picture has another size
  }

  place(event) { // in pixels of the picture
    const { left, top, width } = this.canvas.getBoundingClientRect();
    const scale = this.canvas.width / width;
    return [event.clientX - left, event.clientY - top].map((at) => Math.round(10 * scale * at) / 10);
  }

  // --- paint

  paint() {
    cancelAnimationFrame(this.frame);
    this.frame = null;
    const { width, height } = this.canvas;
    const context = this.canvas.getContext("2d");
    Object.assign(context, { fillStyle: "#000", strokeStyle: "#fff", lineCap: "round", lineJoin: "round" });
    context.imageSmoothingEnabled = false;
    context.fillRect(0, 0, width, height);
    for (const stroke of this.kept.strokes) {
      if (stroke.image) {
        const [x, y, side] = stroke.box;
        context.drawImage(this.picture(stroke.image), x, y, side, side);
      } else {
        line(context, stroke);
      }
    }
  }

  picture(address) { // nothing is drawn of one that is still being loaded
    if (!this.pictures.has(address)) {
      const picture = new Image();
      picture.src = address;
      picture.onload = () => this.paint();
      this.pictures.set(address, picture);
    }
    return this.pictures.get(address);
  }

  // --- the server, and the tab's store

  change() {
    this.kept.id = Array.from(crypto.getRandomValues(new Uint32Array(2)), (part) => part.toString(36)).join("");
    this.keep();
    this.send();
  }

  keep() {
    try {
      sessionStorage.setItem(this.key, JSON.stringify(this.kept));
    } catch { /* the same */ }
  }

  async send() {
    this.known();
    this.timer = setTimeout(() => this.send(), AGAIN);
    const { id } = this.kept;
    this.paint();
    await Promise.allSettled([...this.pictures.values()].map((picture) => picture.decode()));
    if (id !== this.kept.id) return; // the next change is on its way
    this.paint();
    this.tell({ id, strokes: this.kept.strokes, png: this.canvas.toDataURL(), sent: performance.now() });
  }

  known() {
    clearTimeout(this.timer);
    this.timer = null;
  }
}

function line(context, { width, points }) {
  context.lineWidth = width;
  context.beginPath();
  context.moveTo(...points[0]);
  for (let i = 1; i + 1 < points.length; i++) {
    const [[x, y], [nextX, nextY]] = [points[i], points[i + 1]];
    context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
  }
  const [x, y] = points.at(-1);
  context.lineTo(x + 0.01, y); // a line of no length would not be painted
  context.stroke();
}

export default function ({ data, parentElement, setStateValue }) {
  const canvas = parentElement.querySelector("canvas");
  canvas.sheet ??= new Sheet(canvas, data.sheet);
  canvas.sheet.update(data, (drawing) => setStateValue("drawing", drawing));
  return () => canvas.sheet.known();
}

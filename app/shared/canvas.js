// The sheet to draw on. streamlit-drawable-canvas draws: its module is called here with data of our own, and it tells us
// every stroke. They are kept here for the tab, so that they outlast a reload and a server that is away; undo and clear
// have them drawn anew at once. The server is sent every change and says which one it knows; what it does not know after
// a while is sent again. It may put other strokes in their place.
const AGAIN = 3000; // ms
const BLACK = "#000000"; // in both themes
const PLAIN = { // what the module is told besides
  fillColor: BLACK, strokeColor: "#ffffff", backgroundColor: BLACK, drawingMode: "freedraw",
  realtimeUpdateStreamlit: true, returnImageData: true, // or it does not say when it has drawn what it was given
  backgroundImageURL: null, backgroundImageFit: "stretch", maxDisplayHeight: null, disabled: false, displayRadius: 3,
  fontSize: 20, label: "",
};

class Sheet {
  constructor(place, name, module) {
    this.place = place;
    this.canvas = place.querySelector("canvas.sheet"); // a copy of what is drawn, with the stroke that is being drawn
    this.key = `mnistcore-sheet-${name}`;
    this.kept = { id: null, put: null, strokes: [], cleared: [], width: null };
    try {
      Object.assign(this.kept, JSON.parse(sessionStorage.getItem(this.key)));
    } catch { /* the browser stores nothing */ }
    this.shown = { objects: [], background: BLACK }; // of the first it is given the module sends no picture
    this.canvas.addEventListener("undo", (event) => this.undo() && event.preventDefault());
    this.canvas.addEventListener("clear", () => this.clear());
    this.listen();
    import(new URL(module, document.baseURI)).then(({ default: draw }) => {
      if (this.gone) return;
      this.draw = draw;
      this.render();
      this.show(); // whatever was shown before it was there
    });
  }

  update(data, tell) {
    Object.assign(this, { data, tell });
    const { put, width, height, known } = data;
    const renewed = put && put.id !== this.kept.put;
    if (renewed) {
      this.kept = { id: put.id, put: put.id, strokes: put.strokes, cleared: [], width };
      this.keep();
    }
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
    if (this.kept.width !== width) this.fit();
    else if (renewed) this.show();
    else this.render();
    if (known === this.kept.id) this.known();
    else if (this.kept.id && !this.timer) this.send();
  }

  // --- the module

  render() { // it draws its initial drawing anew only if that has changed
    const { brush, width, height } = this.data;
    this.dispose = this.draw?.({
      data: { ...PLAIN, strokeWidth: brush, canvasWidth: width, canvasHeight: height, initialDrawing: this.shown },
      parentElement: this.place,
      setStateValue: (what, value) => what === "drawing" && this.take(value),
    });
    requestAnimationFrame(() => this.copy());
  }

  show() { // what is kept; numbered, for a drawing that is equal to the last would not be drawn
    this.png = null;
    this.stale = this.loading || !this.draw; // two at a time would get into each other's way
    if (this.stale) return;
    this.loading = true;
    this.shown = { objects: [...this.kept.strokes], background: BLACK, number: (this.shown.number ?? 0) + 1 };
    this.render();
  }

  take({ raw, data }) { // what is on its canvas: what was shown, or what was there before and the stroke that has ended
    const { kept } = this;
    const added = this.ending ? raw.objects.slice(-1) : []; // what was there before may be of either side of `show`
    if (added.length) {
      kept.strokes.push(...added);
      this.mark();
    }
    if (!this.ending) this.loading = false;
    if (this.loading ? added.length : this.stale) return this.show();
    if (this.loading) return;
    this.png = data;
    if (!this.ending) this.copy(); // a stroke that has ended it paints in the next frame; until then the pen's is there
    if (![this.sent, this.data.known].includes(kept.id)) this.send();
  }

  listen() { // the module hears the mouse and fingers at the document, so before the window does
    this.away = new AbortController();
    const on = (kinds, heard) => {
      for (const kind of kinds) addEventListener(kind, heard, { signal: this.away.signal });
    };
    on(["mousedown", "touchstart"], (event) => {
      this.down = this.place.contains(event.target) && event.target !== this.canvas && !event.button;
      if (this.down) this.copy();
    });
    on(["mousemove", "touchmove"], () => this.down && this.copy());
    on(["mouseup", "touchend", "touchcancel"], (event) => {
      if (!this.down || event.touches?.length) return;
      this.down = false;
      this.ending = true;
      this.place.querySelector(".dc-toolbar button")?.click(); // "Update the app": it would wait for another stroke
      this.ending = false;
      requestAnimationFrame(() => this.copy());
    });
  }

  copy() {
    const context = this.canvas.getContext("2d");
    for (const layer of this.place.querySelectorAll(".canvas-container canvas")) {
      if (layer.width && layer.height) context.drawImage(layer, 0, 0);
    }
  }

  // --- strokes

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
    if (!kept.strokes.length) return this.render();
    if (Math.max(...kept.strokes.map(right)) > canvas.width) {
      kept.strokes = kept.strokes.map((stroke) => ({
        ...stroke,
        left: stroke.left / 2,
        top: stroke.top / 2 + canvas.height / 4,
        scaleX: (stroke.scaleX ?? 1) / 2,
        scaleY: (stroke.scaleY ?? 1) / 2,
      }));
    }
    this.change(); // the picture has another size
  }

  // --- the server, and the tab's store

  change() { // the strokes, by ourselves: they are sent when they are drawn
    this.mark();
    this.show();
  }

  mark() { // that the strokes are others
    this.kept.id = Array.from(crypto.getRandomValues(new Uint32Array(2)), (part) => part.toString(36)).join("");
    this.keep();
    this.canvas.dispatchEvent(new CustomEvent("drawn", { bubbles: true }));
  }

  keep() {
    try {
      sessionStorage.setItem(this.key, JSON.stringify(this.kept));
    } catch { /* the same */ }
  }

  send() {
    if (!this.png) return; // not drawn yet
    this.known();
    this.timer = setTimeout(() => this.send(), AGAIN);
    const { id, strokes } = this.kept;
    this.sent = id;
    this.tell({ id, strokes, png: this.png, sent: performance.now() });
  }

  known() {
    clearTimeout(this.timer);
    this.timer = null;
  }

  leave() {
    this.gone = true;
    this.known();
    this.away.abort();
    this.dispose?.();
  }
}

function right({ left, width = 0, scaleX = 1, originX }) { // how far a stroke goes
  return left + width * scaleX * (originX === "center" ? 0.5 : 1);
}

export default function ({ data, parentElement, setStateValue }) {
  const place = parentElement.querySelector(".sheet-place");
  place.sheet ??= new Sheet(place, data.sheet, data.module);
  place.sheet.update(data, (drawing) => setStateValue("drawing", drawing));
  return () => {
    place.sheet?.leave();
    delete place.sheet;
  };
}

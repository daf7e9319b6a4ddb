// What every explorer has in the browser: controls, panels, keys, words, stage and full screen.
//
// An explorer extends LinkedView and writes
//   build()    once: `this.control(...)` for the bar, `this.panel(...)` for pictures, elements into `this.body`;
//   draw()     everything, from `this.state`, `this.facts` and `this.bytes`; and
//   describe() the state in words.
// `this.set({...})` changes the state: views, page and kernel follow.

class LinkedView {
  constructor(model, el) {
    Object.assign(this, { model, stage: model.get("stage"), controls: {}, panels: {}, wide: 0, high: 0 });
    this.live = !model.alone; // whether there is a kernel
    this.root = el.appendChild(make("div", { className: this.stage ? "linked stage" : "linked" }));
    this.bar = make("div", { className: "bar" });
    this.said = make("div", { className: "said" });
    this.said.setAttribute("aria-live", "polite");
    this.body = make("div", { className: "body" });
    this.root.append(make("style", { textContent: LINKED_STYLE }), this.bar, this.said, this.body);
    this.load();
    this.build();
    if (this.stage) this.buildStage();
    this.bar.append(make("button", { textContent: "full screen", onclick: () => (document.fullscreenElement ? document.exitFullscreen() : this.root.requestFullscreen()) }));
    this.follow = () => this.refresh();
    this.reload = () => this.soon(() => { this.load(); this.refresh(); });
    model.on("change:state", this.follow);
    for (const name of ["changed", "payload"]) model.on(`change:${name}`, this.reload);
    this.resized = () => this.arrange();
    this.observer = new ResizeObserver(this.resized);
    this.observer.observe(this.root);
    window.addEventListener("resize", this.resized);
    this.arrange();
  }

  remove() {
    this.observer.disconnect();
    window.removeEventListener("resize", this.resized);
    this.model.off("change:state", this.follow);
    for (const name of ["changed", "payload"]) this.model.off(`change:${name}`, this.reload);
  }

  get state() { return this.model.get("state"); }

  /** Changes the state; how long the views took to follow stands in `root.dataset.ms`. */
  set(change) {
    const started = performance.now();
    this.model.set("state", { ...this.state, ...change }); // draws through the model's event
    this.root.dataset.ms = (performance.now() - started).toFixed(1);
    this.model.save_changes();
  }

  /** Takes over facts and payload; again whenever the kernel sends new ones. */
  load() {
    const sent = this.model.get("payload"); // a DataView into a larger buffer
    this.facts = { ...this.model.get("facts"), ...this.model.get("changed") };
    this.bytes = sent.buffer.slice(sent.byteOffset, sent.byteOffset + sent.byteLength);
    this.cache = new Map();
  }

  /** Does something once, however often it is asked for before: facts and payload that arrive together come as two events. */
  soon(what) {
    if (this.asked) return;
    this.asked = true;
    queueMicrotask(() => {
      this.asked = false;
      if (this.root.isConnected) what();
    });
  }

  /** A picture (data address) that draws the views again when it has arrived. */
  picture(source) {
    const image = new Image();
    image.onload = () => this.wide && this.refresh();
    image.src = source;
    return image;
  }

  /** What `make` gives, made once per key and per payload. */
  kept(key, make) {
    if (!this.cache.has(key)) this.cache.set(key, make());
    return this.cache.get(key);
  }

  /** A labelled control in the bar that shows state[name]; `read` says what its element changes. */
  control(name, label, element, read = (e) => ({ [name]: e.type === "checkbox" ? e.checked : e.type === "range" ? +e.value : e.value })) {
    element.setAttribute("aria-label", label);
    element.dataset.control = name;
    element.addEventListener(element.tagName === "SELECT" ? "change" : "input", () => this.set(read(element)));
    this.controls[name] = element;
    this.bar.append(make("label", {}, `${label} `, element));
    return element;
  }

  /**
   * A picture with a caption above and words below; put its `figure` into `this.body`.
   * aspect: width over height. wide: preferred width, CSS pixels. label: the text alternative.
   * clicked([across, down]): shares of width and height. moved(right, up): arrow keys, steps of -1, 0, 1.
   */
  panel(name, { aspect, wide, label, clicked = null, moved = null }) {
    const canvas = make("canvas"), caption = make("figcaption"), words = make("div", { className: "small" });
    canvas.dataset.panel = name;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", clicked ? `${label}; click or use the arrow keys to choose` : label);
    if (clicked) {
      Object.assign(canvas, { tabIndex: 0, className: "chooses" });
      canvas.addEventListener("click", (event) => clicked([event.offsetX / canvas.wide, event.offsetY / canvas.high]));
    }
    if (moved) this.keys(canvas, moved);
    const made = { name, canvas, caption, words, aspect, wide, figure: make("figure", {}, caption, canvas, words) };
    this.panels[name] = made;
    return made;
  }

  keys(canvas, moved) {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    canvas.addEventListener("keydown", (event) => {
      if (!(event.key in steps)) return;
      event.preventDefault(); // or the notebook moves to another cell
      event.stopPropagation();
      moved(...steps[event.key]);
    });
  }

  /** Names of the two panels that a stage shows first. */
  get onStage() { return Object.keys(this.panels).slice(0, 2); }

  /** On a stage there are two large panels, and lists to choose them from, in place of the body. */
  buildStage() {
    this.body.replaceChildren();
    this.body.className = "row";
    this.pair = [...this.onStage];
    this.pair.forEach((name, place) => {
      const list = choice(Object.keys(this.panels));
      list.value = name;
      list.setAttribute("aria-label", place ? "right picture" : "left picture");
      list.onchange = () => { this.pair[place] = list.value; this.wide = 0; this.arrange(); };
      this.bar.append(make("label", {}, place ? "right " : "left ", list));
    });
  }

  /** Gives a panel a width, CSS pixels. */
  fit(panel, width) {
    const { canvas, figure } = panel, sharp = window.devicePixelRatio || 1, height = width / panel.aspect;
    Object.assign(canvas, { width: Math.round(width * sharp), height: Math.round(height * sharp) });
    Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
    canvas.getContext("2d").setTransform(sharp, 0, 0, sharp, 0, 0);
    Object.assign(canvas, { wide: width, high: height, thick: this.stage ? 1.8 : 1, type: this.stage ? 1.4 : 1 });
    figure.style.width = `${width}px`;
  }

  /** Sizes for the room there is; nothing is wider than the page. */
  arrange() {
    const wide = Math.floor(this.root.clientWidth || 900) - 14, high = window.innerHeight;
    if (wide === this.wide && high === this.high) return;
    Object.assign(this, { wide, high });
    if (this.stage) return this.arrangeStage();
    this.layout(wide);
    return this.refresh();
  }

  /** Widths of the panels; an explorer with columns of its own writes this anew. */
  layout(wide) {
    for (const panel of Object.values(this.panels)) this.fit(panel, Math.min(panel.wide, wide));
  }

  /** The largest height of two pictures at which everything fits on the screen. */
  arrangeStage() {
    this.layout(this.wide); // panels out of sight are drawn too
    const pair = [...new Set(this.pair)].map((name) => this.panels[name]);
    this.body.replaceChildren(...pair.map(({ figure }) => figure));
    // In a frame of another page the window is as high as we make it.
    const room = window.parent === window ? this.high : Math.min(720, screen.availHeight);
    let high = room;
    for (let times = 0; times < 4; times++) {
      this.fitPair(pair, high);
      this.refresh(); // captions wrap as they will
      const over = this.root.offsetHeight - room;
      if (over <= 0) return;
      high = Math.max(100, Math.max(...pair.map(({ canvas }) => canvas.high)) - over);
    }
  }

  /** The narrower picture takes the height, the other one what is left of the width. */
  fitPair(pair, high) {
    const [narrow, other] = [...pair].sort((a, b) => a.aspect - b.aspect);
    this.fit(narrow, Math.min(high * narrow.aspect, other ? 0.48 * this.wide : this.wide));
    if (other) this.fit(other, Math.min(high * other.aspect, this.wide - narrow.figure.offsetWidth - 20));
  }

  /** Shows the state: controls, words and pictures; `root.dataset.drawn` counts how often. */
  refresh() {
    if (!this.wide) return;
    for (const [name, element] of Object.entries(this.controls)) {
      if (element.type === "checkbox") element.checked = this.state[name];
      else element.value = this.state[name];
    }
    this.said.textContent = this.describe();
    this.draw();
    this.root.dataset.drawn = +(this.root.dataset.drawn ?? 0) + 1;
  }
}

/** What anywidget asks for. */
function explorerOf(View) {
  return {
    render({ model, el }) {
      const view = new View(model, el);
      return () => view.remove();
    },
  };
}

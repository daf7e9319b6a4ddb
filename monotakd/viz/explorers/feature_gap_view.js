// The feature-gap explorer on the page: panels, controls, clicks and keys. Needs no kernel after the first moment.

const STYLE = `
.fg{font:13px/1.35 system-ui,sans-serif;color:#1B2530;background:#fff;padding:6px;max-width:1400px}
.fg .bar{display:flex;flex-wrap:wrap;gap:4px 14px;align-items:center;margin:2px 0 8px}
.fg .row{display:flex;flex-wrap:wrap;gap:10px;align-items:flex-start}
.fg figure{margin:0 0 6px}.fg figcaption b{font-weight:600}.fg .small{font-size:11.5px;color:#56616B}.fg .mark{color:#A3341F}
.fg canvas{display:block;image-rendering:pixelated;cursor:crosshair;touch-action:manipulation}
.fg canvas:focus-visible,.fg :is(select,input):focus-visible{outline:3px solid #1F6FB5;outline-offset:1px}
.fg .said{margin:4px 0;font-weight:600;min-height:2.7em}.fg.stage{font-size:20px}.fg.stage .small{font-size:16px}`;

function make(tag, options = {}, ...children) {
  const element = Object.assign(document.createElement(tag), options);
  element.append(...children);
  return element;
}

/** "fused F_S" as text with a lowered S. */
function titled(text) {
  const [, before, below, after] = text.match(/^(.*?)_(\w+)(.*)$/) ?? [null, text, "", ""];
  return below ? [before, make("sub", { textContent: below }), after] : [text];
}

class View {
  constructor(model, root) {
    Object.assign(this, { model, root, facts: model.get("facts") });
    const sent = model.get("payload"); // a DataView into a larger buffer
    this.bytes = sent.buffer.slice(sent.byteOffset, sent.byteOffset + sent.byteLength);
    this.cache = new Map();
    this.image = new Image();
    this.image.onload = () => this.draw();
    this.image.src = this.facts.image.png;
    this.build();
    this.draw();
    this.changed = () => this.draw();
    model.on("change:state", this.changed);
  }

  get state() { return this.model.get("state"); }

  set(change) {
    const started = performance.now();
    this.model.set("state", { ...this.state, ...change }); // draws through the model's event
    this.root.dataset.ms = (performance.now() - started).toFixed(1);
    this.model.save_changes();
  }

  build() {
    const { facts } = this, wide = this.model.get("stage") ? 620 : 520;
    this.root.classList.add("fg");
    this.root.classList.toggle("stage", this.model.get("stage"));
    this.controls = {};
    const bar = make("div", { className: "bar" });
    const control = (name, label, element, read) => {
      element.setAttribute("aria-label", label);
      element.dataset.control = name;
      element.addEventListener(element.tagName === "SELECT" ? "change" : "input", () => this.set(read(element)));
      this.controls[name] = element;
      bar.append(make("label", {}, `${label} `, element));
    };
    const choice = (names) => make("select", {}, ...names.map((name) => make("option", { value: name, textContent: name })));
    const range = (last, step) => make("input", { type: "range", min: 0, max: last, step });
    const names = facts.maps.map((map) => map.name);
    control("view", "show", choice(["pca", "norm", "mean", "channel"]), (e) => ({ view: e.value }));
    control("channel", "channel", range(facts.channels.length - 1, 1), (e) => ({ view: "channel", channel: +e.value }));
    control("boxes", "boxes", make("input", { type: "checkbox" }), (e) => ({ boxes: e.checked }));
    control("a", "compare", choice(names), (e) => ({ a: e.value }));
    control("b", "with", choice(names), (e) => ({ b: e.value }));
    control("mode", "by", choice(["swipe", "difference"]), (e) => ({ mode: e.value }));
    control("split", "swipe", range(1, 0.01), (e) => ({ mode: "swipe", split: +e.value }));

    const [height, width] = facts.image.size;
    this.picture = this.canvas(wide, (wide * height) / width, `camera image of frame ${facts.frame}`, (x, y) =>
      this.choosePixel([(x * width) / wide - 0.5, (y * width) / wide - 0.5]));
    this.keys(this.picture, (right, up) => this.state.uv && this.choosePixel([this.state.uv[0] + 4 * right, this.state.uv[1] - 4 * up]));
    this.depths = make("canvas"); this.vectors = make("canvas");
    for (const [plot, label] of [[this.depths, "depth distribution"], [this.vectors, "channel vectors"]]) {
      this.size(plot, wide, 130);
      plot.setAttribute("role", "img");
      plot.setAttribute("aria-label", label);
      plot.style.cursor = "default";
    }
    this.said = make("div", { className: "said" });
    this.said.setAttribute("aria-live", "polite");
    const left = make("div", { style: `width:${wide}px` }, make("figure", {}, make("figcaption", {}, make("b", { textContent: "image" }), `, frame ${facts.frame}`), this.picture),
      this.said, this.depths, this.vectors);
    this.comparison = this.bev("comparison", this.model.get("stage") ? 460 : 330);
    this.panels = facts.maps.map((map) => this.bev(map.name, this.model.get("stage") ? 230 : 172));
    this.root.append(make("style", { textContent: STYLE }), bar,
      make("div", { className: "row" }, left, this.comparison.figure),
      make("div", { className: "row" }, ...this.columns()));
  }

  /** Every map above its earlier version. */
  columns() {
    const found = new Map();
    this.panels.forEach((panel, place) => {
      const { plain } = this.facts.maps[place];
      if (!found.has(plain)) found.set(plain, make("div"));
      found.get(plain).append(panel.figure);
    });
    return found.values();
  }

  size(canvas, width, height) {
    const sharp = window.devicePixelRatio || 1;
    Object.assign(canvas, { width: Math.round(width * sharp), height: Math.round(height * sharp) });
    Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
    canvas.getContext("2d").setTransform(sharp, 0, 0, sharp, 0, 0);
    Object.assign(canvas, { wide: width, high: height });
  }

  canvas(width, height, label, clicked) {
    const canvas = make("canvas", { tabIndex: 0 });
    this.size(canvas, width, height);
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `${label}; click or use the arrow keys to choose`);
    canvas.addEventListener("click", (event) => clicked(event.offsetX, event.offsetY));
    return canvas;
  }

  bev(name, wide) {
    const { grid } = this.facts, [rows, columns] = grid.shape;
    const metres = [grid.upper[0] - grid.lower[0], grid.upper[1] - grid.lower[1]];
    const high = (wide * metres[0]) / metres[1];
    const canvas = this.canvas(wide, high, `${name} from above`, (x, y) => this.chooseCell(
      [Math.floor(rows * (1 - x / wide)), Math.floor(columns * (1 - y / high))]));
    this.keys(canvas, (right, up) => this.state.cell && this.chooseCell([this.state.cell[0] - right, this.state.cell[1] + up]));
    canvas.dataset.panel = name;
    const caption = make("figcaption"), words = make("div", { className: "small" });
    const figure = make("figure", { style: `width:${wide}px` }, caption, canvas, words);
    return { name, canvas, caption, words, figure };
  }

  keys(canvas, move) {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    canvas.addEventListener("keydown", (event) => {
      if (!(event.key in steps)) return;
      event.preventDefault(); // or the notebook moves to another cell
      event.stopPropagation();
      move(...steps[event.key]);
    });
  }

  chooseCell([row, column]) {
    const [rows, columns] = this.facts.grid.shape;
    this.set(selectCell(this.facts, [Math.max(0, Math.min(rows - 1, row)), Math.max(0, Math.min(columns - 1, column))]));
  }

  choosePixel([u, v]) {
    const [height, width] = this.facts.image.size;
    this.set(selectPixel(this.facts, this.bytes, [Math.max(0, Math.min(width - 1, u)), Math.max(0, Math.min(height - 1, v))]));
  }

  draw() {
    const { facts, state } = this;
    for (const [name, element] of Object.entries(this.controls)) {
      if (element.type === "checkbox") element.checked = state[name];
      else element.value = state[name];
    }
    this.controls.channel.title = `channel ${facts.channels[state.channel]}`;
    this.said.textContent = describe(facts, this.bytes, state);
    this.drawImage();
    this.panels.forEach((panel, place) => this.drawMap(panel, facts.maps[place]));
    this.drawComparison();
    const font = this.model.get("stage") ? "16px system-ui" : "11.5px system-ui";
    drawDepths(this.depths, facts, this.bytes, state, font);
    drawVectors(this.vectors, facts, this.bytes, state, font);
  }

  /** A map's picture in the present view, kept for the next time. */
  tile(map) {
    const key = [map.name, this.state.view, this.state.view === "channel" ? this.state.channel : ""].join("|");
    if (!this.cache.has(key)) this.cache.set(key, this.asTile(mapPixels(this.facts, this.bytes, map, this.state)));
    return this.cache.get(key);
  }

  asTile(pixels) {
    if (pixels === null) return null;
    const [width, height] = this.facts.grid.shape, tile = make("canvas", { width, height });
    tile.getContext("2d").putImageData(new ImageData(pixels, width, height), 0, 0);
    return tile;
  }

  captions(panel, map) {
    const { facts, state } = this, layer = layerOf(map, state), look = layer === null ? null : map.looks[layer];
    panel.caption.replaceChildren(make("b", {}, ...titled(map.title)),
      make("div", { className: `small ${map.mark && "mark"}`, textContent: map.mark || (look ? look.note : "\u00a0") }));
    const words = [], found = map.likeness;
    const beside = (value, floor) => (value === null ? "none" : value.toFixed(2)) + (floor === null ? "" : ` (floor ${floor.toFixed(2)})`);
    if (found) words.push(`like ${map.compared_with}:`, `CKA ${beside(found.cka, found.cka_floor)}`);
    if (found && found.cosine !== null) words.push(`cosine ${beside(found.cosine, found.cosine_floor)}`);
    if (look) words.push(look.range);
    panel.words.replaceChildren(...words.map((line) => make("div", { textContent: line })));
  }

  drawMap(panel, map) {
    this.captions(panel, map);
    this.lay(panel.canvas, this.tile(map));
    this.overlay(panel.canvas);
  }

  lay(canvas, tile) {
    const pen = canvas.getContext("2d");
    pen.imageSmoothingEnabled = false;
    pen.fillStyle = "#2A323A";
    pen.fillRect(0, 0, canvas.wide, canvas.high);
    if (tile) return pen.drawImage(tile, 0, 0, canvas.wide, canvas.high);
    pen.fillStyle = "#fff";
    pen.font = "12px system-ui";
    return pen.fillText("other channels: show the norm", 6, 20);
  }

  drawComparison() {
    const { facts, state, comparison: { canvas, caption, words } } = this;
    const [a, b] = [state.a, state.b].map((name) => facts.maps.find((map) => map.name === name));
    const mark = comparable(a, b) ? "" : "channels not matched";
    caption.replaceChildren(make("b", {}, ...titled(a.title), state.mode === "swipe" ? " | " : " → ", ...titled(b.title)),
      make("div", { className: "small mark", textContent: mark || "\u00a0" }));
    let said = "left of the line the first, right of it the second";
    if (state.mode === "difference") {
      const key = ["-", a.name, b.name, state.view, state.view === "channel" ? state.channel : ""].join("|");
      if (!this.cache.has(key)) {
        const found = difference(facts, this.bytes, a, b, state);
        this.cache.set(key, found && { tile: this.asTile(found.pixels), limits: found.limits });
      }
      const found = this.cache.get(key);
      this.lay(canvas, found && found.tile);
      const reach = found && found.limits[1].toPrecision(2);
      said = !found ? "" : state.view === "pca" ? `root mean square difference over the channels: dark 0, bright ${reach}`
        : `second minus first: blue −${reach}, white 0, red +${reach}`;
    } else {
      this.lay(canvas, this.tile(a));
      const pen = canvas.getContext("2d"), at = state.split * canvas.wide;
      pen.save();
      pen.beginPath();
      pen.rect(at, 0, canvas.wide - at, canvas.high);
      pen.clip();
      this.lay(canvas, this.tile(b));
      pen.restore();
      pen.fillStyle = "#fff";
      pen.fillRect(at - 1, 0, 2, canvas.high);
    }
    words.textContent = said;
    this.overlay(canvas);
  }

  /** Boxes, the chosen pixel's ray and the chosen cell. */
  overlay(canvas) {
    const { facts, state } = this, { grid, colours } = facts, pen = canvas.getContext("2d");
    const [dx, dy] = [0, 1].map((axis) => grid.upper[axis] - grid.lower[axis]);
    const at = ([x, y]) => [((grid.upper[1] - y) / dy) * canvas.wide, ((grid.upper[0] - x) / dx) * canvas.high];
    if (state.boxes) for (const set of facts.boxes) for (const corners of set.ground) {
      this.line(pen, [...corners, corners[0]].map(at), set.colour, 1.4);
    }
    if (state.uv) {
      const reach = 1.5 * Math.hypot(dx, dy);
      this.line(pen, [lift(facts.camera, state.uv, 0.5), lift(facts.camera, state.uv, reach)].map(at), colours.chosen, 1.6);
      const edges = facts.depth ? facts.depth.edges : [], found = depthAt(facts, this.bytes, state.uv);
      if (found) {
        const density = edges.slice(1).map((edge, k) => found.distribution[k] / (edge - edges[k]));
        const most = Math.max(...density, 1e-12);
        density.forEach((value, k) => value > 0.05 * most && this.line(pen,
          [edges[k], edges[k + 1]].map((depth) => at(lift(facts.camera, state.uv, depth))), colours.student, 1 + (5 * value) / most, false));
      }
    }
    if (state.cell) {
      const [x, y] = at(cellCentre(grid, state.cell)), side = Math.max(9, (canvas.wide / grid.shape[0]) * 2);
      this.line(pen, [[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]].map(([i, j]) => [x + (i * side) / 2, y + (j * side) / 2]), "#fff", 2);
    }
  }

  line(pen, points, colour, width, halo = true) {
    const path = new Path2D();
    points.forEach((point, i) => (i ? path.lineTo(...point) : path.moveTo(...point)));
    for (const [style, more] of halo ? [["#0B1016", 1.8], [colour, 0]] : [[colour, 0]]) {
      Object.assign(pen, { strokeStyle: style, lineWidth: width + more, lineJoin: "round" });
      pen.stroke(path);
    }
  }

  drawImage() {
    const { facts, state, picture } = this, pen = picture.getContext("2d"), scale = picture.wide / facts.image.size[1];
    const at = ([u, v]) => [(u + 0.5) * scale, (v + 0.5) * scale];
    if (this.image.complete) pen.drawImage(this.image, 0, 0, picture.wide, picture.high);
    if (state.boxes) for (const set of facts.boxes) for (const [u1, v1, u2, v2] of set.lines) {
      this.line(pen, [at([u1, v1]), at([u2, v2])], set.colour, 1.2);
    }
    if (state.cell) {
      const ends = facts.camera.column.map((z) => project(facts.camera, [...cellCentre(facts.grid, state.cell), z]));
      if (ends.every(({ depth }) => depth > 0)) this.line(pen, ends.map(({ uv }) => at(uv)), facts.colours.chosen, 2);
    }
    if (state.uv) {
      const [x, y] = at(state.uv), path = new Path2D();
      path.arc(x, y, 6, 0, 2 * Math.PI);
      for (const [style, width] of [["#0B1016", 5], [facts.colours.student, 2.5]]) {
        Object.assign(pen, { strokeStyle: style, lineWidth: width });
        pen.stroke(path);
      }
    }
  }
}

const explorer = {
  render({ model, el }) {
    const view = new View(model, el.appendChild(make("div")));
    return () => model.off("change:state", view.changed);
  },
};
export default explorer;

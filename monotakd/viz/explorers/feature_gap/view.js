// The feature-gap explorer on the page: image, comparison, depth, channels and all maps, linked by the chosen cell.

class FeatureGapView extends LinkedView {
  build() {
    const { facts } = this, names = facts.maps.map((map) => map.name);
    this.control("view", "show", choice(["pca", "norm", "mean", "channel"]));
    this.control("channel", "channel", range(0, facts.channels.length - 1, 1), (e) => ({ view: "channel", channel: +e.value }));
    this.fetchControl();
    this.control("boxes", "boxes", tick());
    this.control("a", "compare", choice(names));
    this.control("b", "with", choice(names));
    this.control("mode", "by", choice(["swipe", "difference"]));
    this.control("split", "swipe", range(0, 1, 0.01), (e) => ({ mode: "swipe", split: +e.value }));

    this.seen = this.imagePanel();
    this.comparison = this.map("comparison", 330);
    this.depths = this.panel("depth", { aspect: 4, wide: 520, label: "depth distribution" });
    this.vectors = this.panel("channels", { aspect: 4, wide: 520, label: "channel vectors" });
    this.maps = facts.maps.map((map) => this.map(map.name, 172));
    this.body.append(
      make("div", { className: "row" }, make("div", {}, ...[this.seen, this.depths, this.vectors].map(({ figure }) => figure)), this.comparison.figure),
      make("div", { className: "row" }, ...this.columns()));
  }

  /** A list of all channels where only some have been sent; the others are with the kernel. */
  fetchControl() {
    const { all_channels: all, channels } = this.facts;
    if (!this.live || all === channels.length) return;
    const numbers = Array.from({ length: all }, (_, channel) => channel);
    this.control("asked", "fetch channel", choice(["", ...numbers]), (e) => ({ asked: e.selectedIndex - 1 }));
  }

  /** The camera image, which can be clicked. */
  imagePanel() {
    const { facts } = this, [height, width] = facts.image.size;
    this.image = this.picture(facts.image.png);
    const seen = this.panel("image", {
      aspect: width / height, wide: 520, label: `camera image of frame ${facts.frame}`,
      clicked: (share) => this.choosePixel(pixelAt(facts.image.size, share)),
      moved: (right, up) => this.state.uv && this.choosePixel([this.state.uv[0] + 4 * right, this.state.uv[1] - 4 * up]),
    });
    seen.caption.append(make("b", { textContent: "image" }), `, frame ${facts.frame}`);
    return seen;
  }

  /** Image and plots beside the comparison, all maps in one row, as long as that leaves them large enough. */
  layout(wide) {
    const beside = wide >= 560, right = beside ? Math.min(330, 0.38 * wide) : Math.min(330, wide), left = Math.min(520, beside ? wide - right - 10 : wide);
    for (const panel of [this.seen, this.depths, this.vectors]) this.fit(panel, left);
    this.fit(this.comparison, right);
    const columns = new Set(this.facts.maps.map(({ plain }) => plain)).size, each = Math.floor(wide / columns) - 10;
    for (const panel of this.maps) this.fit(panel, each >= 100 ? Math.min(172, each) : 150);
  }

  map(name, wide) {
    return this.panel(name, {
      aspect: bevAspect(this.facts.grid), wide, label: `${name} from above`,
      clicked: (share) => this.chooseCell(cellAt(this.facts.grid, share)),
      moved: (right, up) => this.state.cell && this.chooseCell([this.state.cell[0] - right, this.state.cell[1] + up]),
    });
  }

  /** Every map above its earlier version. */
  columns() {
    const found = new Map();
    this.maps.forEach((panel, place) => {
      const { plain } = this.facts.maps[place];
      if (!found.has(plain)) found.set(plain, make("div"));
      found.get(plain).append(panel.figure);
    });
    return found.values();
  }

  chooseCell(cell) { this.set(selectCell(this.facts, nearestCell(this.facts.grid, cell))); }

  choosePixel(uv) { this.set(selectPixel(this.facts, this.bytes, nearestPixel(this.facts.image.size, uv))); }

  describe() { return describeGap(this.facts, this.bytes, this.state); }

  draw() {
    const { facts, state } = this;
    this.controls.channel.max = facts.channels.length - 1;
    this.controls.channel.value = state.channel; // again: a value beyond the former end was cut off
    this.controls.channel.title = `channel ${facts.channels[state.channel]}`;
    this.drawImage();
    this.maps.forEach((panel, place) => this.drawMap(panel, facts.maps[place]));
    this.drawComparison();
    drawDepths(this.depths.canvas, facts, this.bytes, state);
    drawVectors(this.vectors.canvas, facts, this.bytes, state);
  }

  /** What a view and channel is kept under. */
  get shown() { return this.state.view === "channel" ? this.state.channel : this.state.view; }

  tile(map) {
    return this.kept(`${map.name}|${this.shown}`, () => asTile(mapPixels(this.facts, this.bytes, map, this.state), this.facts.grid));
  }

  captions(panel, map) {
    const layer = layerOf(map, this.state), look = layer === null ? null : map.looks[layer];
    panel.caption.replaceChildren(make("b", {}, ...titled(map.title)),
      make("div", { className: `small ${map.mark && "mark"}`, textContent: map.mark || (look ? look.note : "\u00a0") }));
    const words = [], found = map.likeness;
    const beside = (value, floor) => (value === null ? "none" : value.toFixed(2)) + (floor === null ? "" : ` (floor ${floor.toFixed(2)})`);
    if (found) words.push(`like ${map.compared_with}:`, `CKA ${beside(found.cka, found.cka_floor)}`);
    if (found && found.cosine !== null) words.push(`cosine ${beside(found.cosine, found.cosine_floor)}`);
    if (look) words.push(look.range);
    panel.words.replaceChildren(...words.map((text) => make("div", { textContent: text })));
  }

  drawMap(panel, map) {
    this.captions(panel, map);
    lay(panel.canvas, this.tile(map), "other channels: show the norm");
    this.overlay(panel.canvas);
  }

  drawComparison() {
    const { facts, state, comparison: { canvas, caption, words } } = this;
    const [a, b] = [state.a, state.b].map((name) => facts.maps.find((map) => map.name === name));
    const mark = comparable(a, b) ? "" : "channels not matched";
    caption.replaceChildren(make("b", {}, ...titled(a.title), state.mode === "swipe" ? " | " : " → ", ...titled(b.title)),
      make("div", { className: "small mark", textContent: mark || "\u00a0" }));
    words.textContent = state.mode === "swipe" ? this.swipe(canvas, a, b) : this.subtract(canvas, a, b);
    this.overlay(canvas);
  }

  swipe(canvas, a, b) {
    lay(canvas, this.tile(a));
    const pen = canvas.getContext("2d"), at = this.state.split * canvas.wide;
    pen.save();
    pen.beginPath();
    pen.rect(at, 0, canvas.wide - at, canvas.high);
    pen.clip();
    lay(canvas, this.tile(b));
    pen.restore();
    pen.fillStyle = PAPER;
    pen.fillRect(at - 1, 0, 2, canvas.high);
    return "left of the line the first, right of it the second";
  }

  subtract(canvas, a, b) {
    const found = this.kept(`${a.name}|${b.name}|${this.shown}`, () => {
      const made = difference(this.facts, this.bytes, a, b, this.state);
      return made && { tile: asTile(made.pixels, this.facts.grid), limits: made.limits };
    });
    lay(canvas, found && found.tile, "other channels: show the norm");
    if (!found) return "";
    const reach = twoDigits(found.limits[1]);
    return this.state.view === "pca" ? `root mean square difference over the channels: dark 0, bright ${reach}`
      : `second minus first: blue −${reach}, white 0, red +${reach}`;
  }

  /** Boxes, the chosen pixel's ray and the chosen cell. */
  overlay(canvas) {
    const { facts, state } = this, { grid, colours } = facts, at = bevPlace(grid, canvas);
    if (state.boxes) boxesOnBev(canvas, grid, facts.boxes);
    if (state.uv) {
      const reach = 1.5 * Math.hypot(...[0, 1].map((axis) => grid.upper[axis] - grid.lower[axis]));
      line(canvas, [lift(facts.camera, state.uv, 0.5), lift(facts.camera, state.uv, reach)].map(at), colours.chosen, 1.6);
      const edges = facts.depth ? facts.depth.edges : [], found = depthAt(facts, this.bytes, state.uv);
      if (found) {
        const density = edges.slice(1).map((edge, k) => found.distribution[k] / (edge - edges[k]));
        const most = Math.max(...density, 1e-12);
        density.forEach((value, k) => value > 0.05 * most && line(canvas,
          [edges[k], edges[k + 1]].map((depth) => at(lift(facts.camera, state.uv, depth))), colours.student, 1 + (5 * value) / most, false));
      }
    }
    if (state.cell) markCell(canvas, grid, state.cell);
  }

  drawImage() {
    const { facts, state, seen: { canvas } } = this, at = imagePlace(facts.image.size, canvas);
    if (this.image.complete) canvas.getContext("2d").drawImage(this.image, 0, 0, canvas.wide, canvas.high);
    if (state.boxes) boxesOnImage(canvas, facts.image.size, facts.boxes);
    if (state.cell) {
      const ends = facts.camera.column.map((z) => project(facts.camera, [...cellCentre(facts.grid, state.cell), z]));
      if (ends.every(({ depth }) => depth > 0)) line(canvas, ends.map(({ uv }) => at(uv)), facts.colours.chosen, 2);
    }
    if (state.uv) ring(canvas, at(state.uv), 6, facts.colours.student, 2.5);
  }
}

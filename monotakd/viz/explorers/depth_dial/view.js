// The depth dial on the page: sliders, the image, the depth at a pixel, and the lifted map before and after.

class DepthDialView extends LinkedView {
  build() {
    const { facts } = this, [height, width] = facts.image.size;
    this.values = {};
    for (const [name, label, values, words] of [
      ["truth", "true depth", facts.truths, (value) => `${roundEven(100 * value)} %`],
      ["shift", "shift", facts.shifts, (value) => `${value > 0 ? "+" : ""}${value} m`],
      ["blur", "blur", facts.blurs, (value) => `${value} m`],
    ]) {
      const slider = this.control(name, label, range(0, values.length - 1, 1)), output = make("output");
      output.style.cssText = "display:inline-block;min-width:3.4em";
      slider.parentElement.append(" ", output);
      this.values[name] = () => { output.textContent = words(values[this.state[name]]); slider.setAttribute("aria-valuetext", output.textContent); };
    }
    this.bar.append(make("button", { textContent: "as predicted", onclick: () => this.set(this.begin) }));

    this.image = this.picture(facts.image.png);
    this.seen = this.panel("image", {
      aspect: width / height, wide: 560, label: `camera image of frame ${facts.frame}`,
      clicked: (share) => this.choosePixel(pixelAt(facts.image.size, share)),
      moved: (right, up) => this.choosePixel([this.state.uv[0] + 4 * right, this.state.uv[1] - 4 * up]),
    });
    this.depths = this.panel("depth", { aspect: 3.1, wide: 560, label: "depth distribution at the chosen pixel" });
    this.before = this.map("as predicted");
    this.after = this.map("with this depth");
    const left = make("div", {}, this.seen.figure, this.depths.figure);
    this.body.append(make("div", { className: "row" }, left, this.before.figure, this.after.figure));
    this.seen.caption.append(make("b", { textContent: "image" }), ` frame ${facts.frame}; `,
      ...(facts.boxes.length ? [this.key(facts.colours.truth, "labels"), " "] : []), this.key(facts.colours.student, `student (thin: score below ${facts.sure})`));
  }

  get begin() { return Object.fromEntries(["truth", "shift", "blur"].map((name, k) => [name, this.facts.start[k]])); }

  get onStage() { return ["with this depth", "image"]; }

  key(colour, text) { return make("span", {}, make("b", { textContent: "▬ ", style: `color:${colour}` }), text); }

  map(name) {
    const panel = this.panel(name, {
      aspect: bevAspect(this.facts.grid), wide: 300, label: `lifted map F_vis from above, ${name}`,
      clicked: (share) => this.chooseCell(cellAt(this.facts.grid, share)),
    });
    panel.caption.append(make("b", { textContent: name }));
    return panel;
  }

  /** The image takes what the two maps leave. */
  layout(wide) {
    const map = Math.max(190, Math.min(300, Math.floor(0.25 * wide))), left = wide < 620 ? wide : Math.min(680, wide - 2 * map - 26);
    for (const panel of [this.seen, this.depths]) this.fit(panel, left);
    for (const panel of [this.before, this.after]) this.fit(panel, map);
  }

  choosePixel(uv) { this.set({ uv: nearestPixel(this.facts.image.size, uv) }); }

  /** The pixel that looks at a cell, half-way up a car. */
  chooseCell(cell) {
    const { uv, depth } = project(this.facts.camera, [...cellCentre(this.facts.grid, cell), this.facts.camera.height]);
    if (depth > 0 && inImage(this.facts.image.size, uv)) this.choosePixel(uv);
  }

  describe() { return `${dialWords(this.facts, this.state)}: ${positionOf(this.facts, this.state).words}`; }

  draw() {
    for (const write of Object.values(this.values)) write();
    this.drawImage();
    this.drawMap(this.before, { ...this.state, ...this.begin });
    this.drawMap(this.after, this.state);
    this.drawDepths();
  }

  drawImage() {
    const { facts, seen: { canvas } } = this, at = imagePlace(facts.image.size, canvas);
    if (this.image.complete) canvas.getContext("2d").drawImage(this.image, 0, 0, canvas.wide, canvas.high);
    boxesOnImage(canvas, facts.image.size, facts.boxes);
    boxesOnImage(canvas, facts.image.size, [{ ...positionOf(facts, this.state), colour: facts.colours.student }]);
    ring(canvas, at(this.state.uv), 6, facts.colours.student, 2.5);
  }

  drawMap({ canvas, words }, state) {
    const { facts } = this, { grid, colours, camera, depth: { edges } } = facts, sure = ({ scores }, k) => scores[k] > facts.sure, position = positionOf(facts, state);
    const [rows, columns] = grid.shape, at = bevPlace(grid, canvas), pen = canvas.getContext("2d");
    lay(canvas, this.kept(position.codes, () =>
      asTile(coloured(new Uint8Array(this.bytes, position.codes, rows * columns), grid, [0, 255], colours.features), grid)));
    line(canvas, [edges[0], edges.at(-1)].map((depth) => at(lift(camera, state.uv, depth))), colours.muted, 1);
    boxesOnBev(canvas, grid, facts.boxes);
    boxesOnBev(canvas, grid, [{ ground: position.ground.filter((_, k) => !sure(position, k)), colour: colours.student }], 0.7);
    boxesOnBev(canvas, grid, [{ ground: position.ground.filter((_, k) => sure(position, k)), colour: colours.student }], 1.8);
    pen.font = `${11 * canvas.type}px system-ui`;
    position.ground.forEach((corners, k) => {
      if (position.overlaps === null || !sure(position, k)) return;
      const [x, y] = at([0, 1].map((axis) => corners.reduce((sum, corner) => sum + corner[axis] / 4, 0)));
      const text = position.overlaps[k].toFixed(2), left = Math.min(x + 9, canvas.wide - 26 * canvas.type);
      Object.assign(pen, { lineWidth: 3, strokeStyle: HALO, fillStyle: PAPER });
      pen.strokeText(text, left, y + 4);
      pen.fillText(text, left, y + 4);
    });
    words.replaceChildren(...position.words.split(", ").map((text) => make("div", { textContent: text })));
  }

  drawDepths() {
    const { facts, state, depths: { canvas } } = this, { colours, depth: { edges } } = facts;
    const found = turnedDepth(facts, this.bytes, state);
    const marks = ["mode", "mean", "truth"].map((name) => [name, found[name], colours[name]]);
    drawDistribution(canvas, colours, "probability by depth (m)", edges, found.distribution, marks);
    const [u, v] = state.uv.map(roundEven), mode = `likeliest ${found.mode.toFixed(1)} m`, mean = `mean ${found.mean.toFixed(1)} m`;
    this.depths.words.textContent = `pixel (${u}, ${v}): ${mode}, ${mean}, true ${found.truth === null ? "unknown" : `${found.truth.toFixed(1)} m`}; grey at the right: beyond`;
  }
}

// The AP stepper on the page: boxes in image and from above, the ranking, the precision-recall curve.

class StepperView extends LinkedView {
  build() {
    const { facts } = this, [height, width] = facts.frames[0].image.size;
    this.root.dataset.lmSuppressShortcuts = "true"; // JupyterLab would take the arrow keys away
    this.pictures = new Map(facts.frames.map((frame) => [frame.id, frame.image.png && this.picture(frame.image.png)]));
    this.control("metric", "overlap in", choice(facts.metrics));
    this.control("difficulty", "difficulty", choice(facts.difficulties));
    this.control("level", "threshold", choice(facts.levels));
    const slider = this.control("step", "step", range(0, lastStep(facts, this.state), 1));
    slider.style.width = "180px";
    for (const [text, by] of [["back", -1], ["next detection", 1]]) this.bar.append(make("button", { textContent: text, onclick: () => this.move(by) }));
    this.bar.append(make("button", { textContent: "all", onclick: () => this.set({ step: lastStep(facts, this.state) }) }));

    const label = "arrow keys step";
    this.image = this.panel("image", { aspect: width / height, wide: 800, label: `image boxes; ${label}`, moved: (right, up) => this.move(right || up) });
    this.curve = this.panel("curve", { aspect: 2.3, wide: 800, label: `precision over recall; ${label}`, moved: (right, up) => this.move(right || up) });
    this.grid = groundOf(facts);
    this.above = this.panel("above", { aspect: bevAspect(this.grid), wide: 240, label: "boxes from above" });
    for (const panel of [this.image, this.curve]) panel.canvas.tabIndex = 0;
    this.list = make("ol", { className: "ranking" });
    this.legend = make("div", { className: "small" });
    this.root.append(make("style", { textContent: ".linked .ranking{margin:0;padding-left:2em;font-size:12.5px}.linked .ranking li{cursor:pointer;padding:1px 4px}.linked .ranking .new{outline:2px solid #1B2530;font-weight:600}.linked .ranking .out{color:#8A949C}.linked.stage .ranking{font-size:17px}" }));
    const signs = Object.entries(facts.statuses).filter(([name]) => name !== "below the score cut").map(([name, { sign }]) => `${sign} ${name}`);
    this.legend.textContent = `dashed: truth; solid: detection. ${signs.join("   ")}`;
    this.body.append(make("div", { className: "row" }, make("div", {}, this.image.figure, this.legend, this.curve.figure), this.above.figure, this.list));
  }

  get onStage() { return ["image", "curve"]; }

  layout(wide) {
    const main = wide > 900 ? Math.min(760, Math.round(0.58 * wide)) : Math.min(wide, 760);
    for (const panel of [this.image, this.curve]) this.fit(panel, main);
    this.fit(this.above, Math.min(220, wide));
  }

  move(by) { this.set({ step: Math.max(0, Math.min(lastStep(this.facts, this.state), this.state.step + by)) }); }

  describe() {
    const { facts, state } = this;
    return `step ${Math.min(state.step, lastStep(facts, state))} of ${lastStep(facts, state)}: ${stepOf(facts, state).words}`;
  }

  draw() {
    const { facts, state } = this;
    this.controls.step.max = lastStep(facts, state);
    this.drawImage();
    this.drawAbove();
    this.drawCurve();
    this.drawList();
  }

  drawImage() {
    const { facts, state, image: { canvas, caption } } = this, frame = frameOf(facts, state), pen = canvas.getContext("2d");
    const picture = this.pictures.get(frame.id), scale = canvas.wide / frame.image.size[1], letter = 11.5 * (canvas.type ?? 1);
    pen.fillStyle = facts.colours.ground;
    pen.fillRect(0, 0, canvas.wide, canvas.high);
    if (picture?.complete) pen.drawImage(picture, 0, 0, canvas.wide, canvas.high);
    caption.replaceChildren(make("b", { textContent: "image" }), `, frame ${frame.id}`);
    pen.font = `600 ${letter}px system-ui`;
    const scores = []; // where scores stand: those of two boxes on one car would cover each other
    const told = []; // where class names stand: those of KITTI's far DontCares would cover each other
    for (const { object, status, detected, fresh } of drawn(facts, state)) {
      const { sign, colour } = facts.statuses[status], [left, top, right, bottom] = object.box.map((value) => (value + 0.5) * scale);
      this.outlined(canvas, [[left, top], [right, top], [right, bottom], [left, bottom], [left, top]], colour, detected, fresh);
      if (detected) {
        let above = Math.max(letter, top - 3);
        while (scores.some(([x, y]) => Math.abs(x - left) < 3.8 * letter && Math.abs(y - above) < 1.1 * letter)) above -= 1.15 * letter;
        scores.push([left, above]);
        this.name(pen, `${sign} ${object.score.toFixed(2)}`, left, above, facts.colours.ink);
      }
      else if (status === "missed") this.name(pen, `${sign} missed`, left, bottom + letter, facts.colours.ink);
      else if (object.name !== facts.name && told.every(([x, y]) => Math.abs(x - left) > 5 * letter || Math.abs(y - bottom) > letter)) {
        this.name(pen, object.name, left, bottom + letter, facts.colours.muted);
        told.push([left, bottom]);
      }
    }
  }

  /** Words on a pale rim, to be read on any ground. */
  name(pen, text, x, y, colour) {
    Object.assign(pen, { strokeStyle: "rgba(255,255,255,0.85)", lineWidth: 3, lineJoin: "round", fillStyle: colour });
    pen.strokeText(text, x, y);
    pen.fillText(text, x, y);
  }

  outlined(canvas, places, colour, detected, fresh) {
    const pen = canvas.getContext("2d");
    pen.setLineDash(detected ? [] : [6, 4]);
    line(canvas, places, colour, fresh ? 3.4 : detected ? 1.8 : 1.3, fresh);
    pen.setLineDash([]);
  }

  drawAbove() {
    const { facts, state, grid, above: { canvas, caption } } = this, at = bevPlace(grid, canvas), pen = canvas.getContext("2d");
    pen.fillStyle = facts.colours.ground;
    pen.fillRect(0, 0, canvas.wide, canvas.high);
    caption.replaceChildren(make("b", { textContent: "from above" }), ", lines every 10 m");
    for (let x = 10; x < grid.upper[0]; x += 10) line(canvas, [at([x, grid.lower[1]]), at([x, grid.upper[1]])], facts.colours.hairline, 1, false);
    for (const { object, status, detected, fresh } of drawn(facts, state)) {
      if (object.ground) this.outlined(canvas, [...object.ground, object.ground[0]].map(at), facts.statuses[status].colour, detected, fresh);
    }
  }

  drawCurve() {
    const { facts, state, curve: { canvas } } = this, walk = walkOf(facts, state), number = Math.min(state.step, lastStep(facts, state));
    const done = walk.steps.slice(1, number + 1), finished = number === lastStep(facts, state);
    const title = finished ? `AP R40 = ${walk.ap.toFixed(2)}: the mean of the 40 bars` : "precision over recall so far; diamonds: read, and written to position / 40";
    const { pen, letter, left, right, top, bottom } = plotArea(canvas, facts.colours, title), start = left + 2.2 * letter;
    const x = (share) => start + share * (right - start - 6), y = (share) => bottom - letter * 0.4 - share * (bottom - letter * 0.4 - top);
    pen.fillStyle = facts.colours.hairline;
    if (finished) walk.envelope.forEach((value, k) => k && pen.fillRect(x(k / 40) - 0.4 * (x(1 / 40) - x(0)), y(value), 0.8 * (x(1 / 40) - x(0)), y(0) - y(value)));
    for (const share of [0, 0.5, 1]) {
      line(canvas, [[x(0), y(share)], [x(1), y(share)]], facts.colours.hairline, 1, false);
      pen.fillStyle = facts.colours.muted;
      pen.fillText(share, left, y(share) + 4);
      pen.fillText(share, x(share) - 4, bottom + letter);
    }
    if (done.length > 1) line(canvas, done.map((step) => [x(step.recall), y(step.precision)]), facts.colours.curve, 1.8, false);
    for (const step of done) ring(canvas, [x(step.recall), y(step.precision)], step === done.at(-1) ? 6 : 2.5, facts.colours.curve, 2);
    for (const step of done) for (const position of step.positions) this.diamond(canvas, [x(position / 40), y(step.precision)], facts.colours.read);
  }

  diamond(canvas, [x, y], colour) {
    const r = 4.5 * (canvas.type ?? 1);
    line(canvas, [[x - r, y], [x, y - r], [x + r, y], [x, y + r], [x - r, y], [x, y - r]], colour, 2);
  }

  drawList() {
    const { facts, state } = this, step = stepOf(facts, state);
    this.list.replaceChildren(...ranking(facts).map(({ frame, object, row }) => {
      const status = statusOf(step, "detections", frame, row), { sign, colour } = facts.statuses[status], out = status === "below the score cut";
      const mark = make("b", { textContent: `${sign} ` }), fresh = step.added.some(([id, one]) => id === frame.id && one === row);
      mark.style.color = colour;
      const choose = () => this.set({ step: stepThatKeeps(facts, this.state, object.score) });
      return make("li", { className: `${out ? "out" : ""} ${fresh ? "new" : ""}`, onclick: choose }, mark, `${object.score.toFixed(2)} ${object.name}${out ? "" : `: ${status}`}`);
    }));
  }
}

// The counterfactual street on the page: the street, the same from above, and seen against true distance.

class WhatIfView extends LinkedView {
  build() {
    const { facts } = this, [height, width] = facts.answers[0].image.size;
    this.control("sweep", "change", choice(facts.sweeps.map(({ name }) => name)), (e) => {
      const { values } = facts.sweeps.find(({ name }) => name === e.value);
      return { sweep: e.value, place: Math.floor(values.length / 2) };
    });
    this.control("place", "value", range(0, 1, 1));
    this.output = make("output");
    this.output.style.cssText = "display:inline-block;min-width:9em";
    this.controls.place.parentElement.append(" ", this.output);
    this.images = facts.answers.map(({ image }) => this.picture(image.png));
    this.seen = this.panel("street", { aspect: width / height, wide: 620, label: "the street that the student sees",
      moved: (right) => this.go(this.state.place + right) });
    this.seen.canvas.tabIndex = 0;
    this.seen.caption.append(make("b", { textContent: "what the student sees" }), " ", this.key(facts.colours.truth, "true box"), " ", this.key(facts.colours.student, "its boxes"));
    this.above = this.panel("from above", { aspect: bevAspect(facts.grid), wide: 200, label: "true box, boxes and seen depth from above" });
    this.above.caption.append(make("b", { textContent: "from above" }));
    this.plots = facts.sweeps.map((sweep) => this.panel(sweep.name, {
      aspect: 1.35, wide: 230, label: `seen and true distance, ${sweep.title}`,
      clicked: ([across]) => this.choose(sweep, across), moved: (right) => this.go(this.state.place + right),
    }));
    this.body.append(make("div", { className: "row" }, this.seen.figure, this.above.figure),
      make("div", { className: "small" }, "distance over what is changed: ", this.key(facts.colours.truth, "true (the side that is seen) "),
        this.key(facts.colours.student, "seen (median of the depth on the car; bars: 10 to 90 %) "), this.key(facts.colours.box, "box, centre of the car")),
      make("div", { className: "row" }, ...this.plots.map(({ figure }) => figure)));
    this.above.words.append(make("div", {}, this.key(facts.colours.student, "orange bar: depth of the car's pixels, 10 to 90 %")));
  }

  key(colour, text) { return make("span", {}, make("b", { textContent: "▬ ", style: `color:${colour}` }), text); }

  get onStage() { return ["street", this.state.sweep]; }

  get sweep() { return this.facts.sweeps.find(({ name }) => name === this.state.sweep); }

  get answer() { return this.facts.answers[this.sweep.answers[this.state.place]]; }

  layout(wide) {
    const above = Math.min(170, Math.max(120, 0.16 * wide)), columns = Math.max(2, Math.min(this.plots.length, Math.floor(wide / 172)));
    this.fit(this.above, above);
    this.fit(this.seen, Math.min(860, wide - above - 14));
    for (const plot of this.plots) this.fit(plot, Math.min(280, Math.floor(wide / columns) - 11));
  }

  go(place) { this.set({ place: Math.max(0, Math.min(this.sweep.values.length - 1, place)) }); }

  /** The value of a sweep that lies nearest to a click on its plot. */
  choose(sweep, across) {
    const value = sweep.values[0] + ((across - 0.06) / 0.88) * (sweep.values.at(-1) - sweep.values[0]);
    const off = sweep.values.map((one) => Math.abs(one - value));
    this.set({ sweep: sweep.name, place: off.indexOf(Math.min(...off)) });
  }

  describe() { return `${this.sweep.title}: ${this.sweep.label} ${this.sweep.values[this.state.place]}: ${this.answer.words}`; }

  draw() {
    const { facts, state, sweep } = this;
    this.controls.place.max = sweep.values.length - 1;
    this.controls.place.value = state.place;
    this.output.textContent = `${sweep.values[state.place]}, ${sweep.label}`;
    this.controls.place.setAttribute("aria-valuetext", this.output.textContent);
    const image = this.images[sweep.answers[state.place]], { canvas } = this.seen;
    if (image.complete) canvas.getContext("2d").drawImage(image, 0, 0, canvas.wide, canvas.high);
    boxesOnImage(canvas, this.answer.image.size, this.answer.boxes, 1.6);
    this.drawAbove();
    this.plots.forEach((plot, place) => this.drawPlot(plot, facts.sweeps[place]));
  }

  drawAbove() {
    const { answer, above: { canvas }, facts: { grid, colours } } = this, at = bevPlace(grid, canvas), pen = canvas.getContext("2d");
    pen.fillStyle = colours.ground;
    pen.fillRect(0, 0, canvas.wide, canvas.high);
    pen.font = `${10.5 * canvas.type}px system-ui`;
    for (let ahead = 10; ahead < grid.upper[0]; ahead += 10) {
      line(canvas, [[ahead, grid.lower[1]], [ahead, grid.upper[1]]].map(at), colours.hairline, 1, false);
      pen.fillStyle = colours.muted;
      pen.fillText(`${ahead} m`, 3, at([ahead, 0])[1] - 3);
    }
    if (answer.spread) line(canvas, answer.spread.map((depth) => at([depth + 0.27, answer.slope * (depth + 0.27)])), colours.student, 5, false);
    boxesOnBev(canvas, grid, answer.boxes, 1.8);
    if (answer.depth !== null) ring(canvas, at([answer.depth + 0.27, answer.slope * (answer.depth + 0.27)]), 4, colours.student, 2);
  }

  drawPlot({ canvas, caption }, sweep) {
    const { facts: { answers, colours }, state } = this, told = sweep.answers.map((place) => answers[place]);
    const { pen, letter, left, right, top, bottom } = plotArea(canvas, colours, sweep.label);
    const most = Math.max(20, ...told.flatMap(({ spread, surface }) => [...(spread ?? []), surface ?? 0])) * 1.05;
    const [first, last] = [sweep.values[0], sweep.values.at(-1)];
    const x = (value) => canvas.wide * (0.06 + (0.88 * (value - first)) / (last - first)), y = (metres) => bottom - (metres / most) * (bottom - top);
    for (let metres = 10; metres < most; metres += 10) {
      line(canvas, [[left, y(metres)], [right, y(metres)]], colours.hairline, 1, false);
      pen.fillStyle = colours.muted;
      pen.fillText(metres, left, y(metres) + 0.85 * letter); // above the highest line stands the title
    }
    sweep.values.forEach((value, k) => told[k].spread && line(canvas, told[k].spread.map((metres) => [x(value), y(metres)]), "#F7CF99", 6, false));
    const places = (name) => sweep.values.map((value, k) => [x(value), told[k][name]]).filter(([, metres]) => metres !== null).map(([across, metres]) => [across, y(metres)]);
    line(canvas, places("surface"), colours.truth, 2.2, false);
    line(canvas, places("depth"), colours.student, 2, false);
    for (const place of places("box")) ring(canvas, place, 3, colours.box, 2);
    const chosen = sweep.name === state.sweep;
    if (chosen) line(canvas, [[x(sweep.values[state.place]), top], [x(sweep.values[state.place]), bottom]], colours.ink, 1, false);
    pen.fillStyle = colours.muted;
    pen.fillText(first, x(first) - 4, bottom + letter);
    pen.fillText(last, x(last) - pen.measureText(last).width + 4, bottom + letter);
    canvas.style.boxShadow = chosen ? `0 0 0 2px ${colours.student}` : "none";
    caption.replaceChildren(make("b", { textContent: sweep.name }));
  }
}

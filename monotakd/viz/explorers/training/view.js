// The training monitor on the page: a scrubber, a film strip of looks, curves, and gradients of terms on parts.

class TrainingMonitorView extends LinkedView {
  build() {
    const { facts } = this;
    this.control("step", "step", range(0, facts.last, 1)).style.width = "min(46vw, 520px)";
    this.keysOn(this.controls.step);
    if (facts.looks.length) this.buildLooks();
    this.curves = facts.panels.map((panel) => this.panel(panel.name, {
      aspect: 1.75, wide: 210, label: `${panel.name} over the steps`,
      clicked: ([across]) => this.scrub(this.stepAt(across)), moved: (right) => this.scrub(this.state.step + right),
    }));
    const rows = [make("div", { className: "row" }, ...this.curves.map(({ figure }) => figure))];
    if (facts.gradients.length) {
      const { terms, groups } = facts.gradients[0];
      this.matrix = this.panel("gradients", { aspect: 900 / (74 + 22 * terms.length), wide: 900,
        label: `gradient norms of ${terms.length} loss terms on ${groups.length} parts` });
      rows.push(this.matrix.figure);
    }
    const right = make("div", { style: "flex:1 1 520px;min-width:0" }, ...rows);
    this.body.append(make("div", { className: "row" }, ...(this.large ? [this.large.figure, right] : [right])));
    if (this.strip) this.body.prepend(make("div", { className: "row", style: "gap:4px;margin-bottom:4px" }, ...this.strip.map(({ figure }) => figure)));
  }

  /** The slider's own keys already move it; this makes clicks on the strip continue from the keyboard. */
  keysOn(slider) { slider.addEventListener("change", () => this.scrub(+slider.value)); }

  buildLooks() {
    const { facts } = this, aspect = bevAspect(facts.grid);
    this.strip = facts.strip.map((step) => this.panel(`step ${step}`, {
      aspect, wide: 84, label: `the frame from above after ${step} steps`,
      clicked: () => this.scrub(step), moved: (right) => this.scrub(this.neighbour(step, right)),
    }));
    this.large = this.panel("from above", { aspect, wide: 300, label: "strength of F_S and boxes from above at the chosen step" });
  }

  get onStage() { return this.large ? ["from above", this.facts.panels[0].name] : this.facts.panels.slice(0, 2).map(({ name }) => name); }

  layout(wide) {
    const { facts } = this, large = this.large ? Math.min(300, Math.max(200, 0.24 * wide)) : 0, right = wide - large - (large ? 16 : 0);
    const columns = Math.max(2, Math.min(facts.panels.length, this.large ? 6 : 3, Math.floor(right / 190))), each = Math.floor(right / columns) - 10;
    if (this.large) this.fit(this.large, large);
    for (const panel of this.strip ?? []) this.fit(panel, Math.min(96, Math.floor(wide / this.strip.length) - 5));
    for (const panel of this.curves) this.fit(panel, Math.min(each, 400));
    if (this.matrix) this.fit(this.matrix, Math.min(900, right));
  }

  scrub(step) { this.set({ step: Math.max(0, Math.min(this.facts.last, Math.round(step))) }); }

  stepAt(across) { return this.facts.last * Math.max(0, Math.min(1, (across - 0.02) / 0.96)); }

  /** The next look of the strip to the right or to the left. */
  neighbour(step, right) {
    const { strip } = this.facts;
    return strip[Math.max(0, Math.min(strip.length - 1, strip.indexOf(step) + right))];
  }

  describe() {
    const { facts, state } = this, said = [];
    for (const panel of facts.panels) {
      const known = panel.curves.map((curve) => [curve.name, valueAt(curve, state.step)]).filter(([, value]) => value !== null);
      if (!known.length || panel.name === "learning rate" || panel.name === "gradient norm" || said.length >= 5) continue;
      said.push(`${panel.name} ${known.map(([name, value]) => `${name} ${shortNumber(value)}`.trim()).join(", ")}`);
    }
    return `step ${state.step} of ${facts.last}: ${said.join("; ")}`;
  }

  draw() {
    const { facts, state } = this;
    this.controls.step.max = facts.last;
    this.curves.forEach((panel, place) => this.drawCurves(panel, facts.panels[place]));
    if (this.matrix) this.drawGradients(facts.gradients.filter(({ step }) => step <= state.step).at(-1) ?? facts.gradients[0]);
    if (!facts.looks.length) return;
    const shown = facts.looks.filter(({ step }) => step <= state.step).at(-1) ?? facts.looks[0];
    this.drawLook(this.large, shown);
    this.large.caption.replaceChildren(make("b", { textContent: `from above, step ${shown.step}` }));
    this.large.words.textContent = "strength of F_S; green: labelled cars, orange: the student's boxes";
    this.strip.forEach((panel, place) => {
      const look = facts.looks.find(({ step }) => step === facts.strip[place]);
      this.drawLook(panel, look);
      panel.caption.replaceChildren(make("span", { className: "small", textContent: look.step }));
      panel.canvas.style.boxShadow = look === shown ? `0 0 0 3px ${facts.colours.student}` : "none";
    });
  }

  drawLook({ canvas }, look) {
    const { facts: { grid, colours, truth } } = this, [rows, columns] = grid.shape;
    lay(canvas, this.kept(look.codes, () =>
      asTile(coloured(new Uint8Array(this.bytes, look.codes, rows * columns), grid, [0, 255], colours.features), grid)));
    const thin = canvas.wide < 120 ? 0.7 : 1.4;
    boxesOnBev(canvas, grid, [{ ground: truth, colour: colours.truth }], thin);
    boxesOnBev(canvas, grid, [{ ground: look.ground, colour: colours.student }], thin);
  }

  drawCurves({ canvas, words }, panel) {
    const { facts, state } = this, { colours } = facts;
    const { pen, left, right, top, bottom, letter: tall } = plotArea(canvas, colours, panel.name + (panel.logarithmic ? " (log)" : ""));
    const scale = panel.logarithmic ? Math.log : (value) => value;
    const low = scale(panel.logarithmic ? panel.least : Math.min(0, panel.range[0])), high = scale(panel.range[1]);
    const x = (step) => left + (right - left) * (0.02 + (0.96 * step) / facts.last);
    const y = (value) => bottom - ((scale(value) - low) / (high - low || 1)) * (bottom - top);
    pen.fillStyle = colours.hairline;
    pen.fillRect(left, bottom, right - left, 1);
    pen.fillStyle = colours.muted;
    pen.fillText("0", x(0), bottom + tall - 1);
    pen.fillText(facts.last, x(facts.last) - pen.measureText(facts.last).width, bottom + tall - 1);
    pen.fillText(shortNumber(panel.range[1]), right - pen.measureText(shortNumber(panel.range[1])).width, tall);
    pen.fillRect(x(state.step), top, 1, bottom - top);
    const said = [];
    for (const curve of panel.curves) {
      const points = curve.steps.map((step, k) => [step, curve.values[k]]).filter(([, value]) => value !== null && (!panel.logarithmic || value > 0));
      line(canvas, points.map(([step, value]) => [x(step), y(value)]), curve.colour, 1.6, false);
      const value = valueAt(curve, state.step);
      if (value === null) continue;
      ring(canvas, [x(state.step), y(value)], 3, curve.colour, 2);
      said.push([curve, value]);
    }
    words.replaceChildren(...said.map(([{ name, colour }, value]) => make("div", {},
      ...(name ? [make("b", { textContent: "▬ ", style: `color:${colour}` })] : []), `${name} ${shortNumber(value)}`.trim())));
  }

  drawGradients({ step, terms, groups, values }) {
    const { facts: { colours }, matrix: { canvas } } = this;
    const { pen, letter: tall } = plotArea(canvas, colours, `gradient norm of each loss term on each part, step ${step} (darker: pushes harder; –: not at all)`);
    const left = Math.max(...terms.map((term) => pen.measureText(term).width)) + 10, head = 3.4 * tall;
    const cell = [(canvas.wide - left - 4) / groups.length, (canvas.high - head - 4) / terms.length], found = values.flat().filter((value) => value > 0);
    const [low, high] = [Math.log(Math.min(...found)), Math.log(Math.max(...found))];
    groups.forEach((group, column) => {
      pen.fillStyle = values.some((row) => row[column] > 0) ? colours.ink : "#B3402A";
      pen.fillText(short(pen, group, 2 * cell[0] - 6), left + column * cell[0] + 2, head - (column % 2 ? 4 : 4 + tall));
    });
    terms.forEach((term, row) => {
      pen.fillStyle = colours.ink;
      pen.fillText(term, 0, head + (row + 0.7) * cell[1]);
      groups.forEach((_, column) => {
        const value = values[row][column], share = value > 0 ? 0.12 + (0.88 * (Math.log(value) - low)) / (high - low || 1) : 0;
        pen.fillStyle = `rgba(31,111,181,${share})`;
        pen.fillRect(left + column * cell[0] + 1, head + row * cell[1] + 1, cell[0] - 2, cell[1] - 2);
        pen.fillStyle = share > 0.6 ? PAPER : colours.ink;
        pen.fillText(value > 0 ? shortNumber(value) : "–", left + column * cell[0] + 4, head + (row + 0.7) * cell[1]);
      });
    });
  }
}

/** The last value of a curve up to a step; null before the first. */
function valueAt(curve, step) {
  const place = curve.steps.findLastIndex((one) => one <= step);
  return place < 0 ? null : curve.values[place];
}

/** Three digits, whole numbers up to 9999 in full, powers of ten beyond and below 0.0001; as Python's short_number. */
function shortNumber(value) {
  if (value === 0) return "0";
  const whole = Math.round(Math.abs(value));
  if (whole >= 1000 && whole < 10000) return value.toFixed(0);
  const size = Math.floor(Math.log10(Math.abs(+value.toPrecision(3))));
  if (size < -4 || size >= 3) {
    const [digits, power] = value.toExponential(2).split("e");
    return `${+digits}e${power[0]}${power.slice(1).padStart(2, "0")}`;
  }
  return `${+value.toPrecision(3)}`;
}

/** A text that is cut where it is wider than the room for it. */
function short(pen, text, room) {
  let cut = text;
  while (cut.length > 2 && pen.measureText(cut).width > room) cut = cut.slice(0, -1);
  return cut === text ? text : `${cut}…`;
}

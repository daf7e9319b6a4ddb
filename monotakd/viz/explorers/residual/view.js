// The residual explorer on the page: image, cue, where it lies, what was learned of it, linked by the chosen cell.
// Choosing, the image and what lies over the maps are the feature-gap explorer's.

class ResidualView extends FeatureGapView {
  build() {
    const { facts } = this, last = facts.thresholds.at(-1);
    this.control("form", "residual", choice(Object.keys(facts.forms)));
    this.control("threshold", "threshold", range(0, last, facts.thresholds[1] - facts.thresholds[0]));
    this.value = this.bar.lastChild.appendChild(make("output"));
    const channels = choice(["all", ...facts.channels]);
    this.control("channel", "channels", channels, (e) => ({ channel: e.selectedIndex - 1 }));
    this.fetchControl();
    this.control("boxes", "boxes", tick());

    this.seen = this.imagePanel();
    this.cue = this.map("residual", 330);
    this.energy = this.panel("energy", { aspect: 3.6, wide: 520, label: "energy by distance" });
    this.vectors = this.panel("channels", { aspect: 3.2, wide: 520, label: "channels of the chosen cell" });
    this.maps = facts.maps.map((map) => this.map(map.name, 166));
    this.small = make("div", { className: "row" }, ...this.maps.map(({ figure }) => figure));
    const left = make("div", {}, ...[this.seen, this.energy, this.vectors].map(({ figure }) => figure));
    this.body.append(make("div", { className: "row" }, left, this.cue.figure, this.small));
  }

  layout(wide) {
    const beside = wide >= 560, right = beside ? Math.min(330, 0.38 * wide) : Math.min(330, wide), left = Math.min(520, beside ? wide - right - 10 : wide);
    for (const panel of [this.seen, this.energy, this.vectors]) this.fit(panel, left);
    this.fit(this.cue, right);
    const columns = wide >= left + right + 370 ? 2 : Math.max(2, this.maps.length);
    this.small.style.maxWidth = columns === 2 ? "342px" : "none";
    for (const panel of this.maps) this.fit(panel, Math.min(166, Math.floor(wide / columns) - 10));
  }

  describe() { return describeResidual(this.facts, this.bytes, this.state); }

  draw() {
    const { facts, state } = this;
    const list = this.controls.channel;
    if (list.length !== facts.channels.length + 1) list.replaceChildren(...choice(["all", ...facts.channels]).children);
    list.selectedIndex = state.channel + 1;
    this.value.textContent = ` ${facts.thresholds[stepOf(facts, state)].toFixed(1)} RMS of F_T`;
    this.drawImage();
    this.drawCue();
    this.maps.forEach((panel, place) => this.drawMap(panel, facts.maps[place]));
    drawEnergy(this.energy.canvas, facts, state);
    drawFour(this.vectors.canvas, facts, this.bytes, state);
    this.vectors.words.textContent = largestWords(facts, this.bytes, state);
  }

  drawCue() {
    const { facts, state, cue: { canvas, caption, words } } = this, form = facts.forms[state.form];
    const limits = cueLimits(facts, state), [low, high] = limits;
    caption.replaceChildren(make("b", {}, ...titled("residual F_T"), " − ", ...titled("F_A"), `, ${state.form}`),
      make("div", { className: facts.aligned ? "small" : "small mark", textContent: facts.mark }));
    const tile = this.kept(`cue|${state.form}|${stepOf(facts, state)}|${state.channel}`,
      () => asTile(coloured(cueValues(facts, this.bytes, state), facts.grid, limits, facts.colours[form.table]), facts.grid));
    lay(canvas, tile);
    this.overlay(canvas);
    const note = state.channel < 0 ? form.note : `channel ${facts.channels[state.channel]}`;
    const ends = low < 0 ? `blue −${twoDigits(high)}, white 0, red +${twoDigits(high)}` : `dark 0, bright ${twoDigits(high)}`;
    const share = form.energy[stepOf(facts, state)].share[0];
    const held = share === null ? "nothing is left of it" : `${twoDigits(100 * share)} % of it lies in boxes, on ${twoDigits(100 * facts.groups[0].cells)} % of the cells`;
    words.replaceChildren(...[`${note}: ${ends}`, held].map((text) => make("div", { textContent: text })));
  }

  drawMap(panel, map) {
    const { facts, state } = this, layer = layerBeside(map, state), look = map.looks[layer];
    panel.caption.replaceChildren(make("b", {}, ...titled(map.title)),
      make("div", { className: `small ${map.name === "assistant" && !facts.aligned ? "mark" : ""}`, textContent: map.name === "assistant" ? facts.mark : look.note }));
    lay(panel.canvas, this.kept(`${map.name}|${layer}`, () => asTile(
      coloured(layerValues(facts, this.bytes, map, layer), facts.grid, look.limits, facts.colours[look.table]), facts.grid)));
    this.overlay(panel.canvas);
    const like = likenessWords(facts, state, map.name);
    const lines = like ? ["like the residual:", ...like.split(", "), look.range] : [look.range];
    panel.words.replaceChildren(...lines.map((text) => make("div", { textContent: text })));
  }
}

// The 3D explorer on the page: the scene, the image and the view from above, linked by the chosen box.

const ORBIT = 0.06, ZOOM = 1.15, TURN = 0.35; // radians a key press, share a key press, radians a second

class SceneView extends LinkedView {
  build() {
    const { facts } = this, [height, width] = facts.image.size;
    this.root.dataset.lmSuppressShortcuts = "true"; // JupyterLab would take keys away
    this.sets = facts.sets.map((set) => this.switchOf(set));
    this.control("min_score", "score from", range(0, 1, 0.01));
    this.score = make("span", { className: "small" });
    this.bar.append(this.score);
    this.control("cloud", "points", choice(facts.clouds));
    this.control("colour", "colour", choice(["height", "intensity", "distance"]));
    this.control("image", "image in its camera", tick());
    this.control("follow", "follow the box", tick());
    this.control("turn", "turn", tick());
    this.button("previous box", () => this.choose(neighbour(this.facts, this.state, -1)));
    this.button("next box", () => this.choose(neighbour(this.facts, this.state, 1)));
    this.button("first view", () => this.set({ view: this.facts.first_view, follow: false, turn: false }));

    this.photo = this.picture(facts.image.png);
    this.space = this.panel("space", {
      aspect: 1.8, wide: 800, label: `frame ${facts.frame} in 3D; drag to orbit, shift and drag to move, plus and minus to zoom, n and p for the next and previous box, f to follow it`,
      clicked: (share) => this.dragged || this.choose(pick(this.facts, this.state, this.rayAt(share))),
      moved: (right, up) => this.orbit(-ORBIT * right, ORBIT * up),
    });
    this.space.caption.append(make("b", { textContent: "3D" }), `, frame ${facts.frame}`);
    this.stack = make("div", { className: "stack" }); // WebGL below, words above
    this.space.canvas.replaceWith(this.stack);
    this.stack.append(this.space.canvas);
    this.above = this.panel("above", {
      aspect: bevAspect(facts.grid), wide: 330, label: "points and boxes from above",
      clicked: (share) => this.choose(pick(this.facts, this.state, rayFromAbove(metresAt(facts.grid, share)))),
      moved: (right, up) => this.choose(neighbour(this.facts, this.state, right || up)),
    });
    this.above.caption.append(make("b", { textContent: "from above" }), ", with the eye of the 3D view");
    this.seen = this.panel("image", {
      aspect: width / height, wide: 800, label: `camera image of frame ${facts.frame}`,
      clicked: (share) => this.choose(pick(this.facts, this.state, rayOfPixel(facts, pixelAt(facts.image.size, share)))),
      moved: (right, up) => this.choose(neighbour(this.facts, this.state, right || up)),
    });
    this.seen.caption.append(make("b", { textContent: "image" }));
    this.table = make("table", { className: "numbers" });
    this.root.append(make("style", { textContent: ".linked .numbers{border-collapse:collapse;font-size:12.5px}.linked .numbers th{text-align:left;font-weight:400;color:#56616B;padding:1px 10px 1px 0}.linked .stack{position:relative}.linked .stack canvas{position:relative}.linked .stack .under{position:absolute;left:0;top:0;width:100%;height:100%}.linked .swatch{display:inline-block;width:.8em;height:.8em;margin-right:3px}" }));
    this.body.append(make("div", { className: "row" }, make("div", {}, this.space.figure, this.seen.figure), make("div", {}, this.above.figure, this.table)));
    this.handle(this.space.canvas);
  }

  /** A box to tick for a set, which is the legend too. */
  switchOf(set) {
    const box = tick(), swatch = make("span", { className: "swatch" });
    box.setAttribute("aria-label", `show ${set.name}`);
    box.dataset.control = `show ${set.name}`;
    swatch.style.background = set.colour;
    const others = () => this.state.hidden.filter((name) => name !== set.name);
    box.oninput = () => this.set({ hidden: box.checked ? others() : [...others(), set.name] });
    this.bar.append(make("label", {}, box, swatch, set.name));
    return { name: set.name, box };
  }

  button(text, onclick) {
    this.bar.append(make("button", { textContent: text, onclick }));
  }

  get onStage() { return ["space", "above"]; }

  layout(wide) {
    const columns = wide > 700, side = columns ? Math.min(400, Math.round(0.31 * wide)) : wide;
    const fits = (window.innerHeight - 160) / (1 / this.space.aspect + 1 / this.seen.aspect); // both below each other
    const main = columns ? Math.min(920, wide - side - 12, Math.max(560, fits)) : wide;
    for (const panel of [this.space, this.seen]) this.fit(panel, main);
    this.fit(this.above, side);
  }

  load() {
    super.load();
    this.painter?.take(this.facts, this.bytes);
  }

  remove() {
    super.remove();
    cancelAnimationFrame(this.frame);
    this.remove3d();
  }

  remove3d() {
    this.painter?.canvas.remove();
    this.painter?.end();
    this.painter = null;
  }

  choose(chosen) { this.set({ chosen }); }

  /** The view in effect; while the mouse drags or the scene turns it is ahead of the state. */
  get view() { return { ...viewOf(this.facts, this.state), ...this.ahead }; }

  rayAt([across, down]) {
    const { wide, high } = this.space.canvas;
    return rayOfScreen(this.facts, cameraOf(this.view), wide, high, [across * wide, down * high]);
  }

  /** Another direction to look from. */
  turned(view, turn, rise) {
    return { azimuth: view.azimuth + turn, elevation: Math.max(-0.2, Math.min(1.55, view.elevation + rise)) };
  }

  orbit(turn, rise) { this.keep(this.turned(this.view, turn, rise)); }

  zoom(share) { this.keep({ distance: Math.max(2, Math.min(150, this.view.distance * share)) }); }

  /** Makes a change of the view part of the state; a followed box keeps its target and has a distance of its own. */
  keep(change) {
    const view = { ...this.view, ...change }, following = this.state.follow && chosenBox(this.facts, this.state);
    this.ahead = {};
    if (following) this.set({ view: { ...this.state.view, azimuth: view.azimuth, elevation: view.elevation }, close: view.distance });
    else this.set({ view });
  }

  /** Mouse, touch and keys of the 3D panel. */
  handle(canvas) {
    let from = null;
    canvas.style.touchAction = "none";
    canvas.addEventListener("pointerdown", (event) => {
      from = { x: event.offsetX, y: event.offsetY, view: this.view, moves: event.shiftKey || event.button === 2 };
      this.dragged = false;
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!from) return;
      const [right, down] = [event.offsetX - from.x, event.offsetY - from.y];
      this.dragged ||= Math.hypot(right, down) > 4;
      if (!this.dragged) return;
      const camera = cameraOf(from.view), metres = from.view.distance / canvas.high;
      this.ahead = from.moves ? { target: sum(sum(from.view.target, camera.right, -right * metres), camera.down, -down * metres) }
        : this.turned(from.view, -0.008 * right, 0.008 * down);
      this.later();
    });
    canvas.addEventListener("pointerup", () => {
      from = null;
      if (this.dragged) this.keep(this.ahead);
    });
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    canvas.addEventListener("wheel", (event) => {
      if (document.activeElement !== canvas && !this.root.getRootNode().activeElement?.isSameNode(canvas)) return; // the page scrolls
      event.preventDefault();
      this.zoom(ZOOM ** Math.sign(event.deltaY));
    }, { passive: false });
    const keys = {
      "+": () => this.zoom(1 / ZOOM), "=": () => this.zoom(1 / ZOOM), "-": () => this.zoom(ZOOM),
      n: () => this.choose(neighbour(this.facts, this.state, 1)), p: () => this.choose(neighbour(this.facts, this.state, -1)),
      f: () => this.set({ follow: !this.state.follow }), t: () => this.set({ turn: !this.state.turn }), Escape: () => this.choose(null),
    };
    canvas.addEventListener("keydown", (event) => {
      if (!(event.key in keys) || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      event.stopPropagation();
      keys[event.key]();
    });
  }

  /** Draws the 3D panel with the next picture of the screen. */
  later() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame((now) => this.step(now));
  }

  step(now) {
    if (!this.root.isConnected) return;
    if (this.state.turn) {
      const seconds = this.last ? Math.min((now - this.last) / 1000, 0.1) : 0;
      this.ahead = { ...this.ahead, azimuth: this.view.azimuth + TURN * seconds };
      this.later();
    }
    this.last = this.state.turn ? now : null;
    this.drawSpace();
  }

  describe() { return describeScene(this.facts, this.state); }

  draw() {
    const { facts, state } = this;
    for (const { name, box } of this.sets) box.checked = !state.hidden.includes(name);
    this.score.textContent = state.min_score.toFixed(2);
    if (state.turn && !this.last) this.later();
    if (!state.turn && this.last) {
      this.last = null;
      return this.keep({}); // where the turning came to rest
    }
    this.drawSpace();
    this.drawImage();
    this.drawAbove();
    const box = chosenBox(facts, state), rows = box ? box.table : [["no box chosen", "click one, or press n"]];
    return this.table.replaceChildren(...rows.map(([name, value]) => make("tr", {}, make("th", { textContent: name, scope: "row" }), make("td", { textContent: value }))));
  }

  drawSpace() {
    const { facts, state, space: { canvas } } = this, pen = canvas.getContext("2d");
    try {
      if (!this.painter) this.stack.prepend((this.painter = new Painter(facts, this.bytes)).canvas);
    } catch (error) {
      return lay(canvas, null, `3D cannot be drawn here (${error.message}); image and view from above work`);
    }
    if (this.photo.complete && this.photo.naturalWidth && !this.painter.image) this.painter.setImage(this.photo);
    const camera = cameraOf(this.view);
    this.painter.draw(state, camera, canvas.width, canvas.height, (canvas.width / canvas.wide) * (canvas.thick ?? 1));
    pen.clearRect(0, 0, canvas.wide, canvas.high);
    const box = chosenBox(facts, state), place = box && onScreen(facts, camera, canvas.wide, canvas.high, [...box.values.slice(0, 2), box.values[2] + box.values[5] / 2]);
    return place && this.tag(canvas, place, `${state.chosen[0]}: ${box.label}`);
  }

  /** A name above a place. */
  tag(canvas, [x, y], text) {
    const pen = canvas.getContext("2d"), letter = 12 * (canvas.type ?? 1);
    pen.font = `600 ${letter}px system-ui`;
    const wide = pen.measureText(text).width + 10, left = Math.max(2, Math.min(canvas.wide - wide - 2, x - wide / 2)), top = Math.max(2, y - letter - 20);
    pen.fillStyle = this.facts.colours.ink;
    pen.fillRect(left, top, wide, letter + 6);
    pen.fillStyle = PAPER;
    pen.fillText(text, left + 5, top + letter + 1);
  }

  /** Shown boxes with their sets, the chosen one last so that it lies on top. */
  get inOrder() {
    const { facts, state } = this, chosen = chosenBox(facts, state);
    const boxes = shownBoxes(facts, state).map(([set, , box]) => ({ set, box, own: box === chosen })).filter(({ own }) => !own);
    return chosen ? [...boxes, { set: facts.sets.find((set) => set.name === state.chosen[0]), box: chosen, own: true }] : boxes;
  }

  outline(canvas, places, { set, own }) {
    if (own) line(canvas, places, PAPER, 5.5);
    line(canvas, places, set.colour, own ? 3 : 1.5, !own);
  }

  drawImage() {
    const { facts, seen: { canvas } } = this, at = imagePlace(facts.image.size, canvas);
    if (this.photo.complete) canvas.getContext("2d").drawImage(this.photo, 0, 0, canvas.wide, canvas.high);
    for (const one of this.inOrder) for (const [u1, v1, u2, v2] of one.box.lines) this.outline(canvas, [at([u1, v1]), at([u2, v2])], one);
  }

  drawAbove() {
    const { facts, above: { canvas } } = this, at = bevPlace(facts.grid, canvas), pen = canvas.getContext("2d");
    lay(canvas, this.kept(`above|${canvas.width}|${this.state.cloud}`, () => this.cloudFromAbove(canvas)));
    const [origin, ...ends] = facts.wedge;
    for (const end of ends) line(canvas, [at(origin), at(end)], facts.colours.muted, 1, false);
    for (const one of this.inOrder) {
      const ground = one.box.corners.slice(0, 4), middle = (a, b) => [0, 1].map((k) => (ground[a][k] + ground[b][k]) / 2);
      this.outline(canvas, [...ground, ground[0], ground[1]].map(at), one);
      this.outline(canvas, [middle(0, 2), middle(0, 1)].map(at), one);
    }
    const camera = cameraOf(this.view), eye = camera.eye.slice(0, 2);
    line(canvas, [at(eye), at(sum(eye, camera.forward.slice(0, 2), 6))], facts.colours.ink, 1.6, false);
    pen.fillStyle = facts.colours.ink;
    pen.beginPath();
    pen.arc(...at(eye), 3.5, 0, 2 * Math.PI);
    pen.fill();
  }

  /** The points from above, as a picture that is made once. */
  cloudFromAbove(canvas) {
    const { facts, state } = this, { width, height } = canvas, tile = make("canvas", { width, height });
    const at = (metres) => bevPlace(facts.grid, canvas)(metres).map((place) => (place * width) / canvas.wide);
    const [origin, unit] = [at([0, 0]), at([1, 1])], [right, down] = [0, 1].map((i) => (unit[i] - origin[i]) * facts.step);
    const counts = new Uint8ClampedArray(width * height);
    const clouds = [[facts.sweep, ["LiDAR", "both"]], [facts.predicted, ["predicted", "both"]]];
    for (const [cloud, when] of clouds) {
      if (!cloud || !when.includes(state.cloud)) continue;
      const places = new Int16Array(this.bytes, cloud.places, 4 * cloud.count);
      for (let i = 0; i < places.length; i += 4) {
        const column = Math.round(origin[0] + right * places[i + 1]), row = Math.round(origin[1] + down * places[i]);
        if (column >= 0 && column < width && row >= 0 && row < height) counts[row * width + column]++;
      }
    }
    const shades = shadesOf(facts.colours), picture = new ImageData(width, height), pixels = new Uint32Array(picture.data.buffer);
    counts.forEach((count, i) => { pixels[i] = shades[count]; });
    tile.getContext("2d").putImageData(picture, 0, 0);
    return tile;
  }
}

/** RGBA, as one number, of the ground below so many points: each covers three tenths of what still shows of it. */
function shadesOf({ ground, ink }) {
  const bytes = new Uint8ClampedArray(4 * 256), [below, above] = [ground, ink].map(rgbOf);
  for (let count = 0; count < 256; count++) {
    const bare = 0.7 ** count;
    bytes.set([...above.map((value, i) => 255 * (value + (below[i] - value) * bare)), 255], 4 * count);
  }
  return new Uint32Array(bytes.buffer);
}

// The 3D explorer's drawing with WebGL2: points, thick lines and the camera's picture.

const EDGES = [[0, 1], [1, 2], [2, 3], [3, 0], [4, 5], [5, 6], [6, 7], [7, 4], [0, 4], [1, 5], [2, 6], [3, 7]];
const FRONT = [[0, 5], [4, 1]]; // the cross that marks where a box is heading

const POINTS = [`#version 300 es
layout(location=0) in vec4 place; layout(location=1) in vec4 rgba;
uniform mat4 clip; uniform vec3 eye; uniform float step, size; uniform int by; uniform vec2 limits; uniform sampler2D table;
out vec3 colour;
void main() {
  vec3 at = place.xyz * step;
  gl_Position = clip * vec4(at, 1.0);
  gl_PointSize = clamp(size / gl_Position.w, 1.0, 9.0);
  float value = by == 0 ? at.z : by == 1 ? place.w / 32767.0 : log(max(length(at.xy), 0.1));
  float share = clamp((value - limits.x) / (limits.y - limits.x), 0.0, 1.0);
  colour = by == 3 ? rgba.rgb : texelFetch(table, ivec2(int(share * 255.0), 0), 0).rgb;
}`, `#version 300 es
precision mediump float; in vec3 colour; out vec4 painted;
void main() { painted = vec4(colour, 1.0); }`];

const LINES = [`#version 300 es
layout(location=0) in vec3 from; layout(location=1) in vec3 to; layout(location=2) in vec4 look;
uniform mat4 clip; uniform vec2 picture; uniform float more; uniform vec4 halo;
out vec4 colour;
void main() {
  vec4 a = clip * vec4(from, 1.0), b = clip * vec4(to, 1.0);
  float near = 0.3;
  if (a.w < near && b.w < near) { gl_Position = vec4(2.0, 2.0, 2.0, 1.0); return; }
  if (a.w < near) a = mix(a, b, (near - a.w) / (b.w - a.w));
  if (b.w < near) b = mix(b, a, (near - b.w) / (a.w - b.w));
  vec2 along = (b.xy / b.w - a.xy / a.w) * picture;
  vec2 side = dot(along, along) > 0.0 ? normalize(vec2(-along.y, along.x)) : vec2(0.0);
  vec4 end = (gl_VertexID & 1) == 0 ? a : b;
  float way = gl_VertexID < 2 ? -1.0 : 1.0;
  gl_Position = end + vec4(way * side * (look.w + more) / picture * end.w, 0.0, 0.0);
  colour = halo.a > 0.0 ? halo : vec4(look.rgb, 1.0);
}`, `#version 300 es
precision mediump float; in vec4 colour; out vec4 painted;
void main() { painted = colour; }`];

const PICTURE = [`#version 300 es
layout(location=0) in vec3 place; layout(location=1) in vec2 uv;
uniform mat4 clip; out vec2 at;
void main() { gl_Position = clip * vec4(place, 1.0); at = uv; }`, `#version 300 es
precision mediump float; in vec2 at; uniform sampler2D image; out vec4 painted;
void main() { painted = vec4(texture(image, at).rgb, 0.92); }`];

const rgbOf = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255);

/** Whether WebGL runs on the processor here, where smooth edges of 120,000 points take more than a second. */
function drawsInSoftware() {
  const gl = make("canvas").getContext("webgl2"), named = gl?.getExtension("WEBGL_debug_renderer_info");
  const software = named && /swiftshader|llvmpipe|softpipe|basic render|software/i.test(gl.getParameter(named.UNMASKED_RENDERER_WEBGL));
  gl?.getExtension("WEBGL_lose_context")?.loseContext();
  return Boolean(software);
}

/** Draws a scene on a canvas of its own, which lies under the panel's: a 2D canvas can then write over it. */
class Painter {
  constructor(facts, bytes) {
    const canvas = make("canvas", { className: "under" });
    canvas.setAttribute("aria-hidden", "true");
    const gl = canvas.getContext("webgl2", { antialias: !drawsInSoftware() });
    if (!gl) throw new Error("no WebGL2");
    Object.assign(this, { canvas, gl });
    [this.points, this.lines, this.picture] = [POINTS, LINES, PICTURE].map((sources) => this.program(...sources));
    this.tables = Object.fromEntries(["height", "intensity", "distance"].map((name) => [name, this.table(facts.colours[name].table)]));
    this.segments = gl.createBuffer();
    this.take(facts, bytes);
    this.screen = this.quad(facts.frustum);
    this.image = null;
  }

  /** Takes over the points of another payload; programs and textures stay. */
  take(facts, bytes) {
    for (const cloud of [this.sweep, this.predicted]) if (cloud) this.drop(cloud);
    this.facts = facts;
    this.sweep = facts.sweep && this.cloud(bytes, facts.sweep);
    this.predicted = facts.predicted && this.cloud(bytes, facts.predicted);
  }

  drop({ array, buffers }) {
    this.gl.deleteVertexArray(array);
    for (const buffer of buffers) this.gl.deleteBuffer(buffer);
  }

  program(...sources) {
    const { gl } = this, program = gl.createProgram();
    [gl.VERTEX_SHADER, gl.FRAGMENT_SHADER].forEach((kind, i) => {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, sources[i]);
      gl.compileShader(shader);
      if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader));
      gl.attachShader(program, shader);
    });
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program));
    const count = gl.getProgramParameter(program, gl.ACTIVE_UNIFORMS), at = {};
    for (let i = 0; i < count; i++) {
      const { name } = gl.getActiveUniform(program, i);
      at[name] = gl.getUniformLocation(program, name);
    }
    return { program, at };
  }

  texture(fill) {
    const { gl } = this, texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, texture);
    for (const side of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, side, gl.CLAMP_TO_EDGE);
    for (const way of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, way, gl.LINEAR);
    fill(gl);
    return texture;
  }

  table(colours) {
    const bytes = new Uint8Array(colours.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255, 255]));
    return this.texture((gl) => gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, bytes));
  }

  setImage(image) {
    this.image = this.texture((gl) => gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, image));
  }

  buffer(data) {
    const { gl } = this, buffer = gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ARRAY_BUFFER, data, gl.STATIC_DRAW);
    return buffer;
  }

  cloud(bytes, { count, places, colours }) {
    const { gl } = this, array = gl.createVertexArray();
    gl.bindVertexArray(array);
    const buffers = [this.buffer(new Int16Array(bytes, places, 4 * count))];
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 4, gl.SHORT, false, 0, 0);
    if (colours !== undefined) {
      buffers.push(this.buffer(new Uint8Array(bytes, colours, 4 * count)));
      gl.enableVertexAttribArray(1);
      gl.vertexAttribPointer(1, 4, gl.UNSIGNED_BYTE, true, 0, 0);
    }
    gl.bindVertexArray(null);
    return { array, buffers, count };
  }

  quad(corners) {
    const { gl } = this, array = gl.createVertexArray(), uv = [[0, 0], [1, 0], [1, 1], [0, 1]];
    gl.bindVertexArray(array);
    this.buffer(new Float32Array([0, 1, 3, 2].flatMap((i) => [...corners[i], ...uv[i]])));
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 3, gl.FLOAT, false, 20, 0);
    gl.enableVertexAttribArray(1);
    gl.vertexAttribPointer(1, 2, gl.FLOAT, false, 20, 12);
    gl.bindVertexArray(null);
    return array;
  }

  /** Draws the scene as the state asks, seen from a camera, as a picture of this width and height. */
  draw(state, camera, width, height, thick) {
    const { gl, canvas, facts } = this;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const clip = new Float32Array(clipFromLidar(facts, camera, width, height));
    gl.viewport(0, 0, width, height);
    gl.clearColor(...rgbOf(facts.colours.ground), 1);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.enable(gl.DEPTH_TEST);
    gl.depthFunc(gl.LEQUAL);
    if (this.sweep && ["LiDAR", "both"].includes(state.cloud)) this.drawCloud(this.sweep, state.colour, clip, camera, 1);
    if (this.predicted && ["predicted", "both"].includes(state.cloud)) this.drawCloud(this.predicted, "photo", clip, camera, 2.2);
    const chosen = chosenBox(facts, state);
    this.drawLines([...this.grid(), ...this.frustum()], clip, thick);
    this.drawLines(shownBoxes(facts, state).filter(([, , box]) => box !== chosen).flatMap(([set, , box]) => linesOf(set, box, 2.2)), clip, thick);
    if (state.image && this.image) this.drawImage(clip);
    if (chosen) {
      gl.disable(gl.DEPTH_TEST); // what is chosen is seen through everything
      const own = linesOf(facts.sets.find((set) => set.name === state.chosen[0]), chosen, 3.4);
      this.drawLines(own, clip, thick, [...rgbOf(facts.colours.ink), 1]);
      this.drawLines(own, clip, thick);
    }
  }

  drawCloud({ array, count }, colour, clip, camera, larger) {
    const { gl, facts } = this, { program, at } = this.points;
    const limits = colour === "photo" ? [0, 1] : facts.colours[colour].limits;
    gl.useProgram(program);
    gl.bindVertexArray(array);
    gl.uniformMatrix4fv(at.clip, false, clip);
    gl.uniform1f(at.step, facts.step);
    gl.uniform1f(at.size, (larger * this.canvas.height) / 14);
    gl.uniform1i(at.by, ["height", "intensity", "distance", "photo"].indexOf(colour));
    gl.uniform2f(at.limits, ...(colour === "distance" ? limits.map(Math.log) : limits));
    gl.bindTexture(gl.TEXTURE_2D, this.tables[colour] ?? this.tables.height);
    gl.drawArrays(gl.POINTS, 0, count);
  }

  grid() {
    const { grid: { lower: [, right], upper: [far, left] }, ground, colours } = this.facts, look = [...rgbOf(colours.hairline), 1], lines = [];
    for (let x = 0; x <= far; x += 10) lines.push([x, right, ground, x, left, ground, ...look]);
    for (let y = Math.ceil(right / 10) * 10; y <= left; y += 10) lines.push([0, y, ground, far, y, ground, ...look]);
    return lines;
  }

  frustum() {
    const { camera: { origin }, frustum: corners, colours } = this.facts, look = [...rgbOf(colours.muted), 1.4];
    return corners.flatMap((corner, i) => [[...origin, ...corner, ...look], [...corner, ...corners[(i + 1) % 4], ...look]]);
  }

  drawLines(lines, clip, thick, halo = [0, 0, 0, 0]) {
    const { gl } = this, { program, at } = this.lines;
    if (!lines.length) return;
    gl.useProgram(program);
    gl.bindVertexArray(null);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.segments);
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array(lines.flatMap((line) => [...line.slice(0, 9), line[9] * thick])), gl.DYNAMIC_DRAW);
    [[0, 3, 0], [1, 3, 12], [2, 4, 24]].forEach(([place, size, from]) => {
      gl.enableVertexAttribArray(place);
      gl.vertexAttribPointer(place, size, gl.FLOAT, false, 40, from);
      gl.vertexAttribDivisor(place, 1);
    });
    gl.uniformMatrix4fv(at.clip, false, clip);
    gl.uniform2f(at.picture, this.canvas.width, this.canvas.height);
    gl.uniform1f(at.more, halo[3] ? 2.6 * thick : 0);
    gl.uniform4f(at.halo, ...halo);
    gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, lines.length);
  }

  drawImage(clip) {
    const { gl } = this, { program, at } = this.picture;
    gl.useProgram(program);
    gl.bindVertexArray(this.screen);
    gl.uniformMatrix4fv(at.clip, false, clip);
    gl.bindTexture(gl.TEXTURE_2D, this.image);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
    gl.disable(gl.BLEND);
  }

  /** Gives the browser's WebGL context back; it has only sixteen. */
  end() { this.gl.getExtension("WEBGL_lose_context")?.loseContext(); }
}

function linesOf(set, box, thick) {
  const look = [...rgbOf(set.colour), thick];
  const edges = EDGES.map(([a, b]) => [...box.corners[a], ...box.corners[b], ...look]);
  return edges.concat(FRONT.map(([a, b]) => [...box.corners[a], ...box.corners[b], ...look.slice(0, 3), 0.5 * thick]));
}

// Explorers tell how high they are; 3D scenes are drawn when a reader asks for one.

addEventListener("message", ({ data, source }) => {
  if (!data || typeof data.explorerHeight !== "number") return;
  const frame = [...document.querySelectorAll("iframe.explorer")].find((one) => one.contentWindow === source);
  if (frame) frame.style.height = `${Math.ceil(data.explorerHeight) + 4}px`;
});

function load(script) {
  return new Promise((done, failed) => {
    if (document.querySelector(`script[src="${script}"]`)?.dataset.done) return done();
    const element = Object.assign(document.createElement("script"), { src: script, onerror: failed });
    element.onload = () => { element.dataset.done = "yes"; done(); };
    document.head.append(element);
  });
}

addEventListener("click", async ({ target }) => {
  if (!target.matches("button[data-scene]")) return;
  target.disabled = true;
  await load("assets/plotly.min.js");
  const { data, layout } = JSON.parse(document.getElementById(target.dataset.scene).textContent);
  const place = document.createElement("div");
  target.previousElementSibling.replaceWith(place);
  target.remove();
  await Plotly.newPlot(place, data, layout, { responsive: true, displaylogo: false });
});

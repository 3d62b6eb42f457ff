/* Charts: <div data-chart="id-of-json-block">. The options are ECharts' own; colours, fonts and grid come from the
   page's tokens. Tooltips are drawn as rich text, since HTML tooltips would need inline styles. */

const { Denghuo, echarts } = window;
const live = new Map();
const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--dh-${name}`).trim();

function themed(options) {
  const ink = token("ink-2");
  const line = token("line");
  const axis = {
    axisLine: { lineStyle: { color: token("line-strong") } },
    axisTick: { show: false },
    axisLabel: { color: ink },
    splitLine: { lineStyle: { color: line } },
    nameTextStyle: { color: ink },
  };
  const dress = (value) => (Array.isArray(value) ? value.map((one) => ({ ...axis, ...one })) : value ? { ...axis, ...value } : value);
  const wanted = {
    animationDuration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 350,
    color: ["lamp", "info", "progress", "ok", "danger", "neutral"].map(token),
    grid: { left: 8, right: 12, top: options.legend ? 36 : 16, bottom: 4, containLabel: true },
    ...options,
    backgroundColor: "transparent",
    textStyle: { color: token("ink"), fontFamily: getComputedStyle(document.body).fontFamily },
    tooltip: { trigger: "axis", confine: true, ...options.tooltip, renderMode: "richText", backgroundColor: token("surface"), borderColor: line, textStyle: { color: token("ink"), fontSize: 12 } },
    xAxis: dress(options.xAxis),
    yAxis: dress(options.yAxis),
  };
  if (options.legend) wanted.legend = { top: 0, left: 0, icon: "roundRect", itemWidth: 12, itemHeight: 8, ...options.legend, textStyle: { color: ink } };
  if (!options.xAxis) delete wanted.xAxis;
  if (!options.yAxis) delete wanted.yAxis;
  return wanted;
}
function draw(node) {
  const block = document.getElementById(node.dataset.chart);
  if (!block || !echarts) return;
  const options = JSON.parse(block.textContent);
  const series = [].concat(options.series || []);
  const empty = !series.some((one) => (one.data || []).length) && !options.dataset;
  node.querySelector(".dh-empty")?.remove();
  if (empty) {
    live.get(node)?.dispose();
    live.delete(node);
    node.replaceChildren(Denghuo.el("div", { class: "dh-empty" }, Denghuo.el("p", { class: "dh-empty-text" }, Denghuo.text("chart.empty"))));
    return;
  }
  let chart = live.get(node);
  if (!chart) {
    node.replaceChildren();
    chart = echarts.init(node, null, { renderer: "canvas" });
    live.set(node, chart);
    new ResizeObserver(() => !chart.isDisposed() && chart.resize()).observe(node);
  }
  chart.setOption(themed(options), true);
}
function sweep() {
  for (const [node, chart] of live) {
    if (node.isConnected) continue;
    chart.dispose();
    live.delete(node);
  }
}
Denghuo.onContent((root) => {
  sweep();
  Denghuo.all(root, "[data-chart]").forEach(draw);
});
/* a fragment may bring only the data block: the chart beside it is redrawn in place */
document.body.addEventListener("htmx:load", (event) => {
  Denghuo.all(event.detail.elt, "script[type='application/json'][id]").forEach((block) => {
    document.querySelectorAll(`[data-chart="${CSS.escape(block.id)}"]`).forEach(draw);
  });
});
document.addEventListener("dh:theme", () => [...live.keys()].forEach(draw));

// Draws the table inside <jd-chart> as a chart with ECharts; a button shows the table again.
import { colour, onTheme, script, whenSeen } from "./once.js";

const TONES = ["brand", "good", "warn", "hold", "info", "bad", "neutral"];

function options(data) {
  const across = data.kind === "hbar";
  const round = data.kind === "pie";
  const base = {
    animationDuration: 250,
    textStyle: { fontFamily: colour("--j-font"), color: colour("--j-text") },
    color: TONES.map((tone) => colour(`--j-${tone}`)),
    aria: { enabled: true, label: { description: data.title } }, // the numbers are in the table
    tooltip: {
      trigger: round ? "item" : "axis",
      renderMode: "richText", // html tooltips write style attributes, which the CSP forbids
      backgroundColor: colour("--j-raised"),
      borderColor: colour("--j-line"),
      textStyle: { color: colour("--j-text"), fontSize: 13 },
      valueFormatter: (value) => `${value}${data.unit ? " " + data.unit : ""}`,
    },
    legend: { show: data.series.length > 1 || round, top: 0, left: 0, itemWidth: 12, itemHeight: 12, textStyle: { color: colour("--j-quiet") } },
  };
  if (round) {
    const values = data.series[0]?.values ?? [];
    const slices = data.labels.map((name, i) => ({ name, value: values[i] }));
    return { ...base, series: [{ type: "pie", radius: ["45%", "72%"], center: ["50%", "58%"], data: slices, label: { color: colour("--j-text") }, itemStyle: { borderColor: colour("--j-surface"), borderWidth: 2 } }] };
  }
  const names = { type: "category", data: data.labels, axisTick: { show: false }, axisLine: { lineStyle: { color: colour("--j-line-strong") } }, axisLabel: { color: colour("--j-quiet"), hideOverlap: true }, inverse: across };
  const numbers = { type: "value", splitLine: { lineStyle: { color: colour("--j-line") } }, axisLabel: { color: colour("--j-quiet") }, minInterval: 1 };
  return {
    ...base,
    grid: { top: data.series.length > 1 ? 36 : 14, left: 4, right: 12, bottom: 2, containLabel: true },
    xAxis: across ? numbers : names,
    yAxis: across ? names : numbers,
    series: data.series.map((item) => ({
      name: item.name,
      type: data.kind === "line" || item.kind === "line" ? "line" : "bar",
      stack: data.kind === "stack" ? "all" : undefined,
      data: item.values,
      smooth: false,
      symbolSize: 6,
      barMaxWidth: 28,
      itemStyle: { borderRadius: data.kind === "stack" ? 0 : across ? [0, 3, 3, 0] : [3, 3, 0, 0], ...(item.tone ? { color: colour(`--j-${item.tone === "strong" ? "brand" : item.tone}`) } : {}) },
    })),
  };
}

class Chart extends HTMLElement {
  connectedCallback() {
    if (this.chart || this.waiting) return;
    this.waiting = true;
    whenSeen(this, () => this.draw().catch(() => {})); // without the library the table is the chart
  }

  async draw() {
    await script(this.dataset.script);
    this.data = JSON.parse(this.querySelector('script[type="application/json"]').textContent);
    const bar = Object.assign(document.createElement("div"), { className: "j-chart__bar d-print-none" });
    const title = Object.assign(document.createElement("span"), { textContent: this.data.title });
    const turn = Object.assign(document.createElement("button"), { type: "button", textContent: this.dataset.textTable });
    turn.addEventListener("click", () => {
      const table = this.classList.toggle("is-table");
      turn.textContent = table ? this.dataset.textChart : this.dataset.textTable;
      if (!table) this.chart.resize();
    });
    bar.append(title, turn);
    this.plot = Object.assign(document.createElement("div"), { className: "j-chart__plot" });
    this.prepend(bar, this.plot);
    this.classList.add("is-live");
    this.chart = window.echarts.init(this.plot, null, { renderer: "canvas" });
    this.paint();
    new ResizeObserver(() => this.chart.resize()).observe(this.plot);
    onTheme(() => this.paint());
    this.chart.on("click", (point) => {
      const link = this.data.series[point.seriesIndex]?.links[point.dataIndex];
      if (link) location.assign(link);
    });
  }

  paint() {
    this.chart.setOption(options(this.data), true);
  }
}

customElements.define("jd-chart", Chart);

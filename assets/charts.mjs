// What the site takes of Apache ECharts, and nothing else: `tests/charts.mjs` bundles it, `public/loader.js` imports it
// with the first chart, `src/chart.rs` binds what is exported here.

import { getInstanceByDom, init, use } from "echarts/core";
import { BarChart, LineChart, ScatterChart } from "echarts/charts";
import { DataZoomInsideComponent, DataZoomSliderComponent, GridComponent, TooltipComponent } from "echarts/components";
import { CanvasRenderer, SVGRenderer } from "echarts/renderers";

use([
  BarChart, LineChart, ScatterChart,
  // The tooltip brings the crosshair along.
  DataZoomInsideComponent, DataZoomSliderComponent, GridComponent, TooltipComponent,
  CanvasRenderer,
  // For saving alone.
  SVGRenderer,
]);

export { init } from "echarts/core";

// Asking for the whole option instead would copy all points at every step of a zoom.
const zoomOf = (chart) => chart.getModel().getComponent("dataZoom", 0);

/** The range of x that is shown. */
export const shownRange = (chart) => zoomOf(chart)?.getValueRange("x", 0);

/** How wide a dot is, where its series has a third number for it. */
export const sizeOf = ([, , size]) => size;

/** The chart on an element as SVG, as it is now, before a colour. */
export function svgOf(element, backgroundColor) {
  const chart = getInstanceByDom(element);
  const copy = init(null, null, { renderer: "svg", ssr: true, width: chart.getWidth(), height: chart.getHeight() });
  try {
    copy.setOption({ ...chart.getOption(), backgroundColor });
    return copy.renderToSVGString();
  } finally {
    copy.dispose();
  }
}

/** The charts of each group. */
const groups = new Map();
/** Whether what happens is what a chart was told: it tells nobody in turn. */
let isTold = false;

/** Charts that are to show another part of x, and which. */
const zooms = new Map();

/** One chart each frame: all at once would keep the page from answering. */
function zoomLater(chart, range) {
  if (zooms.size === 0) requestAnimationFrame(zoomNext);
  zooms.set(chart, range);
}

function zoomNext() {
  const [[chart, range]] = zooms;
  zooms.delete(chart);
  isTold = true;
  try {
    // One that has drawn nothing yet has no model.
    if (!chart.isDisposed() && chart.getModel()) chart.dispatchAction({ type: "dataZoom", dataZoomIndex: 0, ...range });
  } finally {
    isTold = false;
  }
  if (zooms.size > 0) requestAnimationFrame(zoomNext);
}

/** Lets a chart share crosshair and zoom with the others of its group. What ECharts calls so shows a crosshair only
 * where the other chart has a point of the same index. */
export function connect(chart, group) {
  const members = (groups.get(group) ?? []).filter((other) => !other.isDisposed());
  groups.set(group, [...members, chart]);
  const tell = (actionFor) => {
    if (isTold) return;
    isTold = true;
    try {
      for (const other of groups.get(group)) {
        // One that has drawn nothing yet has no model.
        if (other !== chart && !other.isDisposed() && other.getModel()) other.dispatchAction(actionFor(other));
      }
    } finally {
      isTold = false;
    }
  };
  chart.on("updateAxisPointer", ({ axesInfo }) => {
    const x = axesInfo?.find(({ axisDim }) => axisDim === "x")?.value;
    const at = (other) => ({ x: other.convertToPixel({ xAxisIndex: 0 }, x), y: other.getHeight() / 2 });
    tell((other) => ({ type: "updateAxisPointer", ...(x === undefined ? { currTrigger: "leave" } : at(other)) }));
  });
  chart.on("datazoom", () => {
    if (isTold) return;
    const [start, end] = zoomOf(chart).getPercentRange();
    for (const other of groups.get(group)) if (other !== chart) zoomLater(other, { start, end });
  });
}

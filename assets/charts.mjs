// What the site takes of Apache ECharts, and nothing else: `tests/charts.mjs` bundles it, `public/loader.js` imports it
// with the first chart, `src/chart.rs` binds what is exported here.

import { use } from "echarts/core";
import { BarChart, LineChart, ScatterChart } from "echarts/charts";
import { DataZoomInsideComponent, DataZoomSliderComponent, GridComponent, TooltipComponent } from "echarts/components";
import { CanvasRenderer } from "echarts/renderers";

use([
  BarChart, LineChart, ScatterChart,
  // The tooltip brings the crosshair along.
  DataZoomInsideComponent, DataZoomSliderComponent, GridComponent, TooltipComponent,
  CanvasRenderer,
]);

export { init } from "echarts/core";

// Asking for the whole option instead would copy all points at every step of a zoom.
const zoomOf = (chart) => chart.getModel().getComponent("dataZoom", 0);

/** The range of x that is shown. */
export const shownRange = (chart) => zoomOf(chart)?.getValueRange("x", 0);

/** The charts of each group. */
const groups = new Map();
/** Whether what happens is what a chart was told: it tells nobody in turn. */
let isTold = false;

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
    const [start, end] = zoomOf(chart).getPercentRange();
    tell(() => ({ type: "dataZoom", dataZoomIndex: 0, start, end }));
  });
}

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

export { connect, init } from "echarts/core";

/** The range of x that is shown. Asking for the whole option instead would copy all points at every step of a zoom. */
export const shownRange = (chart) => chart.getModel().getComponent("dataZoom", 0)?.getValueRange("x", 0);

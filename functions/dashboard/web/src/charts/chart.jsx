/** A chart of uPlot that fills its place, follows the theme, and can be used with the keyboard. */

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useLayoutEffect, useRef } from "preact/hooks";

import { useTheme } from "../theme.js";
import { keyboard, navigation } from "./navigation.js";

/**
 * @param {object} props
 * @param {() => object} props.build makes uPlot's options, but for size and navigation; called anew when it changes
 * @param {uPlot.AlignedData} props.data
 * @param {[number, number]} props.limits of the x axis
 * @param {[number, number]} [props.view] the part that is shown first; by default all
 * @param {(plot: uPlot, from: number, to: number) => void} [props.onView] called after every change of the part shown
 * @param {unknown} [props.paint] anything else that the chart's options paint; a change repaints the chart
 * @param {string} props.label what the chart shows, for screen readers
 */
export function Chart({ build, data, limits, view = limits, onView, paint, label, height = 220 }) {
  const place = useRef(null);
  const plot = useRef(null);
  const theme = useTheme();
  const latest = useRef({});
  latest.current = { limits, view, onView };

  useLayoutEffect(() => {
    const options = build();
    const width = place.current.clientWidth;
    plot.current = new uPlot(
      {
        ...options, width, height, padding: [10, 12, 0, 0], legend: { show: false },
        plugins: [...(options.plugins ?? []), navigation(() => latest.current)],
      },
      data,
      place.current,
    );
    const follow = new ResizeObserver(([{ contentRect }]) => {
      // The first call comes with the width that the chart has already.
      if (contentRect.width !== plot.current.width) plot.current.setSize({ width: contentRect.width, height });
    });
    follow.observe(place.current);
    return () => {
      follow.disconnect();
      plot.current.destroy();
    };
  }, [build, theme, height]);

  const isFirst = useRef(true);
  useLayoutEffect(() => {
    if (!isFirst.current) plot.current.setData(data, false);
    isFirst.current = false;
    plot.current.setScale("x", { min: view[0], max: view[1] });
  }, [data, view[0], view[1], limits[0], limits[1], build, theme, height]);

  useLayoutEffect(() => plot.current.redraw(false), [paint]);

  return (
    <div
      ref={place} class="chart" style={{ height: `${height}px` }} role="img" tabIndex={0}
      aria-label={`${label} Arrow keys move, plus and minus zoom, 0 shows all.`}
      onKeyDown={(event) => keyboard(event, plot.current, limits)}
    />
  );
}

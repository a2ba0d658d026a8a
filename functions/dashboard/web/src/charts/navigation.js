/** Zoom and pan: drag to zoom, wheel, Shift-drag or a finger to pan, two fingers, double click, keys. */

const STEP = 1.25;

/**
 * A plugin of uPlot.
 *
 * @param {() => {limits: [number, number], onView?: Function}} current
 */
export function navigation(current) {
  return {
    hooks: {
      ready: (plot) => {
        listen(plot, current);
      },
      setScale: (plot, key) => {
        const { min, max } = plot.scales.x;
        if (key === "x" && min !== null) current().onView?.(plot, min, max);
      },
    },
  };
}

/** Show a stretch of the x axis, inside the limits. */
export function show(plot, from, to, [low, high]) {
  const width = Math.min(to - from, high - low);
  const start = Math.max(low, Math.min(from, high - width));
  plot.setScale("x", { min: start, max: start + width });
}

/** Zoom about a place by a factor; above 1 shows less. */
export function zoom(plot, place, factor, limits) {
  const { min, max } = plot.scales.x;
  show(plot, place - (place - min) / factor, place + (max - place) / factor, limits);
}

/** Move and zoom by keys. */
export function keyboard(event, plot, limits) {
  const { min, max } = plot.scales.x;
  const middle = (min + max) / 2;
  const move = (share) => show(plot, min + share * (max - min), max + share * (max - min), limits);
  const actions = {
    ArrowLeft: () => move(-0.2),
    ArrowRight: () => move(0.2),
    "+": () => zoom(plot, middle, STEP, limits),
    "=": () => zoom(plot, middle, STEP, limits),
    "-": () => zoom(plot, middle, 1 / STEP, limits),
    0: () => show(plot, ...limits, limits),
  };
  if (!actions[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  actions[event.key]();
}

function listen(plot, current) {
  const place = plot.over;
  place.addEventListener("wheel", (event) => onWheel(event, plot, current().limits), { passive: false });
  // Before uPlot's own listeners: a double click shows all, a Shift-drag and a finger pan.
  place.addEventListener("dblclick", (event) => {
    event.stopImmediatePropagation();
    show(plot, ...current().limits, current().limits);
  }, { capture: true });
  place.addEventListener("mousedown", (event) => event.shiftKey && event.stopImmediatePropagation(), { capture: true });
  const fingers = new Map();
  place.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse" && !event.shiftKey) return;
    place.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, event.clientX);
  });
  place.addEventListener("pointermove", (event) => onMove(event, plot, fingers, current().limits));
  for (const end of ["pointerup", "pointercancel"]) place.addEventListener(end, (event) => fingers.delete(event.pointerId));
}

function onWheel(event, plot, limits) {
  // Without Ctrl the wheel scrolls the page, as people expect of a page.
  if (!event.ctrlKey && !event.metaKey) return;
  event.preventDefault();
  zoom(plot, plot.posToVal(event.offsetX, "x"), event.deltaY < 0 ? STEP : 1 / STEP, limits);
}

function onMove(event, plot, fingers, limits) {
  if (!fingers.has(event.pointerId)) return;
  const { min, max } = plot.scales.x;
  const perPixel = (max - min) / plot.over.clientWidth;
  const before = [...fingers.values()];
  const moved = event.clientX - fingers.get(event.pointerId);
  fingers.set(event.pointerId, event.clientX);
  if (fingers.size === 1) show(plot, min - moved * perPixel, max - moved * perPixel, limits);
  else pinch(plot, before, [...fingers.values()], limits);
}

function pinch(plot, before, after, limits) {
  const spread = ([a, b]) => Math.max(10, Math.abs(a - b));
  const left = plot.over.getBoundingClientRect().left;
  const middle = plot.posToVal((after[0] + after[1]) / 2 - left, "x");
  zoom(plot, middle, spread(after) / spread(before), limits);
}

/** Colours of levels, from dark to light in even steps, which colour-blind people can distinguish, too. */

/** Five stops of the map "viridis". Source: matplotlib, _cm_listed.py. */
const STOPS = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];

/** The colours of the levels 0 to 255, as red, green, blue, opaque. */
export const LEVEL_COLORS = Uint8ClampedArray.from({ length: 1024 }, (_, n) => {
  if (n % 4 === 3) return 255;
  const place = (Math.floor(n / 4) / 255) * (STOPS.length - 1);
  const stop = Math.min(STOPS.length - 2, Math.floor(place));
  return STOPS[stop][n % 4] + (place - stop) * (STOPS[stop + 1][n % 4] - STOPS[stop][n % 4]);
});

/** How many colours distinguish classes; further classes begin anew. */
export const CLASS_COLORS = 11;

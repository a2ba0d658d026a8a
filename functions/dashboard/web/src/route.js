/** The view that is shown, as the part of the address behind #, for example #/fleet/pump-7. */

import { useEffect, useState } from "preact/hooks";

/** Return the parts of the route. */
export function useRoute() {
  const [route, setRoute] = useState(parts);
  useEffect(() => {
    const follow = () => setRoute(parts());
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return route;
}

/** Return the address of a view. */
export function href(...path) {
  return `#/${path.map(encodeURIComponent).join("/")}`;
}

function parts() {
  return location.hash.replace(/^#\/?/, "").split("/").filter(Boolean).map(decoded);
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

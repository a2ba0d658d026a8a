/** The page's entry. */

import { render } from "preact";

import "./styles/index.css";
import { App } from "./app.jsx";
import { startTheme } from "./theme.js";

startTheme();
render(<App />, document.getElementById("page"));

import "graphiql/setup-workers/vite";
import "./styles";
import { createRoot } from "react-dom/client";
import { Playground } from "./playground";
import { readSettings } from "./settings";

const container = document.getElementById("playground");
if (container) {
  createRoot(container).render(<Playground settings={await readSettings()} />);
}

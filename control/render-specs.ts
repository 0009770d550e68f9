/** Specs to Releases from scratch: what `gitplane validate` and `gitplane render` do, and what the engine is compared with. */
import type { Specs } from "./load/load.ts";
import { Engine } from "./engine/engine.ts";
import type { Rendered } from "./engine/rendered.ts";

export type { Rendered } from "./engine/rendered.ts";

export function renderSpecs(specs: Specs): Rendered {
  const { documents, frozen, spoiled, problems, recoveries, approvals, stop } = specs;
  return new Engine().exchange({
    gone: [],
    come: [{ documents, frozen, spoiled, problems: [] }],
    problems,
    recoveries,
    approvals,
    stop,
    rules: undefined,
  });
}

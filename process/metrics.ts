/** Counts of a running program in Prometheus' text format (https://prometheus.io/docs/instrumenting/exposition_formats/). */
import { collectDefaultMetrics, Registry } from "prom-client";

export const metricsContentType = Registry.PROMETHEUS_CONTENT_TYPE;

/** A new registry with this process' memory, CPU, event loop and garbage collection, labelled `process="<name>"`. */
export function openRegistry(name: string): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, labels: { process: name } });
  return registry;
}

/** Texts of several processes as one: the format wants the lines of one metric together, below one description. */
export function mergeMetrics(texts: readonly string[]): string {
  const samples = new Map<string, string[]>();
  for (const block of texts.flatMap((text) => text.split(/^(?=# HELP )/mu))) {
    const [help, type, ...lines] = block.split("\n").filter((line) => line !== "");
    if (help === undefined || type === undefined) continue;
    const heading = `${help}\n${type}`;
    samples.set(heading, [...(samples.get(heading) ?? []), ...lines]);
  }
  return [...samples].map(([heading, lines]) => `${[heading, ...lines].join("\n")}\n`).join("");
}

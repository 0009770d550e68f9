import { expect, test } from "vitest";
import { mergeMetrics, openRegistry } from "./metrics.ts";

test("a registry measures its process under the name given", async () => {
  const text = await openRegistry("host").metrics();
  expect(text).toMatch(/^process_resident_memory_bytes\{process="host"\} \d+$/mu);
  expect(text).toMatch(/^process_cpu_seconds_total\{process="host"\} [\d.]+$/mu);
});

test("merges two texts so that each metric is described once, with all its samples below", () => {
  const one = '# HELP a first\n# TYPE a counter\na{p="1"} 1\n\n# HELP b second\n# TYPE b gauge\nb 2\n';
  const two = '# HELP a first\n# TYPE a counter\na{p="2"} NaN\n';
  expect(mergeMetrics([one, "", two])).toBe(
    '# HELP a first\n# TYPE a counter\na{p="1"} 1\na{p="2"} NaN\n# HELP b second\n# TYPE b gauge\nb 2\n',
  );
});

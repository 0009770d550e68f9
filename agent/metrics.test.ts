import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { serveMetrics } from "../process/metrics-server.ts";
import { openKubernetesTarget } from "./kubernetes/kubernetes-target.ts";
import { answerJson, startScriptedApiServer } from "./kubernetes/scripted-api-server.ts";
import { openAgentMetrics } from "./metrics.ts";
import { requestsBetween } from "./requests.ts";
import { testPlane } from "./testbed.ts";

const signal = new AbortController().signal;

test("counts the requests that the API server got, by verb and with retries", async () => {
  let busy = 1;
  await using server = await startScriptedApiServer((asked, response) => {
    if (asked.method === "GET" && busy > 0) {
      busy -= 1;
      return answerJson(response.setHeader("retry-after", "0"), 429, {});
    }
    return answerJson(response, 404, { kind: "Status", code: 404, reason: "NotFound" });
  });
  const folder = await mkdtemp(join(tmpdir(), "agent-metrics-"));
  const path = join(folder, "kubeconfig");
  await writeFile(
    path,
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "here",
      contexts: [{ name: "here", context: { cluster: "c" } }],
      clusters: [{ name: "c", cluster: { server: server.url.href } }],
    }),
  );
  await using target = await openKubernetesTarget({
    source: { kind: "kubeconfig", path },
    plane: testPlane,
    agentVersion: "0.0.1",
    retryBackoff: { baseMs: 1, capMs: 2 },
  });
  const before = new Map(target.requestsByVerb);
  await target.readRecord({ signal });
  await using metrics = await serveMetrics(
    { host: "127.0.0.1", port: 0 },
    openAgentMetrics(() => target.requestsByVerb),
  );
  const read = async (): Promise<readonly string[]> =>
    (await (await fetch(metrics.url)).text()).split("\n").filter((line) => line.startsWith("gitplane_agent_requests"));
  const gets = server.asked.filter(({ method }) => method === "GET").length;
  expect(gets).toBe(2);
  expect(await read()).toEqual([`gitplane_agent_requests_total{verb="get"} ${gets}`]);
  expect(await read()).toEqual([`gitplane_agent_requests_total{verb="get"} ${gets}`]);
  expect(requestsBetween(before, target.requestsByVerb)).toEqual({ get: gets });
  expect(requestsBetween(new Map(target.requestsByVerb), target.requestsByVerb)).toEqual({});
  await rm(folder, { recursive: true });
});

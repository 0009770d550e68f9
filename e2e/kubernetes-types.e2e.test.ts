/** The table of Kubernetes types against what a real API server says of itself. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { KubeClient } from "./clusters/kube-client.ts";
import { readKubeconfig } from "./clusters/kubeconfig.ts";
import { readKubernetesTypes, typesFile } from "./kubernetes-types.ts";
import { sharedKubeconfig } from "./platform/test-platform.ts";

test.skipIf(sharedKubeconfig === undefined)("the table of Kubernetes types is what the API server serves", async () => {
  await using client = new KubeClient(await readKubeconfig(sharedKubeconfig ?? ""));
  expect(await readKubernetesTypes(client)).toEqual(JSON.parse(await readFile(typesFile, "utf8")));
});

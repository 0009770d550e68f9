/** A cluster with Envoy Gateway, the rendered objects of some specs in it, and stand-ins for the pods behind its Services. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { KubernetesObject } from "../../schemas/object-id.ts";
import { clusterPaths } from "../clusters/programs.ts";
import { bootClusters, disposeClusters } from "../clusters/clusters.ts";
import { KubeClient } from "../clusters/kube-client.ts";
import { readKubeconfig } from "../clusters/kubeconfig.ts";
import { findTestSource } from "../clusters/test-source.ts";
import { renderFolders } from "../platform/render-folders.ts";
import { startDeafPod } from "../stand-ins/deaf-pod.ts";
import { type Spoken, startServicePod } from "../stand-ins/service-pod.ts";
import { buildEnvoyPrograms } from "./build-envoy.ts";
import { chartServices, type Envoys, type RunningEnvoy, startEnvoyGateway, systemNamespace } from "./start-envoy.ts";

export type Edge = AsyncDisposable & {
  readonly client: KubeClient;
  readonly envoy: RunningEnvoy;
  /** A certificate and key of this cluster's, in PEM, for whatever needs one. */
  readonly certificate: { readonly cert: string; readonly key: string };
  /** Renders the specs, applies all of it, and returns it. */
  readonly apply: (specs: Readonly<Record<string, string>>) => Promise<readonly KubernetesObject[]>;
  /** Listens where the Service leads. */
  readonly serve: (
    service: { namespace: string; name: string; port: number },
    spoken: Spoken | "nothing",
  ) => Promise<void>;
};

const GatewaySpec = z.looseObject({ infrastructure: z.unknown() });
const serviceSchema = z.object({ spec: z.object({ clusterIP: z.string() }) });

export type OpenEdge = {
  readonly envoys: Envoys;
  readonly onProgress: (line: string) => void;
  readonly signal: AbortSignal;
};

export async function openEdge({ envoys, onProgress, signal }: OpenEdge): Promise<Edge> {
  await using opening = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "gitplane-edge-"));
  opening.defer(async () => await rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const programs = await buildEnvoyPrograms({ environment: process.env, signal, onProgress });
  const source = await findTestSource("gateways with a real Envoy");
  const clusters = await bootClusters({
    names: ["edge"],
    dataDir: folder,
    source,
    extent: "api-server",
    onProgress,
    signal,
  });
  opening.defer(async () => await disposeClusters(clusters));
  const kubeconfigPath = clusters[0]?.kubeconfigPath ?? "";
  const client = opening.use(new KubeClient(await readKubeconfig(kubeconfigPath)));
  await client.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: systemNamespace } });
  if (envoys === "objects") for (const service of chartServices) await client.apply(service);
  const envoy = opening.use(await startEnvoyGateway({ envoys, programs, kubeconfigPath, signal }));
  const paths = clusterPaths(join(folder, "edge"));
  const certificate = {
    cert: await readFile(paths.serverCertificate, "utf8"),
    key: await readFile(paths.serverKey, "utf8"),
  };
  const standIns = opening.use(new AsyncDisposableStack());
  const closing = opening.move();
  return {
    client,
    envoy,
    certificate,
    apply: async (specs) => {
      const objects = await renderSpecs(specs, folder);
      for (const object of objects) await client.apply(envoys === "objects" ? object : withoutService(object));
      return objects;
    },
    serve: async ({ namespace, name, port }, spoken) => {
      const service = await client.get(`/api/v1/namespaces/${namespace}/services/${name}`);
      const address = serviceSchema.parse(service).spec.clusterIP;
      const started =
        spoken === "nothing"
          ? await startDeafPod(address, port)
          : await startServicePod({ spoken, address, port, certificate });
      standIns.use(started);
    },
    [Symbol.asyncDispose]: async () => await closing.disposeAsync(),
  };
}

async function renderSpecs(
  specs: Readonly<Record<string, string>>,
  folder: string,
): Promise<readonly KubernetesObject[]> {
  const written = join(folder, "specs");
  await rm(written, { recursive: true, force: true });
  await mkdir(written);
  for (const [name, text] of Object.entries(specs)) await writeFile(join(written, `${name}.yaml`), text);
  const { objects, complaints } = await renderFolders([written], join(folder, "rendered"));
  if (!complaints.endsWith("; 0 errors, 0 warnings")) throw new Error(`the specs have Problems: ${complaints}`);
  return objects;
}

/** Where Envoys are processes, the Service that a gateway asks for is nobody's, and its EnvoyProxy is read by nobody. */
function withoutService(object: KubernetesObject): KubernetesObject {
  if (object.kind !== "Gateway") return object;
  const { infrastructure: _, ...spec } = GatewaySpec.parse(object["spec"]);
  return { ...object, spec };
}

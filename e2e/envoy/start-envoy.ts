/**
 * Envoy Gateway for a built cluster. Its own ports are fixed (8080, 8081, 9443, 18000, 19000, 19001) and so is the path of its certificates,
 * so one runs at a time: its folder is the same for everybody, and the claim on it is the lock.
 */

import { mkdir, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { request } from "undici";

import type { KubernetesObject } from "../../schemas/object-id.ts";
import { ClusterError } from "../clusters/cluster-error.ts";
import { poll } from "../clusters/poll.ts";
import { openProcessGroup, type ProcessGroup } from "../clusters/process-group.ts";
import { runCommand } from "../clusters/run-command.ts";
import { type EnvoyPrograms, envoyVersion } from "./build-envoy.ts";

const folder = join(tmpdir(), `gitplane-envoy-gateway-${userInfo().uid}`);

/** Compiled into Envoy Gateway for objects that come from a cluster. */
export const certificatesLink = "/certs";
export const certificatesTarget = join(folder, "config", "certs", "envoy-gateway");

const controllerName = "gateway.envoyproxy.io/gatewayclass-controller";
/** Where its own objects are, and what it would make for a Gateway in a cluster with nodes. */
export const systemNamespace = "envoy-gateway-system";

/**
 * `processes`: one of this machine for each Gateway, which listens on the ports of its listeners. `objects`: the Deployment and
 * the Service of each as in any cluster, and nothing runs for lack of nodes.
 */
export type Envoys = "processes" | "objects";

export type StartEnvoy = {
  readonly envoys: Envoys;
  readonly programs: EnvoyPrograms;
  readonly kubeconfigPath: string;
  readonly signal: AbortSignal;
};

export type RunningEnvoy = AsyncDisposable & {
  /** Aborted when it ends unasked, with the end of its log. */
  readonly ended: AbortSignal;
  readonly logPath: string;
};

const lockTimeoutMs = 900_000;
const startTimeoutMs = 120_000;
const healthUrl = "http://127.0.0.1:8081/readyz";

/** Waits for its turn, then until Envoy Gateway says that it is ready; the namespace `systemNamespace` must be there. */
export async function startEnvoyGateway(start: StartEnvoy): Promise<RunningEnvoy> {
  const { envoys, programs, kubeconfigPath, signal } = start;
  const logs = join(folder, "logs");
  const group = await claimTurn(logs, signal);
  try {
    for (const name of ["config", "logs", "state", "run"])
      await rm(join(folder, name), { recursive: true, force: true });
    await mkdir(logs, { recursive: true });
    await makeCertificates(start);
    const config = join(folder, "envoy-gateway.json");
    await writeFile(config, JSON.stringify(configuration(envoys, programs)));
    await group.start({
      name: "envoy-gateway",
      path: programs.gateway,
      arguments: ["server", "--config-path", config],
      environment: { ...environmentOf(kubeconfigPath), GITPLANE_EXIT_WITH_STDIN: "yes" },
    });
    await poll({
      what: "Envoy Gateway becoming ready",
      timeoutMs: startTimeoutMs,
      signal: AbortSignal.any([signal, group.ended]),
      probe: isReady,
    });
  } catch (error) {
    await group.stop([]);
    throw error;
  }
  return {
    ended: group.ended,
    logPath: join(logs, "envoy-gateway.log"),
    [Symbol.asyncDispose]: async () => {
      await group.stop([]);
      await rm(certificatesLink, { force: true });
    },
  };
}

function environmentOf(kubeconfigPath: string): Readonly<Record<string, string>> {
  return {
    HOME: folder,
    PATH: "/usr/bin:/bin",
    KUBECONFIG: kubeconfigPath,
    ENVOY_GATEWAY_NAMESPACE: systemNamespace,
  };
}

async function claimTurn(logsFolder: string, signal: AbortSignal): Promise<ProcessGroup> {
  return await poll({
    what: "another test's Envoy Gateway ending",
    timeoutMs: lockTimeoutMs,
    signal,
    probe: async (either) => {
      try {
        return await openProcessGroup({ folder, logsFolder, signal: either });
      } catch (error) {
        if (error instanceof ClusterError && error.code === "folder-in-use") return undefined;
        throw error;
      }
    },
  });
}

/** For itself as files, and for what it configures Envoys with as Secrets, where it looks for them. */
async function makeCertificates({ programs, kubeconfigPath, signal }: StartEnvoy): Promise<void> {
  const ways = [
    ["--local", "--config-home", join(folder, "config")],
    ["--disable-topology-injector", "--overwrite"],
  ];
  for (const options of ways) {
    const result = await runCommand({
      command: programs.gateway,
      arguments: ["certgen", ...options],
      environment: environmentOf(kubeconfigPath),
      signal,
    });
    if (result.kind === "missing" || result.exitCode !== 0) {
      const complaints = result.kind === "missing" ? "it is not there" : result.stderr;
      throw new ClusterError("program-exited", `Envoy Gateway could not make its certificates: ${complaints}`);
    }
  }
  await readlink(certificatesLink).catch(async () => await symlink(certificatesTarget, certificatesLink));
}

function configuration(envoys: Envoys, programs: EnvoyPrograms): unknown {
  return {
    apiVersion: "gateway.envoyproxy.io/v1alpha1",
    kind: "EnvoyGateway",
    gateway: { controllerName },
    ...(envoys === "processes" ? asProcesses(programs) : asObjects),
    logging: { level: { default: "info" } },
  };
}

/** With the service that counts for Global limits, which would count in a Redis that nobody asks here. */
const asObjects = {
  provider: { type: "Kubernetes", kubernetes: { leaderElection: { disable: true } } },
  rateLimit: { backend: { type: "Redis", redis: { url: "redis.example.test:6379" } } },
};

/** Its chart makes these; without them it takes no limit that is Global. */
export const chartServices: readonly KubernetesObject[] = ["envoy-gateway", "envoy-ratelimit"].map((name) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace: systemNamespace },
  spec: {
    ports: [
      { name: "grpc", port: 18001 },
      { name: "http", port: 8081 },
    ],
  },
}));

/** What a cluster's own EnvoyProxy says of its pods is not asked then. */
function asProcesses({ dataFolder }: EnvoyPrograms): Readonly<Record<string, unknown>> {
  const host = {
    configHome: join(folder, "config"),
    dataHome: dataFolder,
    stateHome: join(folder, "state"),
    runtimeDir: join(folder, "run"),
  };
  return {
    provider: {
      type: "Custom",
      custom: { resource: { type: "Kubernetes" }, infrastructure: { type: "Host", host } },
    },
    // By the Service's address, a loopback address on which a test listens, since pods of a test have none.
    envoyProxy: {
      provider: { type: "Host", host: { envoyVersion } },
      routingType: "Service",
      // Otherwise the second Envoy of a machine finds the shared memory of the first and ends.
      extraArgs: ["--use-dynamic-base-id"],
    },
  };
}

async function isReady(signal: AbortSignal): Promise<true | undefined> {
  try {
    const { statusCode, body } = await request(healthUrl, { signal });
    await body.dump();
    return statusCode === 200 ? true : undefined;
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

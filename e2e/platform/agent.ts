/** `gitplane-agent run` as a process. */
import { join } from "node:path";
import { type PlaneId, planeKey, planePath } from "../../schemas/layout.ts";
import { grantAgentAccess } from "./agent-access.ts";
import type { Starter } from "./starter.ts";
import { type ControlPlane, planeCredentialFile, planeRepositoryUrl } from "./control-plane.ts";
import { nodeProgram } from "./node-program.ts";

export type StartAgent = {
  readonly group: Starter;
  readonly control: ControlPlane;
  readonly plane: PlaneId;
  /** Of who may grant the agent its rights. Default: `kubeconfigPath`. */
  readonly adminKubeconfigPath?: string;
  /** Where the agent is to find the API server. */
  readonly kubeconfigPath: string;
  /** Folder of agents' data; each gets one of its own below. */
  readonly dataDir: string;
  readonly signal: AbortSignal;
  readonly environment?: Readonly<Record<string, string>>;
  /** More flags of `gitplane-agent rbac`. */
  readonly rbacFlags?: readonly string[];
  /** A file. Default: the agent's own. */
  readonly ceiling?: string;
};

export function agentProgram(plane: PlaneId): string {
  return `agent-${planeKey(plane)}`;
}

/** Resolves when the process runs; it connects by itself, and again after every failure. */
export async function startAgent({
  group,
  control,
  plane,
  kubeconfigPath,
  adminKubeconfigPath = kubeconfigPath,
  dataDir,
  signal,
  environment = {},
  rbacFlags = [],
  ceiling,
}: StartAgent): Promise<void> {
  const credentialFile = await planeCredentialFile(control, plane, AbortSignal.any([signal, group.ended]));
  const powers = ceiling === undefined ? [] : ["--ceiling", ceiling];
  const access = { adminKubeconfigPath, plane, kubeconfigPath, folder: dataDir, flags: [...powers, ...rbacFlags] };
  const granted = await grantAgentAccess(access);
  const flags = [
    ["--plane", planePath(plane)],
    ["--repository", planeRepositoryUrl(control, plane)],
    ["--credential-file", credentialFile],
    ["--kubeconfig", granted],
    ["--data", join(dataDir, planeKey(plane))],
    powers,
  ];
  await group.start(
    nodeProgram({
      name: agentProgram(plane),
      entry: "agent/main.ts",
      arguments: ["run", ...flags.flat()],
      environment,
    }),
  );
}

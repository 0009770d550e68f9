/**
 * Plays a kubelet for the Pod of our agent, which is a process here: it gets what the Pod object says, and nothing else. Its command, its
 * user and groups, its volumes at their places, a root that cannot be written, no capability; for an image it has this checkout,
 * the Node.js that runs us, and the machine's git. Needs the right to mount, as root has it.
 */
import { mkdir, realpath, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { KubeClient } from "../clusters/kube-client.ts";
import type { Program } from "../clusters/process-group.ts";
import { runCommand } from "../clusters/run-command.ts";
import { programEnvironment, sourcePath } from "../platform/node-program.ts";
import { layOutVolume, PodVolume } from "./pod-volumes.ts";

/** Of a Pod what is understood here; a field more that would change how its program runs is refused. */
export const AgentPod = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string(), uid: z.string() }),
  spec: z.object({
    serviceAccountName: z.string(),
    securityContext: z.strictObject({
      runAsNonRoot: z.literal(true),
      runAsUser: z.number(),
      fsGroup: z.number(),
      seccompProfile: z.object({ type: z.literal("RuntimeDefault") }),
    }),
    containers: z.tuple([
      z.object({
        command: z.array(z.string()),
        args: z.never().optional(),
        env: z.never().optional(),
        securityContext: z.strictObject({
          allowPrivilegeEscalation: z.literal(false),
          readOnlyRootFilesystem: z.literal(true),
          capabilities: z.object({ drop: z.tuple([z.literal("ALL")]) }),
        }),
        volumeMounts: z.array(
          z.strictObject({ name: z.string(), mountPath: z.string(), readOnly: z.boolean().default(false) }),
        ),
      }),
    ]),
    volumes: z.array(PodVolume),
  }),
});
export type AgentPod = z.infer<typeof AgentPod>;

/** Whether this machine lets us; says so loudly where it does not. */
export async function canRunPods(): Promise<boolean> {
  const result = await runCommand({
    command: "unshare",
    arguments: ["--mount", "sh", "-c", "mount -t tmpfs tmpfs /mnt && chroot / setpriv --version"],
    environment: programEnvironment(),
    signal: AbortSignal.timeout(10_000),
  });
  const isAble = result.kind === "exited" && result.exitCode === 0;
  if (!isAble)
    process.stderr.write("\nSKIPPED: the agent's pod: nothing may be mounted here; run the tests as root.\n\n");
  return isAble;
}

export type RunPod = {
  readonly pod: AgentPod;
  readonly cluster: KubeClient;
  /** Of the API server. */
  readonly server: URL;
  /** For the pod's volumes and its root. */
  readonly folder: string;
};

const sourceFolders = ["agent", "git", "process", "schemas"] as const;
const path = "/opt/bin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** What starts the Pod's only container; its volumes are laid out when this resolves. */
export async function podProgram(name: string, { pod, cluster, server, folder }: RunPod): Promise<Program> {
  const { metadata, spec } = pod;
  const { runAsUser, fsGroup } = spec.securityContext;
  const [container] = spec.containers;
  const owner = { cluster, runAsUser, fsGroup, pod: { ...metadata, serviceAccount: spec.serviceAccountName } };
  const root = join(folder, "root");
  await mkdir(root, { recursive: true });
  for (const volume of spec.volumes) await layOutVolume(volume, volumeFolder(folder, volume.name), owner);
  const image = join(folder, "image");
  await mkdir(image);
  const entry = '#!/bin/sh\nexec /opt/bin/node /app/agent/main.ts "$@"\n';
  await writeFile(join(image, "gitplane-agent"), entry, { mode: 0o755 });
  const binds = [
    ...(await imageBinds(image)),
    ...container.volumeMounts.map(({ name: volume, mountPath, readOnly }) => ({
      from: volumeFolder(folder, volume),
      at: mountPath,
      isReadOnly: readOnly,
    })),
  ];
  const mounts = binds.flatMap(({ from, at, isReadOnly }) => [from, at, isReadOnly ? "ro" : "rw"]);
  const user = [String(runAsUser), String(fsGroup)];
  return {
    name,
    path: "unshare",
    arguments: ["--mount", "sh", "-euc", enter, name, root, ...user, ...mounts, "--", ...container.command],
    environment: {
      PATH: path,
      // As a runtime sets it for a user that the image does not know.
      HOME: "/",
      HOSTNAME: metadata.name,
      KUBERNETES_SERVICE_HOST: server.hostname,
      KUBERNETES_SERVICE_PORT: server.port,
      GITPLANE_EXIT_WITH_STDIN: "yes",
    },
  };
}

export function volumeFolder(folder: string, name: string): string {
  return join(folder, "volumes", name);
}

type Bind = { readonly from: string; readonly at: string; readonly isReadOnly: boolean };

async function imageBinds(image: string): Promise<readonly Bind[]> {
  const parts: readonly (readonly [from: string, at: string])[] = [
    ["/usr", "/usr"],
    ["/etc/ld.so.cache", "/etc/ld.so.cache"],
    [join(image, "gitplane-agent"), "/opt/bin/gitplane-agent"],
    [process.execPath, "/opt/bin/node"],
    [await realpath(sourcePath("node_modules")), "/app/node_modules"],
    [sourcePath("package.json"), "/app/package.json"],
    ...sourceFolders.map((source) => [sourcePath(source), `/app/${source}`] as const),
  ];
  const devices = ["/dev", "/proc"].map((at) => ({ from: at, at, isReadOnly: false }));
  return [...parts.map(([from, at]) => ({ from, at, isReadOnly: true })), ...devices];
}

/**
 * In a mount namespace of its own: an empty root with the image's parts and the volumes in their places, then closed to
 * writing; then the user, with the group that a runtime gives to one it does not know, and without any capability.
 */
const enter = `
root=$1 user=$2 group=$3
shift 3
mount -t tmpfs -o mode=755 tmpfs "$root"
for link in /bin /sbin /lib /lib64; do if [ -L "$link" ]; then cp -P "$link" "$root$link"; fi; done
while [ "$1" != -- ]; do
  if [ -d "$1" ]; then mkdir -p "$root$2"; else mkdir -p "$(dirname "$root$2")"; : > "$root$2"; fi
  mount --rbind "$1" "$root$2"
  if [ "$3" = ro ]; then mount -o remount,bind,ro "$root$2"; fi
  shift 3
done
shift
mount -o remount,ro "$root"
exec chroot "$root" setpriv --reuid "$user" --regid 0 --groups "$group" --no-new-privs --bounding-set -all --inh-caps -all -- "$@"
`;

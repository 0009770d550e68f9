/**
 * The volumes of a Pod as a kubelet would lay them out, in folders: the owners, the modes and the links are what a program in
 * a pod meets (Kubernetes: "Projected Volumes", "Configure a Security Context"; kubelet, `pkg/volume/util/atomic_writer.go`).
 */
import { chmod, chown, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { KubeClient } from "../clusters/kube-client.ts";

const Items = z.array(z.object({ key: z.string(), path: z.string() })).optional();
const Source = z.union([
  z.strictObject({ serviceAccountToken: z.object({ path: z.string(), expirationSeconds: z.number() }) }),
  z.strictObject({ configMap: z.object({ name: z.string(), items: Items }) }),
  z.strictObject({ secret: z.object({ name: z.string(), items: Items }) }),
  z.strictObject({
    downwardAPI: z.object({
      items: z.array(
        z.object({ path: z.string(), fieldRef: z.object({ fieldPath: z.literal("metadata.namespace") }) }),
      ),
    }),
  }),
]);
type Source = z.infer<typeof Source>;

export const PodVolume = z.union([
  z.strictObject({
    name: z.string(),
    projected: z.object({ defaultMode: z.number(), sources: z.array(Source) }),
  }),
  z.strictObject({ name: z.string(), persistentVolumeClaim: z.object({ claimName: z.string() }) }),
  z.strictObject({ name: z.string(), emptyDir: z.object({}) }),
]);
export type PodVolume = z.infer<typeof PodVolume>;

export type VolumeOwner = {
  readonly cluster: KubeClient;
  readonly pod: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly serviceAccount: string;
  };
  readonly runAsUser: number;
  readonly fsGroup: number;
};

type VolumeFile = {
  readonly name: string;
  readonly content: string | Buffer;
  readonly mode: number;
  readonly uid: number;
};

const TokenRequest = z.object({ status: z.object({ token: z.string() }) });
const ConfigMap = z.object({ data: z.record(z.string(), z.string()) });

/** Fills a folder of its own. Needs to be root, whose the files are. */
export async function layOutVolume(volume: PodVolume, folder: string, owner: VolumeOwner): Promise<void> {
  await mkdir(folder, { recursive: true });
  if ("projected" in volume) await writeProjected(volume.projected, folder, owner);
  await chown(folder, 0, owner.fsGroup);
  // The bit that passes the group on to what is made in it is set for volumes that are written.
  if ("persistentVolumeClaim" in volume) await chmod(folder, 0o2775);
  if ("emptyDir" in volume) await chmod(folder, 0o2777);
}

/** Files behind two links, so that a kubelet can swap all of them at once. */
async function writeProjected(
  { defaultMode, sources }: { readonly defaultMode: number; readonly sources: readonly Source[] },
  folder: string,
  owner: VolumeOwner,
): Promise<void> {
  const version = "..2026_01_01_00_00_00.0000000001";
  await mkdir(join(folder, version), { mode: 0o755 });
  await chown(join(folder, version), 0, owner.fsGroup);
  await symlink(version, join(folder, "..data"));
  for (const source of sources) {
    for (const { name, content, mode, uid } of await filesOf(source, defaultMode, owner)) {
      const path = join(folder, version, name);
      await writeFile(path, content);
      await chown(path, uid, owner.fsGroup);
      // Whatever the mode says, the group may read.
      await chmod(path, mode | 0o440);
      await symlink(join("..data", name), join(folder, name));
    }
  }
}

async function filesOf(source: Source, mode: number, owner: VolumeOwner): Promise<readonly VolumeFile[]> {
  const { cluster, pod, runAsUser } = owner;
  const here = `/api/v1/namespaces/${pod.namespace}`;
  if ("serviceAccountToken" in source) {
    const { path, expirationSeconds } = source.serviceAccountToken;
    const answer = await cluster.create(`${here}/serviceaccounts/${pod.serviceAccount}/token`, {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: {
        expirationSeconds,
        boundObjectRef: { apiVersion: "v1", kind: "Pod", name: pod.name, uid: pod.uid },
      },
    });
    // A token is its user's alone.
    return [{ name: path, content: TokenRequest.parse(answer).status.token, mode: 0o600, uid: runAsUser }];
  }
  if ("downwardAPI" in source)
    return source.downwardAPI.items.map(({ path }) => ({ name: path, content: pod.namespace, mode, uid: 0 }));
  const isSecret = "secret" in source;
  const { name, items } = isSecret ? source.secret : source.configMap;
  const { data } = ConfigMap.parse(await cluster.get(`${here}/${isSecret ? "secrets" : "configmaps"}/${name}`));
  const wanted = items ?? Object.keys(data).map((key) => ({ key, path: key }));
  return wanted.map(({ key, path }) => ({
    name: path,
    content: Buffer.from(data[key] ?? "", isSecret ? "base64" : "utf8"),
    mode,
    uid: 0,
  }));
}

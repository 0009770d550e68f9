/**
 * Whether WireGuard encrypts what travels between the nodes, as Cilium's own configuration and the nodes' keys say (Cilium:
 * "WireGuard Transparent Encryption"). A node without a key sends and gets everything in the clear, so one is enough for `off`.
 */
import { z } from "zod";
import type { EncryptionReport } from "../../schemas/transport-encryption.ts";
import { classifyAnswer, cutReason, readStatus } from "./api-status.ts";
import { type Cluster, namesAnObject } from "./cluster.ts";
import type { Answered } from "./connection.ts";
import { metadataListAccept } from "./object-metadata.ts";
import type { Waiting } from "../target.ts";

const configPath = "/api/v1/namespaces/kube-system/configmaps/cilium-config";
const nodesPath = "/apis/cilium.io/v2/ciliumnodes";
const switchKey = "enable-wireguard";
const keyAnnotation = "network.cilium.io/wg-pub-key";
const pageSize = 500;
/** A cluster of Kubernetes has 5,000 at most (Kubernetes: "Considerations for large clusters"). */
const mostPages = 20;
const mostNamed = 5;

const Config = z.object({ data: z.record(z.string(), z.string()).nullish() });
const Nodes = z.object({
  metadata: z.object({ continue: z.string().optional() }),
  items: z
    .array(
      z.object({
        metadata: z.object({ name: z.string(), annotations: z.record(z.string(), z.string()).nullish() }),
      }),
    )
    .nullish(),
});

export async function readEncryption({ own }: Cluster, { signal }: Waiting): Promise<EncryptionReport> {
  const answer = await own.send({ verb: "get", path: configPath, signal });
  if (answer.kind === "failed") return unknown(answer.reason);
  if (answer.status !== 200) return unread(answer, "ConfigMap kube-system/cilium-config");
  const config = Config.safeParse(answer.body);
  if (!config.success) return unknown("ConfigMap kube-system/cilium-config cannot be read");
  if (config.data.data?.[switchKey] !== "true") return off(`cilium-config does not say ${switchKey}: "true"`);
  return await judgeNodes(own, signal);
}

async function judgeNodes(own: Cluster["own"], signal: AbortSignal): Promise<EncryptionReport> {
  const [keyless, all] = [new Set<string>(), new Set<string>()];
  let next: string | undefined;
  for (let page = 0; page < mostPages; page += 1) {
    const query = new URLSearchParams({ limit: String(pageSize), ...(next === undefined ? {} : { continue: next }) });
    const path = `${nodesPath}?${query.toString()}`;
    const answer = await own.send({ verb: "list", path, headers: { accept: metadataListAccept }, signal });
    if (answer.kind === "failed") return unknown(answer.reason);
    if (answer.status !== 200) return unread(answer, "CiliumNodes");
    const nodes = Nodes.safeParse(answer.body);
    if (!nodes.success) return unknown("the list of CiliumNodes cannot be read");
    for (const { metadata } of nodes.data.items ?? []) {
      all.add(metadata.name);
      if ((metadata.annotations?.[keyAnnotation] ?? "") === "") keyless.add(metadata.name);
    }
    next = nodes.data.metadata.continue;
    if (next === undefined || next === "") return judge(all, keyless);
  }
  return unknown(`there are more than ${mostPages * pageSize} CiliumNodes`);
}

function judge(all: ReadonlySet<string>, keyless: ReadonlySet<string>): EncryptionReport {
  if (all.size === 0) return unknown("there is no CiliumNode, so nothing says which nodes have a key");
  if (keyless.size === 0) return { state: "on" };
  const named = [...keyless].slice(0, mostNamed).join(", ");
  const more = keyless.size > mostNamed ? ` and ${keyless.size - mostNamed} more` : "";
  return off(`${keyless.size} of ${all.size} nodes have no WireGuard key: ${named}${more}`);
}

function off(reason: string): EncryptionReport {
  return { state: "off", reason: cutReason(reason) };
}

function unknown(reason: string): EncryptionReport {
  return { state: "unknown", reason: cutReason(reason) };
}

function unread(answer: Answered, what: string): EncryptionReport {
  if (answer.status === 403)
    return unknown(
      `the agent may not read ${what}: its rights are those of gitplane-agent rbac --transport-encryption`,
    );
  if (answer.status !== 404) return unknown(classifyAnswer(answer, { group: "", kind: what }).reason);
  const isThere = namesAnObject(readStatus(answer.body));
  return unknown(isThere ? `there is no ${what}: no Cilium tells of itself here` : `${what} are not served here`);
}

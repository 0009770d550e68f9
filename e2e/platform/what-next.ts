/** What `npm start` tells its user when everything runs: a change to try, and commands to look at it with. */
import { join } from "node:path";
import { type PlaneId, planeKey, planePath } from "../../schemas/layout.ts";
import type { Cluster } from "../clusters/cluster.ts";
import { type ControlPlane, planeRepositoryUrl } from "./control-plane.ts";
import { sourcePath } from "./node-program.ts";
import type { SpecsCheckout } from "./specs-checkout.ts";

export type Started = {
  readonly specs: SpecsCheckout;
  readonly clusters: readonly {
    readonly cluster: Cluster;
    readonly plane: PlaneId;
    /** The file of the agent's ceiling, where it has one. */
    readonly ceiling: string | undefined;
  }[];
  readonly control: ControlPlane;
  readonly folder: string;
};

export async function whatNext({ specs, clusters, control, folder }: Started): Promise<string> {
  const [now, next] = nextTag(await specs.read("shop/catalog.yaml").catch(() => ""));
  return `Try a change:

  cd ${specs.folder}
  git pull
  sed -i 's/catalog:${now}/catalog:${next}/' shop/catalog.yaml
  git commit -am "Release catalog ${next}" && git push

What will happen, and be told here: the control plane renders the one Release that changed and commits it for development; the
agent there pulls it and changes one Deployment, whose pods roll; the control plane commits to the specs what it placed, in your
name, which is why you pull before the next change. Staging and production keep their version. A mistake is told too: write
"imagee" for "image", push, and see that what runs goes on running.

In another terminal:

  cd ${sourcePath(".")}
  npx gitplane status --watch                 # all of it, live
  npx gitplane describe component catalog     # everything known of one thing
  npx gitplane logs shop/catalog              # what the engine did for it, and why
  npx gitplane get releases --behind          # what is not as it should be
${clusters
  .slice(0, 1)
  .map((first) => `  ${planCommand(first, control, folder)}`)
  .join("\n")}
${clusters.map(({ cluster }) => `  kubectl --kubeconfig ${cluster.kubeconfigPath} get deployments -A   # ${cluster.name}`).join("\n")}

Logs: ${join(folder, "logs")}. Ctrl-C stops everything; the next \`npm start\` goes on from here.`;
}

/** What the agent of a cluster would do next, asked from a clone of its own. */
function planCommand(
  { cluster, plane, ceiling }: Started["clusters"][number],
  control: ControlPlane,
  folder: string,
): string {
  const flags = [
    ["--plane", planePath(plane)],
    ["--repository", planeRepositoryUrl(control, plane)],
    ["--credential-file", join(control.dataDir, "credentials", "planes", planeKey(plane))],
    ["--kubeconfig", cluster.kubeconfigPath],
    ["--data", join(folder, "plan")],
    ...(ceiling === undefined ? [] : [["--ceiling", ceiling]]),
  ];
  return ["npx gitplane-agent plan", ...flags.map((flag) => flag.join(" "))].join(" \\\n      ");
}

/** The tag that the catalog has now, and one that it has not. */
function nextTag(catalog: string): readonly [now: string, next: string] {
  const [, major = "1", minor = "0"] = /catalog:(\d+)\.(\d+)\.0/u.exec(catalog) ?? [];
  return [`${major}.${minor}.0`, `${major}.${Number(minor) + 1}.0`];
}

/** The same where no cluster can be had. */
export function withoutClusters({
  control,
  folder,
  reason,
}: Pick<Started, "control" | "folder"> & { readonly reason: string }): string {
  return `Everything up to the state repository runs: ${control.url}/state.git
No clusters: ${reason}
Logs: ${join(folder, "logs")}. Ctrl-C stops everything.`;
}

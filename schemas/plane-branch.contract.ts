/** For tests: what a control plane writes to a plane's branch, where a test writes it instead. */
import { type PlaneId } from "./layout.ts";
import { type KubernetesObject, objectId, objectKey } from "./object-id.ts";
import { defaultPruneBudget, type PlaneSettings } from "./plane-settings.ts";
import { writeStateYaml } from "./state-yaml.ts";
import { type StateTrailers, writeTrailers } from "./trailers.ts";

/** Text of a plane's settings: it reports drift, unless told otherwise. */
export function writeSettings({ kind, organization, name }: PlaneId, settings: Partial<PlaneSettings> = {}): string {
  return writeStateYaml({
    format: 1,
    plane: { kind, organization, name },
    policy: kind,
    drift: "report",
    pruneBudget: defaultPruneBudget,
    ...settings,
  });
}

/** Text of a Release of these objects, as they are. */
export function writeReleaseOf({ organization }: PlaneId, objects: readonly KubernetesObject[]): string {
  return writeStateYaml({
    apiVersion: "openchoreo.dev/v1alpha1",
    kind: "Release",
    metadata: { name: "release", namespace: organization, labels: {} },
    spec: {
      owner: { projectName: "shop" },
      resources: objects.map((object) => ({ id: objectId(objectKey(object)), object })),
    },
  });
}

const robot = { name: "Gitplane", mail: "gitplane@example.test" };

/** All of a commit but its parent and its changes. */
export function publication(
  told: Pick<StateTrailers, "sequence" | "reason" | "recovers">,
  committedAtSeconds = 1_700_000_000 + told.sequence,
) {
  const trailers = writeTrailers({ specsCommit: "0".repeat(40), specsAuthors: [], renderer: 1, ...told });
  return { message: `Publish ${told.sequence}`, trailers, author: robot, committer: robot, committedAtSeconds };
}

/**
 * The ExternalSecrets of a component: what External Secrets (external-secrets.io/v1) makes Secrets of, from the plane's store.
 * A Secret goes with its ExternalSecret (Owner) and not with the entry in the store (Retain): an entry that is gone may be a
 * slip there, and pods that run need what they have. It always has a template, because without one it would get the labels
 * of its ExternalSecret, and seem to be an object of the Release.
 */
import { podLabels } from "../../schemas/labels.ts";
import { goDuration } from "../../schemas/duration.ts";
import { cellNamespace } from "../../schemas/names.ts";
import { at, type Origin, ruled, scalarOf, type Traced, tracedList, tracedMap } from "../load/traced.ts";
import type { Resolved } from "../resolve/resolve.ts";
import type { StoredSecret } from "../resolve/stored-secret.ts";
import { pullType } from "../validate/check-secret-reference.ts";
import { type Destination, makeManifest, type Manifest } from "./manifest.ts";
import { strategicMerge } from "./strategic-merge.ts";

const rule: Origin = { kind: "rule", rule: "secret-store" };

/** In order of their names. */
export function renderSecrets(resolved: Resolved, destination: Destination): readonly Manifest[] {
  const { binding, planeTree } = resolved;
  const labels = podLabels(binding);
  const namespace = cellNamespace(binding);
  const store = tracedMap(
    {
      kind: ruled("ClusterSecretStore", "secret-store"),
      name: at(planeTree, "spec", "secretStoreRef", "name"),
    },
    rule,
  );
  return resolved.secrets.map((secret) =>
    makeManifest(
      {
        apiVersion: "external-secrets.io/v1",
        kind: "ExternalSecret",
        name: secret.name,
        namespace,
        labels,
        spec: tracedMap(
          {
            secretStoreRef: store,
            target: targetOf(secret),
            data: tracedList(secret.data, rule),
            refreshInterval: intervalOf(secret),
          },
          rule,
        ),
      },
      destination,
    ),
  );
}

function targetOf({ name, template, pulledBy }: StoredSecret): Traced {
  const type = ruled({ type: pulledBy === undefined ? "Opaque" : pullType }, "secret-type");
  return tracedMap(
    {
      name: ruled(name, "secret-store"),
      creationPolicy: ruled("Owner", "secret-store"),
      deletionPolicy: ruled("Retain", "secret-store"),
      template: template === undefined ? type : strategicMerge(type, template, undefined),
    },
    rule,
  );
}

/** External Secrets reads it as Go does, which knows no days. */
function intervalOf({ refreshInterval }: StoredSecret): Traced | undefined {
  const text = scalarOf(refreshInterval);
  if (refreshInterval?.kind !== "scalar" || typeof text !== "string") return undefined;
  return { ...refreshInterval, value: goDuration(text) };
}

/**
 * Files of a Workload: those whose text stands in Git go into one ConfigMap of the component, those that are kept as secrets
 * come out of the Secret that holds them. Each is mounted alone (`subPath`), so that what the image has beside it stays. Kubernetes does
 * not update such a mount, which is why pods are replaced when their configuration changes (`config-hash.ts`).
 */
import { compareText } from "../../schemas/compare.ts";
import { podLabels } from "../../schemas/labels.ts";
import { hashParts, partName } from "../../schemas/names.ts";
import { at, type Origin, ruled, type Traced, tracedMap } from "../load/traced.ts";
import type { Resolved } from "../resolve/resolve.ts";
import { type Layer, settingsOf, settingText } from "../resolve/settings.ts";
import { type Destination, makeManifest, type Manifest } from "./manifest.ts";

const rule: Origin = { kind: "rule", rule: "file-mount" };

type Source =
  /** A text in the ConfigMap, under a key of it. */
  | { readonly kind: "text"; readonly dataKey: string; readonly text: Traced }
  | { readonly kind: "secret"; readonly secret: string; readonly key: Traced };

type PlacedFile = {
  readonly layer: Layer;
  readonly container: string;
  readonly path: string;
  /** Where its folder is written. */
  readonly pathOrigin: Origin;
  readonly source: Source;
};

function filesOf({ binding, values }: Resolved): readonly PlacedFile[] {
  return settingsOf(binding, ["files"]).flatMap((placed): readonly PlacedFile[] => {
    const { layer, container, setting, entry } = placed;
    const { key, mountPath = "" } = setting;
    if (entry === undefined) return [];
    const supplied = values.get(settingText(placed));
    const dataKey = `${container}.${hashParts([mountPath], 8)}.${key}`;
    const text = supplied?.kind === "text" ? supplied.value : at(entry, "value");
    const path = mountPath === "/" ? `/${key}` : `${mountPath}/${key}`;
    const pathOrigin = (at(entry, "mountPath") ?? entry).origin;
    if (supplied?.kind === "secret") return [{ layer, container, path, pathOrigin, source: supplied }];
    return text === undefined ? [] : [{ layer, container, path, pathOrigin, source: { kind: "text", dataKey, text } }];
  });
}

/** Volumes with such a name are the engine's own. */
export const ownVolumePrefix = "gitplane-";
const filesVolume = `${ownVolumePrefix}files`;

function secretVolume(secret: string): string {
  return `${ownVolumePrefix}secret-${hashParts([secret], 10)}`;
}

/** VolumeMounts of a container, as a layer brings them. */
export function fileMounts(resolved: Resolved, layer: Layer, container: string): readonly Traced[] {
  const files = filesOf(resolved).filter((file) => file.layer === layer && file.container === container);
  return files.map(({ path, pathOrigin, source }) =>
    tracedMap(
      {
        name: ruled(source.kind === "text" ? filesVolume : secretVolume(source.secret), "file-mount"),
        mountPath: { kind: "scalar", value: path, origin: pathOrigin },
        subPath: source.kind === "text" ? ruled(source.dataKey, "file-mount") : source.key,
        readOnly: ruled(true, "file-mount"),
      },
      pathOrigin,
    ),
  );
}

/** Volumes of the pod, those of Secrets in order of their names. */
export function fileVolumes(resolved: Resolved): readonly Traced[] {
  const sources = filesOf(resolved).map(({ source }) => source);
  const secrets = new Set(sources.flatMap((source) => (source.kind === "secret" ? [source.secret] : [])));
  const configMap = { name: filesVolume, configMap: { name: filesName(resolved) } };
  return [
    ...(sources.some(({ kind }) => kind === "text") ? [ruled(configMap, "file-mount")] : []),
    ...[...secrets]
      .toSorted(compareText)
      .map((secretName) => ruled({ name: secretVolume(secretName), secret: { secretName } }, "file-mount")),
  ];
}

function filesName({ binding }: Resolved): string {
  return partName(binding.component, "files");
}

/** The data of the ConfigMap; undefined where no file's text stands in Git. */
export function filesData(resolved: Resolved): Traced | undefined {
  const texts = filesOf(resolved).flatMap(({ source }) =>
    source.kind === "text" ? [[source.dataKey, source.text] as const] : [],
  );
  return texts.length === 0 ? undefined : tracedMap(Object.fromEntries(texts), rule);
}

export function renderFiles(resolved: Resolved, destination: Destination): readonly Manifest[] {
  const data = filesData(resolved);
  if (data === undefined) return [];
  const { binding } = resolved;
  const parts = {
    apiVersion: "v1",
    kind: "ConfigMap" as const,
    name: filesName(resolved),
    namespace: resolved.cell.namespace,
    labels: podLabels(binding),
    data,
  };
  return [makeManifest(parts, destination)];
}

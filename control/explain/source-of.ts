/** From a place in a file back to the document and the field that stand there. */
import type { KindName } from "../../schemas/kinds.ts";
import type { SpecDocument } from "../load/parse.ts";
import type { Specs } from "../load/load.ts";
import type { Origin, Traced } from "../load/traced.ts";

/** Which part of the specs set a field. */
export type Part =
  | "binding"
  | "claim"
  | "class"
  | "configuration"
  | "connection"
  | "environment"
  | "plane"
  | "workload";

export type Source = {
  readonly part: Part;
  readonly kind: KindName;
  readonly name: string;
  /** The field of the document, such as `spec.containers.main.image`. */
  readonly field: string;
};

type Field = Extract<Origin, { kind: "field" }>;

/** Looks places up in documents that are indexed once, when a place in them is first asked for. */
export class Sources {
  readonly #documents: ReadonlyMap<string, readonly SpecDocument[]>;
  readonly #fields = new Map<string, ReadonlyMap<string, Source>>();

  constructor({ documents, frozen }: Specs) {
    this.#documents = Map.groupBy([...documents, ...frozen], ({ place }) => place.file);
  }

  /** Undefined for a place where no field stands. */
  find({ file, line, column }: Field): Source | undefined {
    const fields = this.#fields.get(file) ?? this.#index(file);
    return fields.get(`${line}:${column}`);
  }

  #index(file: string): ReadonlyMap<string, Source> {
    const fields = new Map<string, Source>();
    for (const document of this.#documents.get(file) ?? [])
      collect(document, { tree: document.tree, path: [] }, fields);
    this.#fields.set(file, fields);
    return fields;
  }
}

type Node = { readonly tree: Traced; readonly path: readonly string[] };

/** A map begins where its first field does; the innermost field of a place is the one that is meant. */
function collect(document: SpecDocument, { tree, path }: Node, fields: Map<string, Source>): void {
  const { resource } = document;
  const isHere = tree.origin.kind === "field" && tree.origin.file === document.place.file;
  if (isHere && tree.origin.kind === "field")
    fields.set(`${tree.origin.line}:${tree.origin.column}`, {
      part: partOf(resource.kind, path),
      kind: resource.kind,
      name: resource.metadata.name,
      field: path.join("."),
    });
  if (tree.kind === "map")
    for (const [key, child] of tree.entries) collect(document, { tree: child, path: [...path, key] }, fields);
  if (tree.kind === "list")
    for (const [index, child] of tree.items.entries())
      collect(document, { tree: child, path: [...path.slice(0, -1), `${path.at(-1) ?? ""}[${index}]`] }, fields);
}

function partOf(kind: KindName, path: readonly string[]): Part {
  switch (kind) {
    case "ServiceClass":
    case "WebApplicationClass":
    case "ScheduledTaskClass":
    case "APIClass":
      return "class";
    case "Service":
    case "WebApplication":
    case "ScheduledTask":
      return "claim";
    case "ServiceBinding":
    case "WebApplicationBinding":
    case "ScheduledTaskBinding":
      return path[2] === "connections" ? "connection" : path[1] === "workloadSpec" ? "workload" : "binding";
    case "ConfigurationGroup":
    case "SecretReference":
      return "configuration";
    case "DataPlane":
    case "BuildPlane":
    case "ObservabilityPlane":
      return "plane";
    case "Organization":
    case "Environment":
    case "DeploymentPipeline":
    case "Project":
      return "environment";
    case "Component":
    case "Build":
    case "Workload":
      return path[1] === "connections" ? "connection" : "workload";
  }
}

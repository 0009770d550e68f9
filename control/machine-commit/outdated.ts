/**
 * Which Bindings of one component are out of date in the specs, or gone, and what to write: a Binding that auto-deploy
 * places follows its claim, so its document takes on the claim's workload, APIs and class pin, and keeps all else that stands
 * in it. What is written renders to what was rendered without it, and asks for nothing more. Pure, and of one component
 * alone, so that its cost follows the change.
 */
import { isDeepStrictEqual } from "node:util";
import { compareText } from "../../schemas/compare.ts";
import {
  type BindingKind,
  claims,
  type ClassKind,
  type KindName,
  organizationOf,
  type ResourceOf,
} from "../../schemas/kinds.ts";
import { type Problem, sortProblems } from "../../schemas/problem.ts";
import type { ServiceApis } from "../../schemas/service.ts";
import type { Binding } from "../deploy/binding.ts";
import { bindingKeyOf } from "../deploy/left-behind.ts";
import { isMapping } from "../../schemas/mapping.ts";
import type { FieldChange } from "../edit-yaml/edit-file.ts";
import { parseFile, type SpecDocument } from "../load/parse.ts";
import { allowsKind, allowsOrganization } from "../load/allowance.ts";
import { ruleOf } from "../load/place-documents.ts";
import type { PlaceRules } from "../load/places.ts";
import type { Spoils } from "../load/spoils.ts";
import { toPlain } from "../load/traced.ts";
import { classHash } from "../resolve/class-hash.ts";
import { frozenKey, type Surroundings } from "../resolve/resolve.ts";
import type { Lookup } from "../validate/lookup.ts";
import type { BindingDocument } from "../validate/specs-index.ts";
import { blockLines, usualStyle } from "../edit-yaml/yaml-text.ts";
import type { Deployment, Edit } from "./edit.ts";
import { apisText, madeBinding, madeBindingPath, workloadText } from "./made-binding.ts";

export type ComponentBindings = {
  /** As deployed. Those of which nothing could be rendered are left out, unless they say Undeploy: what never ran is not frozen. */
  readonly deployed: readonly Binding[];
  readonly written: readonly BindingDocument[];
  /** Written ones that go with their Component. */
  readonly gone: readonly BindingDocument[];
};

export type EditLookup = {
  readonly index: Pick<Lookup, "find">;
  readonly frozen: Surroundings["frozen"];
  /** Of everything that cannot be used, dangling documents included: it may hold the Binding that seems to be missing. */
  readonly spoils: Pick<Spoils, "holderOf">;
  /** Of the specs repository's gitplane.yaml; undefined where everything may stand everywhere. */
  readonly rules: PlaceRules | undefined;
};

export type Outdated = {
  /** In order of path and line. */
  readonly edits: readonly Edit[];
  /** Warnings about edits that may not be made. */
  readonly problems: readonly Problem[];
};

export function outdated({ deployed, written, gone }: ComponentBindings, lookup: EditLookup): Outdated {
  const byEnvironment = new Map(written.map((document) => [document.resource.spec.environment, document]));
  const followed = deployed
    .filter(({ madeBy }) => madeBy === "auto-deploy")
    .map((binding) => bringUpToDate(binding, byEnvironment.get(binding.environment), lookup));
  const removed = gone.map((document): Edit => ({
    action: "remove",
    path: document.place.file,
    line: document.place.line,
    binding: bindingKeyOf(document),
  }));
  return joinOutdated([...followed, { edits: removed, problems: [] }]);
}

/** All in one. A class that several Bindings pin is frozen once, by the first text in order. */
export function joinOutdated(parts: readonly Outdated[]): Outdated {
  const frozen = new Set<string>();
  const edits = parts
    .flatMap((part) => part.edits)
    .toSorted((a, b) => compareText(a.path, b.path) || lineOf(a) - lineOf(b) || compareText(textOf(a), textOf(b)))
    .filter((edit) => {
      if (edit.action !== "freeze") return true;
      const isNew = !frozen.has(edit.frozen);
      frozen.add(edit.frozen);
      return isNew;
    });
  return { edits, problems: sortProblems(parts.flatMap(({ problems }) => problems)) };
}

function lineOf(edit: Edit): number {
  return "line" in edit ? edit.line : Number.MAX_SAFE_INTEGER;
}

function textOf(edit: Edit): string {
  return "text" in edit ? edit.text : "";
}

const nothing: Outdated = { edits: [], problems: [] };

function bringUpToDate(binding: Binding, document: BindingDocument | undefined, lookup: EditLookup): Outdated {
  const { classKind, bindingKind } = claims[binding.claimKind];
  const current = lookup.index.find(classKind, binding.organization, binding.className);
  if (current === undefined) return nothing;
  // There would be two of it once that is mended.
  if (document === undefined && lookup.spoils.holderOf(binding.organization, binding.component) !== undefined)
    return nothing;
  const hash = classHash(current.resource.spec);
  const own = document === undefined ? add(binding, hash) : change(binding, hash, document);
  if (own === undefined) return { edits: freeze(current, hash, lookup), problems: [] };
  const keepsKind = document?.resource.kind === bindingKind;
  if (!keepsKind && !mayHold(lookup.rules, own.path, { organization: binding.organization, kind: bindingKind }))
    return { edits: [], problems: [misplacedEdit(binding, bindingKind, own.path)] };
  return { edits: [own, ...freeze(current, hash, lookup)], problems: [] };
}

function add(binding: Binding, hash: string): Edit {
  const path = madeBindingPath(binding);
  return { action: "add", path, text: madeBinding(binding, hash), binding: deploymentOf(binding) };
}

function change(binding: Binding, hash: string, { resource, place }: BindingDocument): Edit | undefined {
  const { spec } = resource;
  const { bindingKind } = claims[binding.claimKind];
  const fields: readonly (FieldChange & { readonly before: unknown })[] = [
    { path: ["kind"], before: resource.kind, value: bindingKind },
    { path: ["spec", "className"], before: spec.className, value: binding.className, behind: ["environment"] },
    { path: ["spec", "classHash"], before: spec.classHash, value: hash, behind: ["className", "environment"] },
  ];
  const changes: readonly FieldChange[] = [
    ...fields.filter(({ before, value }) => before !== value).map(({ before: _before, ...field }) => field),
    ...fieldChanges({ before: spec.workloadSpec, after: binding.workload, text: workloadText(binding) }, [
      "spec",
      "workloadSpec",
    ]),
    ...apiChanges(binding, resource.kind === "ServiceBinding" ? resource.spec.apis : undefined),
  ];
  if (changes.length === 0) return undefined;
  return { action: "change", path: place.file, line: place.line, changes, binding: deploymentOf(binding) };
}

/** Only Services have APIs. */
function apiChanges(binding: Binding, before: ServiceApis | undefined): readonly FieldChange[] {
  const path = ["spec", "apis"];
  const text = apisText(binding);
  if (text !== undefined) return fieldChanges({ before: before ?? {}, after: binding.apis, text }, path);
  return before === undefined ? [] : [{ path, value: undefined }];
}

type Compared = {
  readonly before: unknown;
  readonly after: unknown;
  /** What people wrote for `after`, which lacks what has its default. */
  readonly text: unknown;
};

/** The least fields that differ by what they mean, so that a default that one of them spells out is no difference. */
function fieldChanges({ before, after, text }: Compared, path: readonly string[]): readonly FieldChange[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isMapping(before) || !isMapping(after) || !isMapping(text)) return [{ path, value: text }];
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys.flatMap((key) =>
    fieldChanges({ before: before[key], after: after[key], text: text[key] }, [...path, key]),
  );
}

/** The class's own document, so that its comments stay with it. */
function freeze(current: SpecDocument<ResourceOf<ClassKind>>, hash: string, { frozen }: EditLookup): readonly Edit[] {
  const { kind, metadata } = current.resource;
  const key = frozenKey(kind, { organization: organizationOf(current.resource), name: metadata.name, hash });
  if (frozen.get(key) !== undefined) return [];
  return [{ action: "freeze", path: `.gitplane/frozen/${hash}.yaml`, text: frozenText(current, hash), frozen: key }];
}

/** Without its comments where they cannot be told from what stands around it. */
function frozenText({ text, tree }: SpecDocument, hash: string): string {
  const own = `${text
    .replace(/^---[ \t]*\r?\n/, "")
    .replaceAll("\r\n", "\n")
    .trimEnd()}\n`;
  const { documents } = parseFile("", Buffer.from(own));
  const isWhole = documents.length === 1 && documents.every(({ resource }) => classHash(resource.spec) === hash);
  return isWhole ? own : `${blockLines(toPlain(tree), usualStyle).join("\n")}\n`;
}

function mayHold(
  rules: PlaceRules | undefined,
  path: string,
  { organization, kind }: { readonly organization: string; readonly kind: KindName },
): boolean {
  if (rules === undefined) return true;
  const allowed = ruleOf(rules, path)?.allowed;
  return allowed !== undefined && allowsOrganization(allowed, organization) && allowsKind(allowed, kind);
}

function misplacedEdit(binding: Binding, kind: BindingKind, path: string): Problem {
  const { organization, component, environment, place } = binding;
  const folder = path.slice(0, path.lastIndexOf("/"));
  return {
    code: "misplaced-document",
    severity: "warning",
    message: `${component} runs in ${environment}, and no Binding says so: by gitplane.yaml no ${kind} of ${organization} may stand in ${folder}, where auto-deploy would write it`,
    place,
    remedy: `allow ${kind} of ${organization} in ${folder.split("/").slice(0, 2).join("/")}, or write the Binding where it may stand`,
  };
}

function deploymentOf({ organization, project, component, environment, workload }: Binding): Deployment {
  const names = Object.keys(workload.containers).toSorted(compareText);
  const first = workload.containers["main"] ?? workload.containers[names[0] ?? ""];
  return { organization, project, component, environment, image: first?.image ?? "" };
}

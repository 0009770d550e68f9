/** For property tests: what people do to the files of a generated platform, sense and nonsense. */
import fc from "fast-check";
import { compareText } from "../schemas/compare.ts";
import type { Files } from "./specs-fixture.contract.ts";

export type SpecsEdit = { readonly from: number; readonly to: number; readonly line: number; readonly how: string };

export const specsEdit: fc.Arbitrary<SpecsEdit> = fc.record({
  from: fc.nat(3),
  to: fc.nat(60),
  line: fc.nat(40),
  // Most change what is published; a mistake holds back all that comes after it.
  how: fc.constantFrom(
    ...Array.from({ length: 8 }, () => "release"),
    "remove",
    "drop",
    "replace",
    "remove",
    "drop",
    "cut",
    "spoil",
    "twice",
    "move",
    "places",
    "ignore",
    "hide",
    "main",
    "default",
    "8080",
  ),
});

const places = "apiVersion: openchoreo.dev/v1alpha1\nkind: Places\nplaces:\n";

/** Gives images another version, keeps endpoints to their project, takes a document, a line, or a whole file of another version of the platform, puts a mistake in, or says who may write where. */
export function editSpecs(
  files: Map<string, string>,
  others: readonly Files[],
  { from, to, line, how }: SpecsEdit,
): void {
  const other = others[from % others.length] ?? new Map();
  const paths = [...new Set([...files.keys(), ...other.keys()])].toSorted(compareText);
  const path = paths[to % paths.length] ?? "";
  const text = files.get(path) ?? "";
  const lines = text.split("\n");
  const documents = text.split(/^---\n/m);
  const replacement = other.get(path);
  switch (how) {
    case "replace":
      if (typeof replacement === "string") files.set(path, replacement);
      else files.delete(path);
      break;
    case "remove":
      files.delete(path);
      break;
    case "drop":
      files.set(path, documents.toSpliced(line % documents.length, 1).join("---\n"));
      break;
    case "cut":
      files.set(path, lines.toSpliced(line % lines.length, 1).join("\n"));
      break;
    case "spoil":
      files.set(path, lines.toSpliced(line % lines.length, 0, "  x: [").join("\n"));
      break;
    case "twice":
      files.set(`twice-${path}`, text);
      break;
    case "move":
      files.set(`moved/${path}`, text);
      files.delete(path);
      break;
    case "places":
      files.set(
        "gitplane.yaml",
        `${places}  - {path: /, organizations: ["*"], kinds: ["*"]}\n  - {path: ${path}, organizations: ["*"], kinds: [Component]}\n`,
      );
      break;
    case "ignore":
      files.set(".gitplaneignore", `${path}\n`);
      break;
    case "hide":
      files.set(path, text.replaceAll(/^( *- )(Organization|Public)$/gm, "$1Project"));
      break;
    case "release":
      for (const [each, content] of files)
        files.set(each, content.replaceAll(/^( *image: [\w./]+)(:\d+)?$/gm, `$1:${line}`));
      break;
    default:
      files.set(path, text.replaceAll(how, `${how}x`));
  }
}

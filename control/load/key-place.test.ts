import { expect, test } from "vitest";
import { placeOfKey } from "./key-place.ts";
import { parseFile } from "./parse.ts";

const project = "apiVersion: openchoreo.dev/v1alpha1\nkind: Project\nmetadata: {name: a}\n";
const path = ["spec", "deploymentPipelineRef"];

test.for([
  { what: "the only document", before: "", text: `${project}spec:\n  deploymentPipelineRef: line\n`, yields: [5, 3] },
  {
    what: "a document after others",
    before: `# a\n---\n${project}spec: {deploymentPipelineRef: x}\n---\n# b\n`,
    text: `${project}spec:\n  deploymentPipelineRef:\n    line\n`,
    yields: [13, 3],
  },
  { what: "flow", before: "", text: `${project}spec: {deploymentPipelineRef: line}\n`, yields: [4, 8] },
  {
    what: "a document in the line of its start",
    before: "",
    text: `--- {apiVersion: openchoreo.dev/v1alpha1, kind: Project, metadata: {name: a}, spec: {deploymentPipelineRef: line}}\n`,
    yields: [1, 86],
  },
])("of $what", ({ before, text, yields }) => {
  const document = parseFile("a.yaml", Buffer.from(before + text)).documents.at(-1);
  if (document === undefined) throw new Error("no document");
  const { file, line, column } = placeOfKey(document, path);
  expect([file, line, column]).toEqual(["a.yaml", ...yields]);
  expect(placeOfKey(document, ["spec", "nothing"])).toEqual(document.place);
});

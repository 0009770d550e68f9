import { expect, test } from "vitest";
import { everything } from "./allowance.ts";
import { load, type SpecsFile } from "./load.ts";
import { doc, loadFiles } from "../specs-fixture.contract.ts";

const project = (name: string): string => doc("Project", name, "  deploymentPipelineRef: line");

test("reads YAML outside dot-folders, and what was frozen apart", async () => {
  const { documents, frozen, problems } = await loadFiles(
    new Map([
      ["b.yml", project("b")],
      ["deep/er/a.yaml", project("a")],
      ["c.json", "not read"],
      [".github/workflow.yaml", "not: ours"],
      ["deep/.hidden.yaml", "not: ours"],
      [".gitplane/notes/x.yaml", "not: ours"],
      [".gitplane/frozen/x.yaml", doc("ServiceClass", "f", "")],
    ]),
  );
  expect({
    documents: documents.map(({ resource }) => resource.metadata.name),
    frozen: frozen.length,
    problems,
  }).toEqual({ documents: ["b", "a"], frozen: 1, problems: [] });
});

test("leaves out what is ignored, as Git would", async () => {
  const { documents, problems } = await loadFiles(
    new Map([
      [".gitplaneignore", "charts/\n/*.values.yaml\n!keep.values.yaml\n"],
      ["charts/a.yaml", "not: ours"],
      ["x.values.yaml", "not: ours"],
      ["keep.values.yaml", project("kept")],
      ["deep/x.values.yaml", project("deep")],
    ]),
  );
  expect({ documents: documents.map(({ resource }) => resource.metadata.name), problems }).toEqual({
    documents: ["deep", "kept"],
    problems: [],
  });
});

test.for([
  { path: "a.yaml", kind: "symlink" },
  { path: "shop", kind: "symlink" },
  { path: "vendor/module", kind: "submodule" },
] as const)("does not follow $path, a $kind, and says so", async ({ path, kind }) => {
  const { problems, spoiled } = await loadFiles(new Map([[path, { link: kind }]]));
  expect(problems.map(({ code, message, place }) => ({ code, message, file: place.file }))).toEqual([
    { code: "symlink", message: `a ${kind} is not followed`, file: path },
  ]);
  expect(spoiled).toEqual([{ file: path, text: "", mayHoldMore: true, holds: everything }]);
});

test("a file that its source refuses to read is a Problem of that file only", async () => {
  const files: readonly SpecsFile[] = [
    {
      path: "a.yaml",
      shown: "a.yaml",
      id: "1",
      kind: "blob",
      read: () => Promise.reject(Object.assign(new Error("large"), { code: "too-large" })),
    },
    { path: "b.yaml", shown: "b.yaml", id: "2", kind: "blob", read: () => Promise.resolve(Buffer.from(project("b"))) },
  ];
  const { documents, problems } = await load([files], new Map());
  expect({ documents: documents.length, codes: problems.map(({ code }) => code) }).toEqual({
    documents: 1,
    codes: ["file-too-large"],
  });
});

test("any other failure to read is no Problem of a person", async () => {
  const file: SpecsFile = {
    path: "a.yaml",
    shown: "a.yaml",
    id: "1",
    kind: "blob",
    read: () => Promise.reject(new Error("disk")),
  };
  await expect(load([[file]], new Map())).rejects.toThrow("disk");
});

test("parses what changed and forgets what is gone", async () => {
  const cache = new Map();
  const files = new Map([
    ["a.yaml", project("a")],
    ["b.yaml", project("b")],
  ]);
  await loadFiles(files, cache);
  const [first] = cache.values();
  await loadFiles(
    new Map([
      ["a.yaml", project("a")],
      ["b.yaml", project("c")],
    ]),
    cache,
  );
  expect({ size: cache.size, same: [...cache.values()].includes(first) }).toEqual({ size: 2, same: true });
});

test("nothing is published while the ignore rules are refused, because what they keep out may be meant to run nowhere", async () => {
  const { documents, problems, stop } = await loadFiles(
    new Map([
      [".gitplaneignore", "a.yaml\n".repeat(1001)],
      ["a.yaml", project("a")],
    ]),
  );
  const message =
    ".gitplaneignore has more than 1000 rules or 65536 characters, so it is not followed and nothing is published";
  expect({ documents: documents.length, problems, stop }).toEqual({
    documents: 1,
    problems: [
      {
        code: "file-too-large",
        severity: "error",
        message,
        place: { file: ".gitplaneignore", line: 1, column: 1 },
        remedy: "list folders instead of files",
      },
    ],
    stop: message,
  });
});

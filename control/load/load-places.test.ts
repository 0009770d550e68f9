/** What the places of a tree do to its specs: what stops publishing, and what is said of a document out of its place. */
import { expect, test } from "vitest";
import { doc, type Files, loadFiles, specsFiles } from "../specs-fixture.contract.ts";
import { everything } from "./allowance.ts";
import { load } from "./load.ts";

const organization = (name: string): string =>
  `apiVersion: openchoreo.dev/v1alpha1\nkind: Organization\nmetadata:\n  name: ${name}\n`;
const project = (name: string, namespace: string): string =>
  doc("Project", name, "  deploymentPipelineRef: line").replace("spec:", `  namespace: ${namespace}\nspec:`);

const places = `apiVersion: openchoreo.dev/v1alpha1
kind: Places
places:
  - path: platform
    organizations: ["*"]
    kinds: ["*"]
  - path: teams/a
    organizations: [a]
    kinds: [Component, Workload, Project]
  - path: teams/b
    organizations: [b]
    kinds: [Project]
`;

const base: Files = new Map([
  ["gitplane.yaml", places],
  ["platform/organizations.yaml", `${organization("a")}---\n${organization("b")}`],
  ["teams/a/project.yaml", project("a", "a")],
  ["teams/b/project.yaml", project("b", "b")],
]);

const ofA = { organizations: new Set(["a"]), kinds: new Set(["Component", "Workload", "Project"]) };

function loadWith(changes: Record<string, string | { link: "symlink" } | undefined>) {
  const files = new Map<string, string | Uint8Array | { link: "symlink" | "submodule" }>(base);
  for (const [path, content] of Object.entries(changes)) {
    if (content === undefined) files.delete(path);
    else files.set(path, content);
  }
  return loadFiles(files);
}

test("documents in their places are used, and nothing is said", async () => {
  const { documents, problems, spoiled, stop } = await loadWith({});
  expect({ documents: documents.map(({ resource }) => resource.metadata.name), problems, spoiled, stop }).toEqual({
    documents: ["a", "b", "a", "b"],
    problems: [],
    spoiled: [],
    stop: undefined,
  });
});

test("a document of another organization is left out, and the line that keeps it out is named", async () => {
  const text = project("x", "b");
  const { documents, problems, spoiled } = await loadWith({ "teams/a/project.yaml": text });
  expect({ count: documents.length, problems, spoiled }).toEqual({
    count: 3,
    problems: [
      {
        code: "misplaced-document",
        severity: "error",
        message:
          "Project x of organization b is not used: in teams/a may stand Component, Workload, Project of organization a",
        place: { file: "teams/a/project.yaml", line: 5, column: 14 },
        remedy: "mend metadata.namespace, move it to teams/b, or have the platform team allow it in gitplane.yaml",
        related: [
          {
            place: { file: "gitplane.yaml", line: 7, column: 5 },
            message: "teams/a is for Component, Workload, Project of organization a",
          },
        ],
      },
    ],
    spoiled: [{ file: "teams/a/project.yaml", text, mayHoldMore: false, holds: ofA }],
  });
});

test("a document of another kind is left out, and what it names stays", async () => {
  const text = doc("ServiceClass", "x", "").replace("spec:", "  namespace: a\nspec:");
  const { documents, problems, spoiled } = await loadWith({ "teams/a/class.yaml": text });
  expect({ count: documents.length, problems, spoiled }).toEqual({
    count: 4,
    problems: [
      {
        code: "misplaced-document",
        severity: "error",
        message:
          "ServiceClass x of organization a is not used: in teams/a may stand Component, Workload, Project of organization a",
        place: { file: "teams/a/class.yaml", line: 2, column: 7 },
        remedy: "move it to platform, or have the platform team allow it in gitplane.yaml",
        related: [
          {
            place: { file: "gitplane.yaml", line: 7, column: 5 },
            message: "teams/a is for Component, Workload, Project of organization a",
          },
        ],
      },
    ],
    spoiled: [
      {
        file: "teams/a/class.yaml",
        text,
        mayHoldMore: false,
        holds: { organizations: new Set(["a"]), kinds: "all" },
      },
      { file: "teams/a/class.yaml", text, mayHoldMore: false, holds: ofA },
    ],
  });
});

test("a document where no place is, is left out", async () => {
  const { problems } = await loadWith({ "elsewhere/x.yaml": project("x", "a") });
  expect(problems).toEqual([
    {
      code: "misplaced-document",
      severity: "error",
      message: "Project x of organization a stands in no place that gitplane.yaml lists, so it is not used",
      place: { file: "elsewhere/x.yaml", line: 5, column: 14 },
      remedy: "mend metadata.namespace, move it to teams/a, or have the platform team allow it in gitplane.yaml",
    },
  ]);
});

test("each document of a file is judged by itself", async () => {
  const text = [project("x", "a"), project("y", "b"), project("z", "a")].join("---\n");
  const { documents, problems } = await loadWith({ "teams/a/project.yaml": text });
  expect([
    documents.map(({ resource }) => resource.metadata.name),
    problems.map(({ place }) => `${place.file}:${place.line}`),
  ]).toEqual([["a", "b", "x", "z", "b"], ["teams/a/project.yaml:13"]]);
});

const stopped = (where: string, why: string): string =>
  `who may write where cannot be told while ${where} is wrong: ${why}`;

test.for<{ what: string; files: Record<string, string | { link: "symlink" } | undefined>; stop: string | undefined }>([
  {
    what: "a mistake in it",
    files: { "gitplane.yaml": `${places}else: 1\n` },
    stop: stopped("gitplane.yaml:13:1", "else: is not a field here"),
  },
  {
    what: "a link in its place",
    files: { "gitplane.yaml": { link: "symlink" } },
    stop: stopped("gitplane.yaml:1:1", "a symlink is not followed"),
  },
  {
    what: "another ending",
    files: { "gitplane.yaml": undefined, "gitplane.yml": places },
    stop: stopped("gitplane.yml:1:1", "the file that says who may write where is called gitplane.yaml"),
  },
  {
    what: "another case, beside it",
    files: { "GitPlane.yaml": places },
    stop: stopped("GitPlane.yaml:1:1", "the file that says who may write where is called gitplane.yaml"),
  },
  {
    what: "a folder in its place",
    files: { "gitplane.yaml": undefined, "gitplane.yaml/x.yaml": places },
    stop: stopped("gitplane.yaml/x.yaml:1:1", "the file that says who may write where is called gitplane.yaml"),
  },
  {
    what: "an organization that nobody declares",
    files: { "platform/organizations.yaml": organization("a") },
    stop: stopped("gitplane.yaml:10:5", "there is no Organization b"),
  },
  {
    what: "an organization whose declaration does not read",
    files: { "platform/organizations.yaml": `${organization("a")}---\n${organization("b")}  - [\n` },
    stop: undefined,
  },
  {
    what: "an organization that only its tenant declares, and does not",
    files: {
      "platform/organizations.yaml": organization("a"),
      "gitplane.yaml": places.replace("kinds: [Project]", "kinds: [Project, Organization]"),
    },
    stop: undefined,
  },
  { what: "a folder that lost its last file", files: { "teams/b/project.yaml": undefined }, stop: undefined },
  { what: "one that is listed in .gitplaneignore", files: { ".gitplaneignore": "gitplane.yaml\n" }, stop: undefined },
])("$what: $stop", async ({ files, stop }) => {
  expect((await loadWith(files)).stop).toBe(stop);
});

test("what stands where a folder with places in it stood may have been any of them", async () => {
  const { spoiled } = await loadWith({ teams: { link: "symlink" } });
  expect(spoiled).toEqual([{ file: "teams", text: "", mayHoldMore: true, holds: everything }]);
  const root = '  - path: .\n    organizations: [c]\n    kinds: ["*"]\n';
  const { spoiled: narrower } = await loadWith({
    "gitplane.yaml": places.replace("places:\n", `places:\n${root}`),
    teams: { link: "symlink" },
  });
  expect(narrower.map(({ file, holds }) => [file, holds])).toEqual([
    ["teams", { organizations: new Set(["c"]), kinds: "all" }],
    ["teams", ofA],
    ["teams", { organizations: new Set(["b"]), kinds: new Set(["Project"]) }],
  ]);
});

test("a folder where nothing stands is a warning at its entry", async () => {
  expect((await loadWith({ "teams/b/project.yaml": undefined })).problems).toEqual([
    {
      code: "invalid-places",
      severity: "warning",
      message: "no file of the specs stands in teams/b",
      place: { file: "gitplane.yaml", line: 10, column: 5 },
      remedy: "mend the path (every letter counts, also its case), or remove the entry",
    },
  ]);
});

test("an ignored file of places rules all the same", async () => {
  const { problems } = await loadWith({ ".gitplaneignore": "gitplane.yaml\n", "teams/a/x.yaml": project("x", "b") });
  expect(problems.map(({ code }) => code)).toEqual(["misplaced-document"]);
});

test("frozen classes are in their place whatever is given to whom", async () => {
  const text = doc("ServiceClass", "x", "").replace("spec:", "  namespace: b\nspec:");
  const { frozen, problems } = await loadWith({ ".gitplane/frozen/x.yaml": text });
  expect({ frozen: frozen.length, problems }).toEqual({ frozen: 1, problems: [] });
});

test("of several trees each is ruled by its own file", async () => {
  const other: Files = new Map([
    ["gitplane.yaml", places.replace("[a]", "[b]").replace("[b]\n    kinds: [Project]", "[a]\n    kinds: [Project]")],
    ["teams/a/x.yaml", project("x", "b")],
    ["teams/b/x.yaml", project("y", "b")],
  ]);
  const free: Files = new Map([["teams/a/free.yaml", project("free", "b")]]);
  const trees = [base, other, free].map((files, tree) =>
    specsFiles(files).map((file) => ({ ...file, shown: `${tree}/${file.path}` })),
  );
  const { documents, problems, stop } = await load(trees, new Map());
  expect({
    documents: documents.map(({ place, resource }) => `${place.file} ${resource.metadata.name}`),
    problems: problems.map(({ code, place, related = [] }) => [
      code,
      place.file,
      ...related.map((one) => one.place.file),
    ]),
    stop,
  }).toEqual({
    documents: [
      "0/platform/organizations.yaml a",
      "0/platform/organizations.yaml b",
      "0/teams/a/project.yaml a",
      "0/teams/b/project.yaml b",
      "1/teams/a/x.yaml x",
      "2/teams/a/free.yaml free",
    ],
    problems: [
      ["invalid-places", "1/gitplane.yaml"],
      ["misplaced-document", "1/teams/b/x.yaml", "1/gitplane.yaml"],
    ],
    stop: undefined,
  });
});

/** `gitplane.yaml` itself: every mistake in it at its place, and which entry decides about which file. */
import { expect, test } from "vitest";
import { workMs } from "../specs-fixture.contract.ts";
import { ruleOf } from "./place-documents.ts";
import { readPlaces } from "./places.ts";

const header = "apiVersion: openchoreo.dev/v1alpha1\nkind: Places\nplaces:\n";

function read(text: string) {
  return readPlaces("gitplane.yaml", Buffer.from(text));
}

function entry(path: string, organizations = "[a]", kinds = '["*"]'): string {
  return `  - path: ${path}\n    organizations: ${organizations}\n    kinds: ${kinds}\n`;
}

test.for([
  { mistake: "an empty file", text: "# nothing yet\n", says: ["1:1 the file is empty"] },
  {
    mistake: "two documents",
    text: `${header}${entry("a")}---\nx: 1\n`,
    says: ["7:1 the file has more than one document"],
  },
  { mistake: "no mapping", text: "- a\n", says: ["1:1 the document is not a map"] },
  {
    mistake: "a key twice",
    text: `${header}${entry("a")}kind: Places\n`,
    says: ["7:1 the key kind stands twice in one map"],
  },
  {
    mistake: "another header and an unknown field",
    text: `apiVersion: v1\nkind: Place\nplaces:\n${entry("a")}owner: me\n`,
    says: [
      "1:13 apiVersion: must be openchoreo.dev/v1alpha1",
      "2:7 kind: must be Places",
      "7:1 owner: is not a field here",
    ],
  },
  { mistake: "no list", text: header.replace("places:\n", ""), says: ["1:1 places: is missing"] },
  {
    mistake: "no entry",
    text: header.replace("places:", "places: []"),
    says: ["3:9 places: lists no place, so nothing could stand anywhere: remove the file to allow everything"],
  },
  {
    mistake: "an entry that names nobody and nothing",
    text: `${header}${entry("a", "[]", "[]")}`,
    says: [
      '5:20 places.0.organizations: names nobody: list organizations, or write ["*"] for any',
      '6:12 places.0.kinds: names no kind: list kinds, or write ["*"] for any',
    ],
  },
  {
    mistake: "an entry without kinds",
    text: `${header}  - path: a\n    organizations: [a]\n`,
    says: ["4:5 places.0.kinds: is missing"],
  },
  {
    mistake: "names that are none, stand twice, or say all and more",
    text: `${header}${entry("a", '[A, b, b, "*"]', '["*", Project, Project]')}`,
    says: [
      '5:21 places.0.organizations.0: must be the name of an organization (lower-case letters, digits and dashes), or "*" for any',
      "5:27 places.0.organizations.2: b is listed twice",
      '5:30 places.0.organizations.3: "*" means all, so it stands alone or not at all',
      '6:13 places.0.kinds.0: "*" means all, so it stands alone or not at all',
      "6:27 places.0.kinds.2: Project is listed twice",
    ],
  },
])("$mistake: every mistake at its place, as invalid-places", ({ text, says }) => {
  const { rules, problems } = read(text);
  expect({
    rules: rules.size,
    codes: [...new Set(problems.map(({ code }) => code))],
    says: problems.map(({ place, message }) => `${place.line}:${place.column} ${message}`).toSorted(),
  }).toEqual({ rules: 0, codes: ["invalid-places"], says: says.toSorted() });
});

test("a kind that does not exist is refused, at its place", () => {
  const [problem, ...others] = read(`${header}${entry("a", "[a]", "[ScheduledTask, Servce]")}`).problems;
  expect({ place: problem?.place, message: problem?.message.split(",")[0], others }).toEqual({
    place: { file: "gitplane.yaml", line: 6, column: 28 },
    message: "places.0.kinds.1: must be one of *",
    others: [],
  });
});

test.for([
  { path: '""', says: 'must be a folder such as teams/shop, or "." for the root' },
  { path: "/", says: 'must be a folder such as teams/shop, or "." for the root' },
  { path: "/teams/a", says: "is counted from the root of the repository: leave out the slash at its start" },
  { path: "teams/../b", says: "must not have . or .. among its names" },
  { path: "..", says: "must not have . or .. among its names" },
  { path: "./teams", says: "must not have . or .. among its names" },
  { path: "teams//a", says: "has two slashes in a row" },
  { path: "teams/a//", says: "has two slashes in a row" },
  { path: "teams/*", says: "is a folder's path, and no pattern: everything below it is meant anyway" },
  { path: "teams\\a", says: "must be one line with / between its names" },
  { path: '"teams\\0"', says: "must be one line with / between its names" },
  {
    path: ".gitplane/frozen",
    says: "leads into a folder whose name starts with a dot: specs are not read there, and .gitplane/ is the platform team's",
  },
])("the folder $path is refused", ({ path, says }) => {
  expect(read(`${header}${entry(path)}`).problems.map(({ place, message }) => [place.line, message])).toEqual([
    [4, `places.0.path: ${says}`],
  ]);
});

test.for([
  { first: "teams/a", second: "teams/a", says: "is also places.0: one folder has one entry" },
  { first: "teams/a", second: "teams/a/", says: "is also places.0: one folder has one entry" },
  { first: ".", second: "./", says: "is also places.0: one folder has one entry" },
  {
    first: "teams/a",
    second: "Teams/A",
    says: "looks like places.0 (teams/a): where case does not count both are one folder",
  },
  {
    first: "teams/caf\u00e9",
    second: "teams/cafe\u0301",
    says: "looks like places.0 (teams/caf\u00e9): where case does not count both are one folder",
  },
  { first: "teams/a", second: "teams/ab", says: undefined },
  { first: "teams/a", second: "teams/a/b", says: undefined },
])("the folders $first and $second: $says", ({ first, second, says }) => {
  const { problems } = read(`${header}${entry(first)}${entry(second)}`);
  expect(problems.map(({ place, message }) => [place.line, message])).toEqual(
    says === undefined ? [] : [[7, `places.1.path: ${says}`]],
  );
});

test.for([
  { path: "teams/a/x.yaml", folder: "teams/a" },
  { path: "teams/a/deep/er/x.yaml", folder: "teams/a" },
  { path: "teams/a", folder: "teams/a" },
  { path: "teams/ab/x.yaml", folder: "teams" },
  { path: "teams/a.yaml", folder: "teams" },
  { path: "teams/A/x.yaml", folder: "teams" },
  { path: "teams/\u0430/x.yaml", folder: "teams" },
  { path: "teams/a/inner/x.yaml", folder: "teams/a/inner" },
  { path: "teams/a/inner.yaml", folder: "teams/a" },
  { path: "teams/a/../b/x.yaml", folder: "teams/a" },
  { path: "one/file.yaml", folder: "one/file.yaml" },
  { path: "one/other.yaml", folder: undefined },
  { path: "x.yaml", folder: undefined },
])("about $path decides the entry of $folder", ({ path, folder }) => {
  const { rules } = read(
    `${header}${["teams", "teams/a/", "teams/a/inner", "one/file.yaml"].map((one) => entry(one)).join("")}`,
  );
  expect(ruleOf(rules, path)?.folder).toBe(folder);
});

test("the root decides about what no other entry covers", () => {
  const { rules } = read(`${header}${entry(".")}${entry("teams")}`);
  expect(["x.yaml", "else/x.yaml", "teams/x.yaml"].map((path) => ruleOf(rules, path)?.folder)).toEqual([
    "",
    "",
    "teams",
  ]);
});

test("an entry keeps whom and what it allows, and where it stands", () => {
  const { rules } = read(
    `${header}${entry("platform", '["*"]')}${entry("teams/a", "[a, b]", "[Component, Workload]")}`,
  );
  expect([...rules.values()]).toEqual([
    {
      folder: "platform",
      allowed: { organizations: "all", kinds: "all" },
      place: { file: "gitplane.yaml", line: 4, column: 5 },
    },
    {
      folder: "teams/a",
      allowed: { organizations: new Set(["a", "b"]), kinds: new Set(["Component", "Workload"]) },
      place: { file: "gitplane.yaml", line: 7, column: 5 },
    },
  ]);
});

test.for([
  { name: "thousands of entries", text: header + Array.from({ length: 5000 }, (_, at) => entry(`t${at}`)).join("") },
  { name: "one organization over and over", text: header + entry("a", `[${"a, ".repeat(40_000)}]`) },
  { name: "brackets without end", text: header + "[".repeat(200_000) },
  { name: "a file beyond what is read", text: `${header}${entry("a")}# ${"x".repeat(2_000_000)}\n` },
])("$name ends in Problems, soon", ({ text }) => {
  const startedMs = workMs();
  const { rules, problems } = read(text);
  expect({ rules: rules.size, some: problems.length > 0, few: problems.length <= 100 }).toEqual({
    rules: 0,
    some: true,
    few: true,
  });
  expect(workMs() - startedMs).toBeLessThan(2000);
});

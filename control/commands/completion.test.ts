import { Command, Option } from "commander";
import { expect, test } from "vitest";
import { addCompletion } from "./completion-table.ts";
import { soughtBy, type Sought } from "./completion.ts";
import { addReads } from "./read-table.ts";

const program = new Command("gitplane").addOption(new Option("--secret").hideHelp());
const finish = (): void => undefined;
addReads(program, finish, new AbortController().signal);
addCompletion(program, finish);

test.for<[string, Partial<Sought>]>([
  ["", { fixed: ["status", "get", "describe", "logs", "completion"], names: undefined }],
  ["get ", { fixed: ["components", "environments", "planes", "releases", "holds"], names: undefined }],
  ["describe component ", { fixed: [], names: "component" }],
  ["describe release shop/", { prefix: "shop/", names: "release" }],
  ["describe plane eu ", { fixed: [], names: undefined }],
  ["logs ", { fixed: [], names: "log" }],
  ["get releases --project ", { fixed: [], names: "project" }],
  ["status -o ", { fixed: ["table", "json", "yaml", "ndjson"], names: undefined }],
  ["get releases --data /x/y --plane e", { prefix: "e", names: "plane", options: { data: "/x/y" } }],
  ["get releases --behind ", { fixed: [], names: undefined }],
  ["completion ", { fixed: ["bash", "zsh", "fish"] }],
  ["--", { fixed: ["--help"] }],
])("after %j", ([line, sought]) => {
  expect(soughtBy(program, line.split(" "))).toMatchObject(sought);
});

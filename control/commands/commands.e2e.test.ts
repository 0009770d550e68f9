/** `gitplane validate`, `render`, `status` and `get` as people run them: what they print and how they end. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { runMain } from "../../process/run-program.ts";
import { openHostFixture } from "../host/host-fixture.contract.ts";
import { problemFormats } from "../problems/problem-formats.ts";
import { renderFolders } from "./render.ts";
import { validateFolders } from "./validate.ts";
import { doc, repositoryRoot, service, surroundings } from "../specs-fixture.contract.ts";

let folder: string;
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "offline-"));
});
afterAll(async () => rm(folder, { recursive: true, force: true }));

let at: string;
beforeEach(async () => {
  count += 1;
  at = join(folder, String(count));
  await mkdir(at);
});

type Outcome = { readonly code: number; readonly stdout: string; readonly stderr: string };

async function gitplane(...args: readonly string[]): Promise<Outcome> {
  const main = join(repositoryRoot, "control", "main.ts");
  const environment = {
    PATH: process.env["PATH"],
    HOME: at,
    XDG_STATE_HOME: join(at, "state"),
    XDG_CACHE_HOME: join(at, "cache"),
  };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [main, ...args],
      { env: environment, cwd: at, timeout: 20_000 },
      (error, stdout, stderr) => {
        resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, stdout, stderr });
      },
    );
  });
}

/** The same commands in this process, which is ten times quicker: what they print and the code they would end with. */
async function here(command: "validate" | "render", folders: readonly string[], output: string): Promise<Outcome> {
  let stdout = "";
  let stderr = "";
  const catchText = (take: (text: string) => void) => (text: unknown, done?: unknown) => {
    take(String(text).replaceAll(`${at}/`, ""));
    if (typeof done === "function") done();
    return true;
  };
  using _out = vi.spyOn(process.stdout, "write").mockImplementation(catchText((text) => (stdout += text)));
  using _err = vi.spyOn(process.stderr, "write").mockImplementation(catchText((text) => (stderr += text)));
  const paths = folders.map((folder) => join(at, folder));
  const code = await runMain(
    () =>
      command === "render"
        ? renderFolders(paths, { output: join(at, output) })
        : validateFolders(paths, { output: problemFormats.find((format) => format === output) ?? "table" }),
    new AbortController().signal,
    (text) => process.stderr.write(text),
  );
  return { code, stdout, stderr };
}

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(at, path)), { recursive: true });
    await writeFile(join(at, path), text);
  }
}

const good = { "specs/platform.yaml": surroundings.join("---\n"), "specs/cart.yaml": service("cart").join("---\n") };
const bad = { "specs/z.yaml": "a: [\n", "specs/b/a.yaml": doc("Project", "b", "  deploymentPipelineRef: nowhere") };

describe("validate", () => {
  test("is silent on stdout and ends with 0 when all is well", async () => {
    await write(good);
    expect(await here("validate", ["specs"], "table")).toEqual({
      code: 0,
      stdout: "",
      stderr: "0 errors, 0 warnings; 1 Release renders\n",
    });
  });

  test("prints Problems in file order and ends with 3", async () => {
    await write({ ...good, ...bad });
    const { code, stdout, stderr } = await gitplane("validate", "specs");
    expect({ code, stdout, stderr }).toEqual({
      code: 3,
      stdout: `b/a.yaml:6:26: error unknown-pipeline: there is no DeploymentPipeline nowhere
    6 |   deploymentPipelineRef: nowhere
      |                          ^
  help: add it, or mend the name; there is only line

z.yaml:1:4: error yaml-syntax: the [ that is opened here is never closed
    1 | a: [
      |    ^
  help: write the ] that closes it
  z.yaml:2:1: at the latest it closes before this
`,
      stderr: "\n2 errors, 0 warnings; 1 Release renders\n",
    });
  });

  test("prints Problems as data", async () => {
    await write({ ...good, ...bad });
    const { code, stdout } = await here("validate", ["specs"], "json");
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject([
      { code: "unknown-pipeline", severity: "error", place: { file: "b/a.yaml", line: 6, column: 26 } },
      { code: "yaml-syntax" },
    ]);
  });

  test.for(["yaml", "ndjson", "sarif", "github"] as const)("says the same as %s", async (format) => {
    await write({ ...good, ...bad });
    const { code, stdout, stderr } = await here("validate", ["specs"], format);
    expect({
      code,
      stderr,
      names: [stdout.includes("b/a.yaml"), stdout.includes("unknown-pipeline"), stdout.includes("yaml-syntax")],
    }).toEqual({ code: 3, stderr: "", names: [true, true, true] });
  });

  test.for(["sarif", "github"] as const)("says as %s where a file stands from where it runs", async (format) => {
    await write({ ...good, ...bad });
    const { stdout } = await gitplane("validate", "specs", "-o", format);
    expect(stdout).toContain("specs/b/a.yaml");
  });

  test("never prints what looks like a secret", async () => {
    const secret = "hunter2hunter2";
    await write({
      "specs/plane.yaml": doc(
        "DataPlane",
        "us",
        `  kubernetesCluster: {name: us, credentials: {clientKey: ${secret}}}\n  registry: {prefix: a, password: ${secret}}`,
      ),
      "specs/plane2.yaml": doc(
        "DataPlane",
        "as",
        `  kubernetesCluster:\n    name: us\n    credentials:\n      clientKey: ${secret}`,
      ),
    });
    for (const format of ["table", "json", "sarif", "github"] as const) {
      const { stdout } = await here("validate", ["specs"], format);
      expect([stdout.includes("plane.yaml"), stdout.includes("plane2.yaml"), stdout.includes(secret)]).toEqual([
        true,
        true,
        false,
      ]);
    }
  });

  test("ends with 0 when there are warnings only", async () => {
    await write({
      "specs/platform.yaml": good["specs/platform.yaml"],
      "specs/cart.yaml": service("cart").slice(0, 2).join("---\n"),
    });
    const { code, stdout } = await here("validate", ["specs"], "table");
    expect({ code, stdout: stdout.split(":").slice(0, 4).join(":") }).toEqual({
      code: 0,
      stdout: "cart.yaml:4:9: warning missing-claim",
    });
  });

  test.for([
    { what: "a folder that is not there", args: ["nowhere"], says: "error: there is no folder nowhere" },
    {
      what: "a file",
      args: ["specs/cart.yaml"],
      says: "error: specs/cart.yaml is not a folder; name the folder it stands in",
    },
  ])("says so for $what and ends with 2", async ({ args, says }) => {
    await write(good);
    const { code, stdout, stderr } = await here("validate", args, "table");
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: "", stderr: `${says}\n` });
  });

  test.for([
    { what: "an empty folder", files: {} },
    { what: "a folder without YAML files", files: { "specs/README.md": "# Specs\n" } },
    { what: "files without documents", files: { "specs/a.yaml": "# nothing\n---\n" } },
  ])("warns of $what", async ({ files }) => {
    await mkdir(join(at, "specs"));
    await write(files);
    expect(await here("validate", ["specs"], "table")).toEqual({
      code: 0,
      stdout: "",
      stderr: "warning: there are no specs in specs\n0 errors, 0 warnings; 0 Releases render\n",
    });
  });

  test("reads several folders as one tree, each with its own rules", async () => {
    await write({
      "one/platform.yaml": good["specs/platform.yaml"],
      "one/same.yaml": "a: [\n",
      "one/.gitplaneignore": "same.yaml\n",
      "two/cart.yaml": good["specs/cart.yaml"],
      "two/same.yaml": "b: [\n",
      "two/.gitplaneignore": "other.yaml\n",
    });
    const { code, stdout, stderr } = await gitplane("validate", "one", "two", "one");
    expect({ code, first: stdout.split(" ")[0], stderr }).toEqual({
      code: 3,
      first: "two/same.yaml:1:4:",
      stderr: "\n1 error, 0 warnings; 1 Release renders\n",
    });
  });

  test("takes a link for a Problem, whatever it is called", async () => {
    await write(good);
    await symlink(join(at, "specs"), join(at, "specs", "loop"));
    const { code, stdout } = await here("validate", ["specs"], "table");
    expect({ code, line: stdout.split("\n")[0] }).toEqual({
      code: 3,
      line: "loop:1:1: error symlink: a symlink is not followed",
    });
  });
});

describe("render", () => {
  test("writes what renders beside what does not, and ends with 3", async () => {
    await write({ ...good, ...bad });
    const { code, stdout, stderr } = await gitplane("render", "specs", "-o", "out");
    expect({ code, stdout, last: stderr.split("\n").at(-2) }).toEqual({
      code: 3,
      stdout: "",
      last: "3 files for 1 planes in out; 2 errors, 0 warnings",
    });
    expect(
      (await readdir(join(at, "out", "planes", "data", "default", "eu"), { recursive: true }))
        .filter((path) => path.endsWith(".yaml"))
        .toSorted(),
    ).toEqual(["cells/shop/dev.yaml", "plane.yaml", "releases/shop/dev/cart.yaml"]);
  });

  test("may write inside the folder that it reads, also twice: what it wrote is no specs", async () => {
    await write(good);
    const first = await here("render", ["specs"], "specs/out");
    const second = await here("render", ["specs"], "specs/out");
    const validated = await here("validate", ["specs"], "table");
    expect([first.code, second.code, validated.code]).toEqual([0, 0, 0]);
    expect(second.stderr).toBe("3 files for 1 planes in specs/out; 0 errors, 0 warnings\n");
  });

  test("forgets what no longer renders", async () => {
    await write(good);
    await here("render", ["specs"], "out");
    await write({ "specs/cart.yaml": "# gone\n" });
    await here("render", ["specs"], "out");
    expect((await readdir(join(at, "out"), { recursive: true })).filter((path) => path.endsWith(".yaml"))).toEqual([
      "planes/data/default/eu/plane.yaml",
    ]);
  });

  test.for([
    {
      what: "a folder with other files",
      output: "specs",
      says: "specs holds files that `gitplane render` did not write; name an empty folder",
    },
    { what: "a file", output: "specs/cart.yaml", says: "cannot write to specs/cart.yaml; name a folder" },
  ])("refuses $what and ends with 2", async ({ output, says }) => {
    await write(good);
    const { code, stderr } = await here("render", ["specs"], output);
    expect({ code, says: stderr.startsWith(`error: ${says}`) }).toEqual({ code: 2, says: true });
  });

  test("writes no plane where the control plane would publish none", async () => {
    await write({ ...good, "specs/gitplane.yaml": "# not written yet\n" });
    const { code, stderr } = await here("render", ["specs"], "out");
    expect({ code, last: stderr.split("\n").at(-2) }).toEqual({
      code: 3,
      last: "0 files for 0 planes in out; 1 error, 0 warnings",
    });
  });
});

const toGet =
  "`gitplane get components`, `gitplane get environments`, `gitplane get planes`, `gitplane get releases` or `gitplane get holds`";
const toDescribe =
  "`gitplane describe component`, `gitplane describe release`, `gitplane describe environment` or `gitplane describe plane`";

describe("status and get", () => {
  test("say how to start or find a control plane when there is none, and end with 9", async () => {
    for (const args of [["status"], ["get", "planes"]]) {
      const { code, stdout, stderr } = await gitplane(...args);
      expect({
        code,
        stdout,
        says: stderr.includes(
          "start one with `gitplane serve` (or `npm start` in a checkout), or name one with --server",
        ),
      }).toEqual({ code: 9, stdout: "", says: true });
    }
  });

  test("say who does not answer, and end with 9", async () => {
    await write({ token: "secret-token-of-people\n" });
    const url = "http://127.0.0.1:9";
    expect(await gitplane("status", "--server", url, "--credential-file", "token")).toEqual({
      code: 9,
      stdout: "",
      stderr: `error: cannot reach the control plane at ${url}; is it running? (GITPLANE_LOG_LEVEL=debug tells more)\n`,
    });
  });

  test.for([
    [["get"], `say what to get: ${toGet}`],
    [["get", "foo", "-o", "json"], `there is no "foo" to get: ${toGet}`],
    [["get", "release"], 'there is no "release" to get: did you mean releases?'],
    [["describe"], `say what to describe: ${toDescribe}`],
    [["describe", "componet", "cart"], 'there is no "componet" to describe: did you mean component?'],
  ] as const)("say what there is for %j, and end with 2", async ([args, wrong]) => {
    expect(await gitplane(...args)).toEqual({ code: 2, stdout: "", stderr: `error: ${wrong}\n` });
  });

  test("say that nothing was pushed yet, which is no failure", async () => {
    await using fixture = await openHostFixture();
    const credential = join(fixture.folder, "data", "credentials", "people");
    const access = ["--server", fixture.host.url, "--credential-file", credential];
    const nothing = "The specs repository has no commit on main yet: push the specs there.\n";
    expect(await gitplane("status", ...access)).toEqual({ code: 0, stdout: nothing, stderr: "" });
    expect(await gitplane("get", "planes", "-o", "json", ...access)).toEqual({
      code: 0,
      stdout: "[]\n",
      stderr: nothing,
    });
  });

  test("ask for the credential when it cannot be read, and end with 2", async () => {
    const { code, stderr } = await gitplane(
      "get",
      "planes",
      "--server",
      "http://127.0.0.1:9",
      "--credential-file",
      "nowhere",
    );
    expect({
      code,
      says: stderr.startsWith("error: cannot read the credential nowhere; name one with --credential-file"),
    }).toEqual({ code: 2, says: true });
  });
});

describe("render --explain", () => {
  const explain = async (...words: readonly string[]): Promise<Outcome> => {
    await write(good);
    return gitplane("render", "specs", "--explain", ...words);
  };

  test("says which line or which rule set a field", async () => {
    const { code, stdout, stderr } = await explain("cart-dev", "Deployment.spec.replicas", "-o", "json");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toEqual([
      {
        release: "data/default/eu/releases/shop/dev/cart.yaml",
        object: expect.stringMatching(/^apps\/Deployment\/.*\/cart$/) as string,
        field: "spec.replicas",
        pointer: "/spec/replicas",
        value: 2,
        setBy: {
          file: "platform.yaml",
          line: expect.any(Number) as number,
          column: 15,
          part: "class",
          kind: "ServiceClass",
          name: "default",
          field: "spec.deploymentTemplate.replicas",
        },
      },
    ]);
  });

  test("prints a table, and what its rules say, for people", async () => {
    const { code, stdout, stderr } = await explain("shop/dev/cart", "spec.selector");
    expect(code).toBe(0);
    expect(stdout.split("\n")[1]).toMatch(
      /^Deployment\/cart +spec\.selector\.matchLabels\.component-name +cart +rule +pod-selector$/,
    );
    expect(stderr).toMatch(/^\nRules:\n {2}pod-selector: Pods carry .*\n$/);
  });

  test("leaves out of the table what is alike in every object, unless asked", async () => {
    const [short, whole] = [await explain("shop/cart"), await explain("shop/cart", "--all-fields")];
    const left = Number(/^(\d+) fields that .* are left out: --all-fields shows them\.$/m.exec(short.stderr)?.[1]);
    const lines = whole.stdout.split("\n");
    const alike = lines.filter((line) => / rule +(object-header|object-identity|pod-selector)$/.test(line));
    expect(left).toBe(alike.length);
    const fields = (text: readonly string[]) => text.map((line) => line.split(/\s+/).slice(0, 2).join(" "));
    expect(fields(short.stdout.split("\n"))).toEqual(fields(lines.filter((line) => !alike.includes(line))));
    expect(whole.stderr).not.toContain("left out");
  });

  test.for([
    [
      "a Release that is not there",
      ["card"],
      /no Release is called card; did you mean cart\? there are shop\/dev\/cart, cells\/shop\/dev$/m,
    ],
    [
      "a field that is not there",
      ["cart", "spec.replica"],
      /has no field spec\.replica; did you mean spec\.replicas\?/,
    ],
    ["a folder for a field", ["cart", "specs"], /specs is a folder: name folders before --explain/],
    ["a folder for a Release", ["specs"], /specs is a folder: name folders before --explain/],
    ["more than a Release and a field", ["cart", "a", "b"], /at most one field/],
    ["a format that is not one", ["cart", "-o", "out"], /-o is one of/],
  ] as const)("refuses %s", async ([, words, message]) => {
    const { code, stderr } = await explain(...words);
    expect({ code, said: message.test(stderr) }).toEqual({ code: 2, said: true });
  });

  test("asks for a folder or a Release where neither is named", async () => {
    await write(good);
    const { code, stderr } = await gitplane("render", "specs");
    expect({ code, said: stderr.includes("-o") && stderr.includes("--explain") }).toEqual({ code: 2, said: true });
  });
});

test("helps whoever asks for nothing, which is no failure", async () => {
  const { code, stdout, stderr } = await gitplane();
  expect({ code, first: stdout.split("\n")[0], stderr }).toEqual({
    code: 0,
    first: "Usage: gitplane [options] [command]",
    stderr: "",
  });
});

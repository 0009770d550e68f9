/** What people see of a running control plane: `status`, `get`, `describe`, `logs` and completion, one story after the other. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Described } from "../fleet/describe.ts";
import type { ComponentRow } from "../fleet/component-rows.ts";
import type { LogEntry } from "../fleet/release-log.ts";
import type { ReleaseStatus } from "../fleet/release-status.ts";
import { doc, owner, repositoryRoot, service, surroundings } from "../specs-fixture.contract.ts";
import { guestGatewaysPlace, type PlaneId } from "../../schemas/layout.ts";
import { ControlPlane } from "./control-plane.contract.ts";

const eu: PlaneId = { kind: "data", organization: "default", name: "eu" };
const name = "data/default/eu";
const main = join(repositoryRoot, "control", "main.ts");

let control: ControlPlane;
beforeAll(async () => {
  control = await ControlPlane.start();
}, 60_000);
afterAll(async () => control?.[Symbol.asyncDispose]());

async function releases(
  ...filters: readonly string[]
): Promise<readonly (readonly [string, ReleaseStatus["state"], string | undefined])[]> {
  const read = await control.json<readonly ReleaseStatus[]>("get", "releases", ...filters);
  return read.flatMap(({ component, state, reason }) =>
    component === undefined ? [] : [[component, state, reason] as const],
  );
}

/** Where auto-deploy writes what it placed. */
const placed = (component: string): string => `default/shop/${component}/bindings/dev.yaml`;

const binding = (environment: string): string =>
  doc(
    "ServiceBinding",
    `cart-${environment}`,
    `${owner("cart")}  environment: ${environment}\n  className: nowhere\n  workloadSpec:\n    containers: {main: {image: registry.example/app:0}}`,
  );

describe("from an empty repository to a fleet", () => {
  test("what was pushed and not reported is not fetched, and why is said as data too", async () => {
    const specs = await control.commit({
      "platform.yaml": surroundings.join("---\n"),
      "cart.yaml": service("cart").join("---\n"),
      "web.yaml": service("web").join("---\n"),
    });
    await control.published(eu, specs, { [placed("cart")]: "app:1", [placed("web")]: "app:1" });
    expect(await releases()).toEqual([
      ["cart", "waiting", "not fetched: no agent has reported yet"],
      ["web", "waiting", "not fetched: no agent has reported yet"],
    ]);
    const [first] = await control.json<readonly ReleaseStatus[]>("get", "releases", "--component", "cart");
    expect(first?.behind).toEqual({ why: "not-fetched", applied: 0, of: 1 });
  });

  test("what is applied and well is behind nothing", async () => {
    await control.report(eu);
    expect(await releases()).toEqual([
      ["cart", "applied", undefined],
      ["web", "applied", undefined],
    ]);
    expect(await releases("--behind")).toEqual([]);
  });

  test("what cannot be rendered is listed, whether or not something of it ran before", async () => {
    const specs = await control.commit({
      "prod.yaml": binding("prod"),
      "web.yaml": service("web", { claim: "  className: none\n" }).join("---\n"),
    });
    // Nothing of it renders, so nothing is published; another change tells that the control plane has seen it.
    const seen = await control.commit({
      "cart.yaml": service("cart", {
        workload: "  containers:\n    main:\n      image: registry.example/app:2\n",
      }).join("---\n"),
    });
    await control.published(eu, seen, { [placed("cart")]: "app:2" });
    expect(specs).not.toBe(seen);
    expect(await releases()).toEqual([
      [
        "cart",
        "applying",
        expect.stringMatching(/^not fetched: the agent applied #1 of #2, last seen 2026-01-02T03:04:05Z$/),
      ],
      ["web", "applied", expect.stringMatching(/^not rendered: unknown-class in web\.yaml:\d+$/)],
      ["cart", "not rendered", expect.stringMatching(/^not rendered: unknown-class in prod\.yaml:\d+$/)],
    ]);
    const rows = await control.json<readonly ComponentRow[]>("get", "components");
    expect(rows.map(({ component, kind, state, behind }) => [component, kind, state, behind])).toEqual([
      ["cart", "Service", "not rendered", 2],
      ["web", "Service", "applied", 1],
    ]);
  });

  test("what an agent reports is why", async () => {
    await control.report(eu, {
      cart: { health: "Degraded", reason: "0 of 2 replicas are ready" },
      web: { result: "held", reason: "needs approval" },
    });
    expect(await releases("--environment", "dev", "--unhealthy")).toEqual([
      ["cart", "applied", expect.stringMatching(/^unhealthy: \w+\/cart: 0 of 2 replicas are ready$/)],
    ]);
    expect(await releases("--behind", "--component", "web")).toEqual([
      ["web", "held", expect.stringMatching(/^not rendered: /)],
    ]);
  });
});

describe("get, describe and logs", () => {
  test("environments come in the order of the pipeline, with what is behind in each", async () => {
    const { stdout } = await control.gitplane("get", "environments");
    expect(stdout.split("\n").map((line) => line.replaceAll(/ {2,}/g, " | "))).toEqual([
      "ENVIRONMENT | STEP | PLANE | RELEASES | HEALTH | BEHIND | UNHEALTHY",
      `dev | 1 of line | ${name} | 2 | Degraded | 1 | 1`,
      `prod | 2 of line | ${name} | 1 | Unknown | 1 | 0`,
      "",
    ]);
  });

  test("a component is described with where it stands, what runs of it, its Problems and its history", async () => {
    const described = await control.json<Extract<Described, { kind: "component" }>>("describe", "component", "cart");
    expect({
      declared: described.declared.map(({ kind, file, line }) => `${kind} ${file}:${line}`),
      releases: described.releases.map(({ environment, state, objects }) => [environment, state, objects.length > 0]),
      problems: described.problems.map(({ code, place }) => `${code} ${place.file}`),
      history: described.history.map(({ change, authors, subject }) => [change, authors, subject]),
    }).toEqual({
      declared: [
        "Component cart.yaml:1",
        "Workload cart.yaml:10",
        "Service cart.yaml:22",
        "ServiceBinding default/shop/cart/bindings/dev.yaml:2",
        "ServiceBinding prod.yaml:1",
      ],
      releases: [
        ["dev", "applied", true],
        ["prod", "not rendered", false],
      ],
      problems: expect.arrayContaining(["unknown-class prod.yaml"]) as string[],
      history: [
        ["created", ["Ann <ann@example.org>"], "Change specs"],
        ["changed", ["Ann <ann@example.org>"], "Change specs"],
      ],
    });
    const { stdout } = await control.gitplane("describe", "release", "shop/cart/dev");
    expect(stdout).toMatch(/^Release shop\/cart\/dev of default\n/);
    expect(stdout).toMatch(/\nDeployment\/cart +created +Degraded +0 of 2 replicas are ready\n/);
  });

  test.for([
    [["describe", "component", "carts"], "there is no component carts; did you mean cart?"],
    [["describe", "release", "cart"], "cart may be shop/cart/dev, shop/cart/prod; say which"],
    [["describe", "plane", "ue"], /^there is no plane ue; /],
    [["get", "components", "--project", "shpo"], 'there is no project "shpo"; did you mean shop?'],
    [["logs", "shop/crat"], /did you mean shop\/cart\?$/],
    [["logs", "-n", "0"], /a number from 1 to 10000/],
    [["logs", "--follow", "-o", "yaml"], "--follow goes with -o table or -o ndjson"],
  ] as const)("refuse %j and say what was meant", async ([args, message]) => {
    const { code, stdout, stderr } = await control.gitplane(...args);
    const said = stderr.replace(/^error: /, "").trimEnd();
    expect({ code, stdout, said: typeof message === "string" ? said : message.test(said) }).toEqual({
      code: 2,
      stdout: "",
      said: typeof message === "string" ? message : true,
    });
  });

  test("logs tell what happened to a Release, oldest first", async () => {
    const all = await control.json<readonly LogEntry[]>("logs", "shop/cart/dev");
    expect(all.map(({ event, change, health }) => [event, change ?? health])).toEqual([
      ["rendered", "created"],
      ["applied", "Healthy"],
      ["rendered", "changed"],
      ["applied", "Degraded"],
    ]);
    expect(all.every(({ component, revision }) => component === "cart" && /^[0-9a-f]{40}$/.test(revision))).toBe(true);
    const last = await control.json<readonly LogEntry[]>("logs", "cart", "-n", "1");
    expect(last.map(({ event }) => event)).toEqual(["applied"]);
    const held = await control.json<readonly LogEntry[]>("logs", "web", "--plane", "eu");
    expect(held.map(({ event, reason }) => [event, reason !== undefined])).toEqual([
      ["rendered", false],
      ["applied", false],
      ["held", true],
    ]);
  });

  test("logs --follow goes on with what happens, and ends with 130", async () => {
    await using follow = start(["logs", "shop/cart", "--follow", "-o", "ndjson"]);
    const events = (): readonly string[] => follow.lines().map((line) => (JSON.parse(line) as LogEntry).event);
    await vi.waitFor(() => expect(events()).toHaveLength(4), { timeout: 20_000 });
    await control.report(eu);
    await vi.waitFor(() => expect(events().slice(4)).toEqual(["healthy"]), { timeout: 20_000 });
    expect(await follow.interrupt()).toBe(130);
  });
});

describe("what a plane brings itself", () => {
  test("is listed, and described with its objects and its history, and by the plane", async () => {
    const platform = surroundings.map((text) =>
      text.includes("kind: DataPlane")
        ? text.replace("  gateway:\n", "  gateway:\n    manage: {external: {http: {}}}\n")
        : text,
    );
    const specs = await control.commit({ "platform.yaml": platform.join("---\n") });
    await control.published(eu, specs, {});
    await control.report(eu);
    const listed = await control.json<readonly ReleaseStatus[]>("get", "releases");
    expect(listed.filter(({ platform: part }) => part !== undefined)).toEqual([
      { plane: name, organization: "default", platform: "gateways", images: [], state: "applied", health: "Healthy" },
    ]);
    const { stdout } = await control.gitplane("describe", "release", "eu/gateways");
    expect(stdout).toMatch(/^Release eu\/gateways of default\n/);
    expect(stdout).toMatch(/\n {2}Declared: +DataPlane eu in platform\.yaml:\d+\n/);
    expect(stdout).toMatch(/\nGateway\/gateway-external +created +Healthy +-\n/);
    expect(stdout).toMatch(/ gateways +created +Ann <ann@example\.org> +Change specs\n/);
    const plane = (await control.gitplane("describe", "plane", "eu")).stdout;
    expect(plane).toMatch(/\nBrought by the plane\n[^\n]*\ndata\/default\/eu +- +- +\(gateways\) +- +applied +Healthy/);
    expect(plane).toMatch(/\nObjects of gateways\n[^\n]*\nNamespace\/openchoreo-data-plane +created/);
  });

  test("is told apart by the organization that uses it, and why its part stays as it is", async () => {
    const manage = "manage: {external: {https: {issuer: {name: ca}}}, sharedWith: [guest]}";
    const platform = surroundings.map((text) =>
      text.includes("kind: DataPlane") ? text.replace("  gateway:\n", `  gateway:\n    ${manage}\n`) : text,
    );
    const guest = guestOn("theirs");
    const organization = "apiVersion: openchoreo.dev/v1alpha1\nkind: Organization\nmetadata:\n  name: guest\n";
    const specs = await control.commit({
      "platform.yaml": [...platform, organization].join("---\n"),
      "guest.yaml": guest,
    });
    await control.published(eu, specs, {});
    await control.report(eu);
    const { name: part } = guestGatewaysPlace("guest");
    const described = (await control.gitplane("describe", "release", `eu/${part}`)).stdout;
    expect(described).toMatch(new RegExp(`^Release eu/${part} of default\n`));
    expect(described).toMatch(
      new RegExp(`\nCertificate/gateway-external-tls-${part.slice("gateways-".length)} +created`),
    );
    await control.commit({ "guest.yaml": `${guest}}: [\n` });
    const kept = (await control.gitplane("describe", "release", `eu/${part}`)).stdout;
    expect(kept).toMatch(/\n {2}Why: +not rendered: yaml-syntax in guest\.yaml:16\n/);
  });

  test("waits with that part for an environment that left the guest's plane and is served there", async () => {
    const documents = [
      doc("DataPlane", "far", "  {}"),
      doc("DeploymentPipeline", "line", "  promotionPaths: [{sourceEnvironmentRef: dev, targetEnvironmentRefs: []}]"),
      doc("ServiceClass", "default", ""),
      doc("Project", "shop", "  deploymentPipelineRef: line"),
      ...service("cart"),
    ];
    const before = await control.commit({
      "guest.yaml": guestOn("theirs"),
      "guest-shop.yaml": documents.map(ofGuest).join("---\n"),
    });
    const theirs: PlaneId = { kind: "data", organization: "guest", name: "theirs" };
    await control.published(theirs, before, { "guest/shop/cart/bindings/dev.yaml": "app:1" });
    const specs = await control.commit({ "guest.yaml": guestOn("far") });
    await control.published(eu, specs, {});
    const { stdout } = await control.gitplane("describe", "release", `eu/${guestGatewaysPlace("guest").name}`);
    expect(stdout).toMatch(
      /\n {2}Why: +waiting for environments that left data\/guest\/theirs to be served there no more\n/,
    );
    const gone = { "guest-shop.yaml": null, "guest/shop/cart/bindings/dev.yaml": null };
    const after = await control.commit({ "guest.yaml": guestOn("theirs"), ...gone });
    for (const plane of [theirs, eu]) await control.published(plane, after, {});
    await control.commit({ "guest.yaml": `${guestOn("theirs")}}: [\n` });
  });

  const ofGuest = (text: string): string => text.replace("metadata:\n", "metadata:\n  namespace: guest\n");
  const guestOn = (plane: string): string => {
    const shared = "gateway: {publicVirtualHost: guest.example, sharedFrom: {organization: default, name: eu}}";
    const documents = [
      doc("DataPlane", "theirs", `  ${shared}`),
      doc("Environment", "dev", `  dataPlaneRef: ${plane}`),
    ];
    return documents.map(ofGuest).join("---\n");
  };
});

describe("the cache", () => {
  const fleets = async (): Promise<string> => {
    const folder = join(control.folder, "cache", "gitplane", "fleets");
    return join(folder, (await readdir(folder))[0] ?? "");
  };

  test("changes nothing but time: without it, damaged, or without the clones the same is shown", async () => {
    const shown = (await control.gitplane("status", "-o", "json")).stdout;
    const described = (await control.gitplane("describe", "component", "cart", "-o", "json")).stdout;
    await writeFile(join(await fleets(), "fleet.json"), '{"format":1');
    expect((await control.gitplane("status", "-o", "json")).stdout).toBe(shown);
    await rm(await fleets(), { recursive: true });
    expect((await control.gitplane("status", "-o", "json")).stdout).toBe(shown);
    await rm(join(control.folder, "cache", "gitplane", "clones"), { recursive: true });
    expect((await control.gitplane("status", "-o", "json")).stdout).toBe(shown);
    expect((await control.gitplane("describe", "component", "cart", "-o", "json")).stdout).toBe(described);
  });

  test("is not shown for an answer when nobody answers", async () => {
    const { code, stdout, stderr } = await control.gitplane(
      "status",
      "--server",
      "http://127.0.0.1:9",
      "--credential-file",
      join(control.folder, "data", "credentials", "people"),
    );
    expect({
      code,
      stdout,
      said: stderr.startsWith("error: cannot reach the control plane at http://127.0.0.1:9"),
    }).toEqual({ code: 9, stdout: "", said: true });
  });
});

describe("status --watch", () => {
  test("prints a line for each thing that changes where there is no terminal", async () => {
    await using watch = start(["status", "--watch", "--component", "cart"]);
    await vi.waitFor(() => expect(watch.lines().some((line) => / dev +cart .* Healthy/.test(line))).toBe(true), {
      timeout: 20_000,
    });
    await control.report(eu, { cart: { health: "Progressing", reason: "1 of 2 replicas are updated" } });
    await vi.waitFor(
      () => expect(watch.lines().at(-1)).toMatch(/waiting for \w+\/cart: 1 of 2 replicas are updated$/),
      { timeout: 20_000 },
    );
    expect(await watch.interrupt()).toBe(130);
  });

  test("draws one region on a terminal, within its width", async ({ skip }) => {
    if (!existsSync("/usr/bin/script")) {
      process.stderr.write("SKIPPED: status --watch on a terminal: there is no /usr/bin/script\n");
      skip();
    }
    const size = 'stty cols 60 rows 20; exec "$@"';
    const inner = ["sh", "-c", size, "sh", process.execPath, main, "status", "--watch"];
    const quoted = inner.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(" ");
    await using watch = start(["-qefc", quoted, "/dev/null"], "/usr/bin/script");
    await vi.waitFor(() => expect(watch.text()).toContain("waiting for"), { timeout: 20_000 });
    await control.report(eu);
    await vi.waitFor(() => expect(watch.text()).toContain("1 Release is as the specs say"), { timeout: 20_000 });
    const lines = watch
      .text()
      .split("\n")
      .map((line) => line.replaceAll(/\u001b\[[\d;]*[A-Za-z]|\r/g, "")); // oxlint-disable-line no-control-regex
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60);
    expect(lines).toContainEqual(expect.stringMatching(/^specs [0-9a-f]{10} · \d+[smhd] ago · Ann/));
  });
});

test("bash completes commands, options and names that were seen", async () => {
  await control.gitplane("status");
  const complete = (line: string): readonly string[] => {
    const script = `
      gitplane() { "$NODE" "$MAIN" "$@"; }
      source <(gitplane completion bash)
      read -ra COMP_WORDS <<< "$LINE"
      [[ "$LINE" == *" " ]] && COMP_WORDS+=("")
      COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
      _gitplane
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const env = { ...control.environment, NODE: process.execPath, MAIN: main, LINE: line };
    return execFileSync("bash", ["-c", script], { env }).toString().trim().split("\n");
  };
  expect(complete("gitplane desc")).toEqual(["describe"]);
  expect(complete("gitplane describe component c")).toEqual(["cart"]);
  expect(complete("gitplane get releases --environment ")).toEqual(["dev", "prod"]);
  expect(complete("gitplane logs shop/cart/")).toEqual(["shop/cart/dev", "shop/cart/prod"]);
  expect(complete("gitplane status --un")).toEqual(["--unhealthy"]);
});

test.for(["zsh", "fish"])("%s takes its script", (shell, { skip }) => {
  const found = (process.env["PATH"] ?? "").split(":").some((folder) => existsSync(join(folder, shell)));
  if (!found) {
    process.stderr.write(`SKIPPED: completion in ${shell}: it is not installed\n`);
    skip();
  }
  const script = execFileSync(process.execPath, [main, "completion", shell], { env: control.environment });
  execFileSync(shell, ["-n"], { input: script });
});

type Running = AsyncDisposable & {
  readonly text: () => string;
  readonly lines: () => readonly string[];
  /** Interrupts it and answers how it ended. */
  readonly interrupt: () => Promise<number | null>;
};

function start(args: readonly string[], program = process.execPath): Running {
  const child: ChildProcess = spawn(program, program === process.execPath ? [main, ...args] : args, {
    env: { ...control.environment, TERM: "xterm" },
    stdio: ["ignore", "pipe", "ignore"],
  });
  let text = "";
  child.stdout?.on("data", (chunk) => (text += String(chunk)));
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const interrupt = async (): Promise<number | null> => {
    child.kill("SIGINT");
    return ended;
  };
  return {
    text: () => text,
    lines: () => text.split("\n").filter((line) => line !== ""),
    interrupt,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

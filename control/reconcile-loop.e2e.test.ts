/** The loop with a real Git host: what is pushed is published, told, and shown. */
import { expect, test } from "vitest";
import { openNativeRepository } from "../git/native/open.ts";
import { type PlaneId, planeRef, specsRef } from "../schemas/layout.ts";
import { readFleet } from "./fleet.ts";
import { commitSpecs, openHostFixture } from "./host/host-fixture.contract.ts";
import { hour, startLoop } from "./loop-fixture.contract.ts";
import { doc, service, surroundings } from "./specs-fixture.contract.ts";

const eu: PlaneId = { kind: "data", organization: "default", name: "eu" };

test("publishes what is there, then what it is woken for, and ends when told", async () => {
  await using fixture = await openHostFixture();
  await commitSpecs(fixture.host, { "platform.yaml": surroundings.join("---\n") });
  const loop = startLoop(fixture.host, hour);
  await loop.says('"published"');
  const published = loop.says("releases/shop/dev/cart.yaml");
  await commitSpecs(fixture.host, { "cart.yaml": service("cart").join("---\n") });
  loop.wake();
  await published;
  await loop.stop();
  expect(loop.announced).toEqual([planeRef(eu), planeRef(eu)]);
});

test("says what a round cost: one changed image is one blob read, one Release rendered, one file written", async () => {
  await using fixture = await openHostFixture();
  const cart = service("cart").join("---\n");
  await commitSpecs(fixture.host, { "platform.yaml": surroundings.join("---\n"), "cart.yaml": cart });
  const loop = startLoop(fixture.host, hour);
  await loop.says('"published"');
  const published = loop.says('"published"');
  await commitSpecs(fixture.host, { "cart.yaml": cart.replace("app:1", "app:2") });
  loop.wake();
  await published;
  await loop.stop();
  const last = loop.lines.findLast((line) => line.includes('"published"')) ?? "";
  expect(JSON.parse(last)).toMatchObject({ counts: { blobsRead: 1, checked: 2, rendered: 1, filesWritten: 1 } });
});

test("tells a Problem once, and again only after it was away", async () => {
  await using fixture = await openHostFixture();
  const bad = { "bad.yaml": doc("Project", "b", "  deploymentPipelineRef: nowhere") };
  await commitSpecs(fixture.host, { "platform.yaml": surroundings.join("---\n"), ...bad });
  const loop = startLoop(fixture.host, hour);
  await loop.says('"published"');
  const again = loop.says("releases/shop/dev/cart.yaml");
  await commitSpecs(fixture.host, { "cart.yaml": service("cart").join("---\n") });
  loop.wake();
  await again;
  await loop.stop();
  expect(loop.lines.filter((line) => line.includes("there is no DeploymentPipeline nowhere"))).toHaveLength(1);
});

test("the fleet shows what is rendered and waits for its agent, and why a Release stays behind", async () => {
  await using fixture = await openHostFixture();
  await using specs = await openNativeRepository({ path: fixture.host.specs.path });
  const { path } = await fixture.host.ensurePlaneRepository(eu);
  await using state = await openNativeRepository({ path });
  expect(await readFleet(specs, state)).toMatchObject({ specs: undefined, problems: [], planes: [], releases: [] });
  await commitSpecs(fixture.host, {
    "platform.yaml": surroundings.join("---\n"),
    "cart.yaml": service("cart").join("---\n"),
  });
  const loop = startLoop(fixture.host, hour);
  await loop.says('"published"');
  await loop.stop();
  await commitSpecs(fixture.host, { "cart.yaml": service("cart", { claim: "  className: nowhere\n" }).join("---\n") });
  const { planes, releases, problems } = await readFleet(specs, state);
  expect(problems.map(({ code }) => code)).toEqual(["unknown-class"]);
  expect(planes).toMatchObject([
    {
      plane: "data/default/eu",
      sequence: 1,
      appliedSequence: 0,
      releases: 1,
      health: "Unknown",
      reason: "no agent has reported yet",
    },
  ]);
  expect(releases).toEqual([
    {
      plane: "data/default/eu",
      organization: "default",
      project: "shop",
      environment: "dev",
      images: [],
      state: "waiting",
      health: "Unknown",
      behind: { why: "not-rendered", reason: "a Release of the Cell stays" },
      reason: "not rendered: a Release of the Cell stays",
    },
    {
      plane: "data/default/eu",
      organization: "default",
      project: "shop",
      environment: "dev",
      component: "cart",
      images: ["registry.example/app:1"],
      state: "waiting",
      health: "Unknown",
      behind: {
        why: "not-rendered",
        reason: "it cannot be rendered: unknown-class in cart.yaml:31",
        problem: { code: "unknown-class", file: "cart.yaml", line: 31 },
      },
      reason: "not rendered: unknown-class in cart.yaml:31",
    },
  ]);
});

test("commits what auto-deploy placed, as its author, once, and lets go of it with its Component", async () => {
  await using fixture = await openHostFixture();
  await using specs = await openNativeRepository({ path: fixture.host.specs.path });
  const head = async () => specs.readCommit((await specs.readRef(specsRef)) ?? "");
  const paths = async () => (await specs.listFiles((await head()).tree)).map(({ path }) => path);
  await commitSpecs(fixture.host, {
    "platform.yaml": surroundings.join("---\n"),
    "cart.yaml": service("cart").join("---\n"),
  });
  const cause = await head();
  const loop = startLoop(fixture.host, hour, { machineCommits: "direct" });
  await loop.says("committed what auto-deploy placed");
  const machine = await head();
  expect(machine).toMatchObject({
    parents: [cause.oid],
    author: cause.author,
    committer: { name: "Gitplane" },
    trailers: [["Caused-By", cause.oid]],
  });
  expect(await paths()).toContain("default/shop/cart/bindings/dev.yaml");
  const gone = loop.says("committed what auto-deploy placed");
  await commitSpecs(fixture.host, { "cart.yaml": null });
  loop.wake();
  await gone;
  await loop.stop();
  expect((await paths()).filter((path) => path.includes("cart"))).toEqual([]);
  const published = loop.lines.filter((line) => line.includes('"published"'));
  expect(published).toHaveLength(2);
  expect(published[1]).toContain('"removed":["cells/shop/dev.yaml","releases/shop/dev/cart.yaml"]');
});

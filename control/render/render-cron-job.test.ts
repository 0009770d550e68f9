import { expect, test } from "vitest";
import { doc, endpointOf, owner, renderTexts, surroundings } from "../specs-fixture.contract.ts";

const taskClass = doc(
  "ScheduledTaskClass",
  "default",
  `  cronJobTemplate:
    schedule: "*/5 * * * *"
    concurrencyPolicy: Forbid
    jobTemplate:
      spec:
        backoffLimit: 3
        template:
          metadata: {labels: {team: blue, component-name: other}}
          spec:
            containers:
              - name: main
                env: [{name: LOG_LEVEL, value: info}]`,
);

type Task = { readonly name?: string; readonly workload?: string; readonly className?: string };

function task({ name = "reports", workload = "", className = "default" }: Task = {}): readonly string[] {
  return [
    doc("Component", name, "  owner:\n    projectName: shop\n  type: ScheduledTask"),
    doc("Workload", name, `${owner(name)}  containers:\n    main:\n      image: a\n${workload}`),
    doc("ScheduledTask", name, `${owner(name)}  workloadName: ${name}\n  className: ${className}`),
  ];
}

function bindingOf(fields: string): string {
  const workload = "  workloadSpec:\n    containers:\n      main:\n        image: b\n";
  return doc("ScheduledTaskBinding", "reports-prod", `${owner("reports")}  environment: prod\n${fields}${workload}`);
}

/** Objects of components by their path, and `code message` of every Problem. */
async function renderTasks(...documents: readonly string[]) {
  const { releases, problems } = await renderTexts(...surroundings, taskClass, ...documents);
  return {
    objects: Object.fromEntries(
      releases
        .filter(({ path }) => path.startsWith("releases/"))
        .map(({ path, release }) => [path, release.spec.resources.map(({ object }) => object)]),
    ),
    // The class says a label of the engine, so that it is seen to be overruled; a warning says so every time.
    problems: problems.filter(({ code }) => code !== "reserved-field").map(({ code, message }) => `${code} ${message}`),
  };
}

const labels = {
  "organization-name": "default",
  "project-name": "shop",
  "environment-name": "dev",
  "component-name": "reports",
};

test("a task is one CronJob: the class's schedule around the workload's image", async () => {
  const { objects, problems } = await renderTasks(...task());
  expect(problems).toEqual([]);
  const [cronJob, ...others] = objects["releases/shop/dev/reports.yaml"] ?? [];
  expect(others).toEqual([]);
  expect(cronJob).toMatchObject({ apiVersion: "batch/v1", kind: "CronJob", metadata: { name: "reports", labels } });
  expect((cronJob as { spec?: unknown }).spec).toEqual({
    schedule: "*/5 * * * *",
    concurrencyPolicy: "Forbid",
    jobTemplate: {
      metadata: { labels },
      spec: {
        backoffLimit: 3,
        template: {
          metadata: { labels: { team: "blue", ...labels } },
          spec: {
            restartPolicy: "OnFailure",
            containers: [{ name: "main", image: "a", env: [{ name: "LOG_LEVEL", value: "info" }] }],
          },
        },
      },
    },
  });
});

test.for([
  ["Active", undefined],
  ["Suspend", true],
] as const)("a Binding that says %s has suspend %s", async ([state, suspend]) => {
  const { objects } = await renderTasks(...task(), bindingOf(`  releaseState: ${state}\n`));
  const [cronJob] = objects["releases/shop/prod/reports.yaml"] ?? [];
  expect((cronJob as unknown as { spec: { suspend?: boolean } }).spec.suspend).toBe(suspend);
});

test("a Binding that says Undeploy has nothing", async () => {
  const { objects } = await renderTasks(...task(), bindingOf("  releaseState: Undeploy\n"));
  expect(Object.keys(objects)).toEqual(["releases/shop/dev/reports.yaml"]);
});

test.for([
  [
    "a name that leaves no room for a Job's",
    task({ name: `a${"b".repeat(52)}` }),
    [`name-too-long a${"b".repeat(52)} has 53 characters, and a CronJob's name at most 52`],
  ],
  [
    "an endpoint",
    task({ workload: endpointOf("api", "REST", 80) }),
    ["unsupported-endpoint a scheduled task serves nothing, and the Workload of reports has the endpoint api"],
  ],
  ["a class that is not there", task({ className: "hourly" }), ["unknown-class there is no ScheduledTaskClass hourly"]],
] as const)("refuses %s", async ([, documents, expected]) => {
  const { objects, problems } = await renderTasks(...documents);
  expect({ objects, problems: [...new Set(problems)] }).toEqual({ objects: {}, problems: expected });
});

test("a field of the class without a value leaves the engine's default", async () => {
  const { releases, problems } = await renderTexts(
    ...surroundings,
    taskClass.replace(
      "          spec:\n            containers",
      "          spec:\n            restartPolicy:\n            containers",
    ),
    ...task(),
  );
  expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
  expect(JSON.stringify(releases.map(({ release }) => release))).toContain('"restartPolicy":"OnFailure"');
});

test("a selector of the class's own renders nothing, because no API server takes it", async () => {
  const selecting = taskClass.replace(
    "        backoffLimit: 3",
    "        manualSelector: true\n        selector: {matchLabels: {a: b}}",
  );
  const { releases, problems } = await renderTexts(...surroundings, selecting, ...task());
  expect(
    problems.filter(({ severity }) => severity === "error").map(({ code, message }) => `${code} ${message}`),
  ).toEqual([
    "invalid-template a CronJob's manualSelector is made by Kubernetes, and the API server refuses another",
    "invalid-template a CronJob's selector is made by Kubernetes, and the API server refuses another",
  ]);
  expect(releases).toEqual([]);
});

import { defineConfig } from "vitest/config";
import { CaseReporter } from "./e2e/case-reporter.ts";

const sources = ["schemas", "git", "process", "control", "agent"];

/** End-to-end tests of programs that need no cluster: two at a time beside each other, before those that share one. */
const withoutCluster = [
  "git/**/*.e2e.test.ts",
  "control/**/*.e2e.test.ts",
  ...["control-faults", "git-engine", "hostile-input", "package", "remote-control", "reproducible", "restart"].map(
    (name) => `e2e/${name}.e2e.test.ts`,
  ),
];

/** Tests that run git themselves see neither the user's settings nor a lack of them. */
const env = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "Test Author",
  GIT_AUTHOR_EMAIL: "author@example.test",
  GIT_COMMITTER_NAME: "Test Committer",
  GIT_COMMITTER_EMAIL: "committer@example.test",
};

export default defineConfig({
  test: {
    reporters: ["default", new CaseReporter()],
    projects: [
      {
        test: {
          name: "unit",
          env,
          include: [...sources, "docs", "e2e"].map((folder) => `${folder}/**/*.test.ts`),
          exclude: ["**/*.e2e.test.ts", "**/node_modules/**"],
          testTimeout: 20_000,
          maxWorkers: 2,
          // Importing the same modules for each of 168 files took more than half of the time: 29 s instead of 70.
          isolate: false,
        },
      },
      {
        test: {
          name: "programs",
          env,
          include: withoutCluster,
          testTimeout: 180_000,
          hookTimeout: 1_200_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "e2e",
          env,
          include: ["agent", "e2e"].map((folder) => `${folder}/**/*.e2e.test.ts`),
          exclude: [...withoutCluster, "**/node_modules/**"],
          testTimeout: 180_000,
          hookTimeout: 1_200_000,
          fileParallelism: false,
          globalSetup: "e2e/shared-cluster.ts",
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});

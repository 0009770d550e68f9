import { defineConfig } from "vitest/config";

const sources = ["schemas", "git", "process", "control", "agent"];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: [...sources, "e2e"].map((folder) => `${folder}/**/*.test.ts`),
          exclude: ["**/*.e2e.test.ts", "**/node_modules/**"],
          testTimeout: 20_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["git", "control", "agent", "e2e"].map((folder) => `${folder}/**/*.e2e.test.ts`),
          testTimeout: 180_000,
          hookTimeout: 1_200_000,
          fileParallelism: false,
          globalSetup: "e2e/shared-cluster.ts",
        },
      },
    ],
  },
});

import { defineConfig } from "vitest/config";

interface Layer {
  readonly name: string;
  /** Layers with the same number run side by side. */
  readonly order: number;
  /** Seconds that one test may take. */
  readonly timeout: number;
  /** The files of tests that run side by side. @default as many as the machine has cores */
  readonly maxWorkers?: number;
}

const layers: readonly Layer[] = [
  { name: "unit", order: 0, timeout: 10 },
  { name: "components", order: 0, timeout: 20 },
  // From here on real servers, engines and daemons run, which must be in time.
  { name: "processes", order: 1, timeout: 60, maxWorkers: 1 },
  { name: "toolchain", order: 2, timeout: 120, maxWorkers: 1 },
  { name: "docker", order: 3, timeout: 300, maxWorkers: 1 },
  { name: "kubernetes", order: 4, timeout: 300, maxWorkers: 1 },
];

export default defineConfig({
  test: {
    projects: layers.map(({ name, order, timeout, maxWorkers }) => ({
      test: {
        name,
        include: [`tests/${name}/**/*.test.ts`],
        testTimeout: timeout * 1000,
        hookTimeout: timeout * 1000,
        ...(maxWorkers === undefined ? {} : { maxWorkers }),
        sequence: { groupOrder: order },
        // Under mocks a program queries the cluster as in an update. No test may reach a cluster of the person who runs it.
        env: name === "components" ? { KUBECONFIG: "/dev/null" } : {},
      },
    })),
  },
});

import { defineConfig } from "vitest/config";

/** What a layer of tests may take, in seconds a test; layers of the same turn run side by side. */
const layers = [
  { name: "unit", turn: 0, timeout: 10, oneFileAtATime: false },
  { name: "components", turn: 0, timeout: 20, oneFileAtATime: false },
  // From here on real servers, engines and daemons are at work, and have to be in time: files share the machine badly.
  { name: "processes", turn: 1, timeout: 60, oneFileAtATime: true },
  { name: "toolchain", turn: 2, timeout: 120, oneFileAtATime: true },
  { name: "docker", turn: 3, timeout: 300, oneFileAtATime: true },
  { name: "kubernetes", turn: 4, timeout: 300, oneFileAtATime: true },
] as const;

export default defineConfig({
  test: {
    projects: layers.map(({ name, turn, timeout, oneFileAtATime }) => ({
      test: {
        name,
        include: [`tests/${name}/**/*.test.ts`],
        testTimeout: timeout * 1000,
        hookTimeout: timeout * 1000,
        fileParallelism: !oneFileAtATime,
        sequence: { groupOrder: turn },
        // Under mocks a program asks as it does in an update; no test may meet a cluster of whoever runs it.
        env: name === "components" ? { KUBECONFIG: "/dev/null" } : {},
      },
    })),
  },
});

import { expect, test } from "vitest";
import { machineTime, processTime } from "../../benchmarks/rest/cpuTime.ts";
import { judgeRest } from "../../benchmarks/rest/table.ts";

test("the CPU time of a machine excludes idle time, waiting for disks, and the double count of guests' time", () => {
  expect(machineTime("cpu  100 20 300 4000 500 6 7 8 90 10\ncpu0 50 10 150 2000 250 3 3 4 45 5\n")).toBe(4.41);
});

test("the CPU time of a process is read after its name, which may contain spaces and parentheses", () => {
  const stat = "42 (a (strange) name) S 1 42 42 0 -1 4194560 1 2 3 4 150 50 7 8 20 0 1 0 100 0 0";
  expect(processTime(stat)).toEqual({ name: "a (strange) name", time: 2 });
});

test("the cost of an idle set is the CPU time of the machine with the set up minus that with the set down", () => {
  const shares = { parts: { "redis-0": 0.01, "gateway-0": 0.02 }, engine: 0.005, machineDown: 0.005 };
  expect(judgeRest({ ...shares, machineUp: 0.055 })).toEqual({
    met: true,
    text: `| CPU time | of one core |
| --- | --- |
| gateway-0 | 2.0 % |
| redis-0 | 1.0 % |
| container engine | 0.5 % |
| machine, set up | 5.5 % |
| machine, set down | 0.5 % |
| set up minus set down | 5.0 % |

✓ at most 5.0 % of one core: 5.0 %
`,
  });
  expect(judgeRest({ ...shares, machineUp: 0.105 })).toMatchObject({
    met: false,
    text: expect.stringContaining("✗ at most 5.0 % of one core: 10.0 %"),
  });
});

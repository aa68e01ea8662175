import { access, constants, mkdir, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The folder of the CPU controller in version 1 of the Linux control groups. */
const controller = "/sys/fs/cgroup/cpu";

/** The period of a quota in microseconds. */
const period = 100_000;

/** True if quotas can be created here. This needs root, and Linux with version 1 of the control groups. */
export async function quotasCanBeMade(): Promise<boolean> {
  try {
    await access(join(controller, "cpu.cfs_quota_us"), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** A group of processes that together get only a part of one core. */
export class CpuQuota {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param percent of one core, at least 1 */
  static async create(name: string, percent: number): Promise<CpuQuota> {
    const folder = join(controller, name);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "cpu.cfs_period_us"), String(period));
    await writeFile(join(folder, "cpu.cfs_quota_us"), String((period * percent) / 100));
    return new CpuQuota(folder);
  }

  /** A command prefix that runs a command and all its children in the group. */
  get entrance(): readonly string[] {
    return ["sh", "-c", 'echo $$ > "$0" && exec "$@"', join(this.#folder, "tasks")];
  }

  /** Removes the group. Its last process must have ended. */
  async remove(): Promise<void> {
    await rmdir(this.#folder);
  }
}

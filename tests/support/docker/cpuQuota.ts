import { access, constants, mkdir, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Where Linux keeps the limits of processors in version 1 of its control groups. */
const controller = "/sys/fs/cgroup/cpu";

/** Microseconds in which a group may use its share once. */
const PERIOD = 100_000;

/** Whether groups with a limit can be made here: it takes Linux with version 1 of its control groups, and root. */
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
    await writeFile(join(folder, "cpu.cfs_period_us"), String(PERIOD));
    await writeFile(join(folder, "cpu.cfs_quota_us"), String((PERIOD * percent) / 100));
    return new CpuQuota(folder);
  }

  /** The command that runs another one, and all that it starts, in the group. */
  get entrance(): readonly string[] {
    return ["sh", "-c", 'echo $$ > "$0" && exec "$@"', join(this.#folder, "tasks")];
  }

  /** Takes the limit away; the group goes when its last process has ended. */
  async remove(): Promise<void> {
    await rmdir(this.#folder);
  }
}

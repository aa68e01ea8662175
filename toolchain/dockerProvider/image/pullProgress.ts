import { DockerFailure } from "../docker/errors.ts";

/** A line of what Docker reports while it pulls. */
interface Line {
  /** The layer it is about; in the first line, the tag. */
  readonly id?: string;
  readonly status?: string;
  readonly error?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
}

interface Layer {
  done: boolean;
  /** Bytes that are here and bytes in all, as far as Docker has said. */
  current: number;
  total: number;
}

const megabyte = 1e6;

/** How far the pull of an image is. */
export class PullProgress {
  readonly #layers = new Map<string, Layer>();

  /**
   * Takes in a line.
   * @throws {DockerFailure} The line is what made the pull fail.
   */
  note(text: string): void {
    if (text.trim() === "") {
      return;
    }
    const { id, status = "", error, progressDetail } = JSON.parse(text) as Line;
    if (error !== undefined) {
      throw new DockerFailure(error);
    }
    if (id === undefined || status.startsWith("Pulling from")) {
      return;
    }
    const layer = this.#layers.get(id) ?? { done: false, current: 0, total: 0 };
    this.#layers.set(id, layer);
    if (/^(Pull complete|Already exists)/.test(status)) {
      layer.done = true;
    }
    // Extracting counts from the start again.
    if (status === "Downloading" && progressDetail?.current !== undefined) {
      layer.current = progressDetail.current;
      layer.total = progressDetail.total ?? 0;
    }
  }

  /** "1 of 3 layers, 12 of 40 MB". */
  summary(): string {
    const layers = [...this.#layers.values()];
    const current = layers.reduce((sum, layer) => sum + layer.current, 0);
    const total = layers.reduce((sum, layer) => sum + layer.total, 0);
    const amount = total === 0 ? "" : `, ${Math.round(current / megabyte)} of ${Math.round(total / megabyte)} MB`;
    return `${layers.filter(({ done }) => done).length} of ${layers.length} layers${amount}`;
  }
}

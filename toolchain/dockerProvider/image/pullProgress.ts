import { DockerFailure } from "../docker/errors.ts";

/** A line of Docker's progress report for a pull. */
interface Line {
  /** The id of the layer; in the first line, the tag. */
  readonly id?: string;
  readonly status?: string;
  readonly error?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
}

interface Layer {
  done: boolean;
  /** Downloaded bytes, as far as Docker has reported them. */
  current: number;
  /** Bytes of the whole layer; 0 if Docker has not reported them. */
  total: number;
}

const megabyte = 1e6;

/** The progress of a pull. */
export class PullProgress {
  readonly #layers = new Map<string, Layer>();

  /**
   * Reads a line of the progress report.
   * @throws {DockerFailure} If the line reports that the pull has failed.
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
    // The bytes of other phases, such as extracting, start at 0 again and are ignored.
    if (status === "Downloading" && progressDetail?.current !== undefined) {
      layer.current = progressDetail.current;
      layer.total = progressDetail.total ?? 0;
    }
  }

  /** Returns the progress, such as "1 of 3 layers, 12 of 40 MB". */
  summary(): string {
    const layers = [...this.#layers.values()];
    const current = layers.reduce((sum, layer) => sum + layer.current, 0);
    const total = layers.reduce((sum, layer) => sum + layer.total, 0);
    const amount = total === 0 ? "" : `, ${Math.round(current / megabyte)} of ${Math.round(total / megabyte)} MB`;
    return `${layers.filter(({ done }) => done).length} of ${layers.length} layers${amount}`;
  }
}

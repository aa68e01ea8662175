import type { Redis } from "ioredis";

/** An application that writes and publishes 100 KB at a time, one after the other, until it is closed. */
export class SteadyWriter {
  /** Writes that were acknowledged. */
  written = 0;
  /** The error messages of writes that were refused or failed. */
  readonly failures: string[] = [];
  readonly #client: Redis;
  readonly #done: Promise<void>;
  #closing = false;

  /** @param client must not retry failed commands, so that every failure is recorded */
  constructor(client: Redis) {
    this.#client = client;
    this.#done = this.#write();
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.#done;
    this.#client.disconnect();
  }

  async #write(): Promise<void> {
    const value = "w".repeat(100_000);
    while (!this.#closing) {
      try {
        await this.#client.set("steady-writer", value);
        await this.#client.publish("steady-writer", value);
        this.written += 1;
      } catch (error) {
        this.failures.push((error as Error).message);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }
}

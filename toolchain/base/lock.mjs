import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { platform, tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { interruption } from "./interruption.mjs";
import { say } from "./steps.mjs";

/**
 * Lets one process of this user at a time do a piece of work, however many clones ask for it.
 *
 * The lock is a listening socket: who waits is connected to it, and learns from the closed connection that the holder
 * is done or dead, so no dead holder blocks anybody. On Linux its name ends with its holder. Elsewhere it is a file that
 * outlives a dead holder, and two processes that find it in the same instant may both get the lock.
 *
 * @template Result
 * @param {string} name What is locked, such as the path that will be made.
 * @param {string} description What the holder is doing, shown to who has to wait.
 * @param {() => Promise<Result>} work
 * @returns {Promise<Result>}
 */
export async function withLock(name, description, work) {
  const path = socketPath(name);
  for (let waited = false; ; waited = true) {
    const release = await take(path);
    if (release) {
      try {
        return await work();
      } finally {
        release();
      }
    }
    if (!waited) {
      say(`waiting for another process: ${description}`);
    }
    await holderGone(path);
  }
}

/**
 * An abstract socket of Linux, which no file stands for. A file is in the folder for temporary ones, since a socket's
 * path may have no more than about 100 characters.
 *
 * @param {string} name
 */
function socketPath(name) {
  const digest = createHash("sha256").update(`${userInfo().uid} ${name}`).digest("hex").slice(0, 20);
  return platform() === "linux" ? `\0redis-ha-${digest}` : join(tmpdir(), `redis-ha-${digest}.lock`);
}

/**
 * @param {string} path
 * @returns {Promise<(() => void) | undefined>} what gives the lock back; undefined when somebody else has it
 */
function take(path) {
  /** @type {Set<import("node:net").Socket>} */
  const waiting = new Set();
  const server = createServer((socket) => {
    waiting.add(socket);
    socket.once("close", () => waiting.delete(socket));
    socket.on("error", () => socket.destroy());
  });
  const release = () => {
    server.close();
    for (const socket of waiting) {
      socket.destroy();
    }
  };
  return new Promise((resolve, reject) => {
    server.once("error", (error) =>
      "code" in error && error.code === "EADDRINUSE" ? resolve(undefined) : reject(error),
    );
    server.listen(path, () => resolve(release));
  });
}

/**
 * Returns when the holder has let go or has died.
 *
 * @param {string} path
 * @returns {Promise<void>}
 */
async function holderGone(path) {
  const abandoned = await new Promise((resolve) => {
    const socket = connect({ path, signal: interruption });
    let refused = false;
    socket.once("error", (error) => {
      refused = "code" in error && error.code === "ECONNREFUSED";
    });
    socket.once("close", () => resolve(refused));
    socket.resume();
  });
  interruption.throwIfAborted();
  if (abandoned && platform() !== "linux") {
    await rm(path, { force: true });
  }
}

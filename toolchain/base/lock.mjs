import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { platform, tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { interruption } from "./interruption.mjs";
import { say } from "./steps.mjs";

/**
 * Runs a piece of work under a lock that only one process of this user can hold at a time, across all clones.
 *
 * The lock is a listening socket. A waiting process connects to the socket. When the connection closes, the holder has
 * finished or died, so a dead holder never blocks another process. On Linux the name of the socket disappears with its
 * holder. On other systems the socket is a file that stays after the holder has died. Two processes that find such a
 * file at the same moment may then both get the lock.
 *
 * @template Result
 * @param {string} name What is locked, such as the path of a folder to be created.
 * @param {string} description What the holder does. A process that has to wait prints its own description.
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
    await lockReleased(path);
  }
}

/**
 * Returns the name of an abstract socket on Linux, which needs no file. On other systems returns a path in the folder
 * for temporary files, since the path of a socket can have only about 100 characters.
 *
 * @param {string} name
 */
function socketPath(name) {
  const digest = createHash("sha256").update(`${userInfo().uid} ${name}`).digest("hex").slice(0, 20);
  return platform() === "linux" ? `\0redis-ha-${digest}` : join(tmpdir(), `redis-ha-${digest}.lock`);
}

/**
 * @param {string} path
 * @returns {Promise<(() => void) | undefined>} a function that releases the lock; undefined if another process holds it
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
 * Waits until the holder has released the lock or has died.
 *
 * @param {string} path
 * @returns {Promise<void>}
 */
async function lockReleased(path) {
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

import module from "node:module";
import { Engine } from "./engine.ts";
import { serve } from "./server.ts";

/** Milliseconds between two checks that the engine is still running. */
const checkInterval = 2000;

// The engine passes its own address as the argument, and reads the port of this plugin from the first line of output.
const port = await serve(new Engine(process.argv.at(2) ?? ""));
process.stdout.write(`${port}\n`);
flushCompileCache();

// Exits when the engine is killed. The plugin runs in its own process group, so it does not end with the engine.
const engine = process.ppid;
setInterval(() => {
  if (process.ppid !== engine) {
    process.exit();
  }
  flushCompileCache();
}, checkInterval).unref();

/**
 * Writes compiled code to the cache at NODE_COMPILE_CACHE, which halves the time of the next start. Node writes the
 * cache automatically only when it exits, but the engine kills its plugins. The first releases of Node 22 lack this
 * function.
 */
function flushCompileCache(): void {
  module.flushCompileCache?.();
}

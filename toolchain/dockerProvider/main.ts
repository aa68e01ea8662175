import module from "node:module";
import { Engine } from "./engine.ts";
import { serve } from "./server.ts";

/** Milliseconds between looks at whether the engine is still there. */
const lookInterval = 2000;

// The engine gives its own address as the argument, and reads the port of this plugin from the first line.
const port = await serve(new Engine(process.argv.at(2) ?? ""));
process.stdout.write(`${port}\n`);
keepCompiled();

// An engine that is killed takes nothing along: its plugins are in process groups of their own.
const engine = process.ppid;
setInterval(() => {
  if (process.ppid !== engine) {
    process.exit();
  }
  keepCompiled();
}, lookInterval).unref();

/**
 * Writes what Node has compiled to the cache that NODE_COMPILE_CACHE names, which halves the next start. Node does so
 * by itself only at its end, and a plugin is killed. The first releases of Node 22 cannot do it at all.
 */
function keepCompiled(): void {
  module.flushCompileCache?.();
}

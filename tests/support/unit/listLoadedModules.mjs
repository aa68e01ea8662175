// Imports the modules that the arguments name, and prints the URL of every module that is loaded, one per line.
import { registerHooks } from "node:module";

const loaded = new Set();
registerHooks({
  load(url, context, nextLoad) {
    loaded.add(url);
    return nextLoad(url, context);
  },
});
for (const module of process.argv.slice(2)) {
  await import(module);
}
process.stdout.write([...loaded].join("\n"));

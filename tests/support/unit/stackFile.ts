import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/** js-yaml, which Pulumi's SDK also uses for these files. It has no types. */
const yaml = createRequire(import.meta.url)("js-yaml") as { load(text: string): unknown };

/** What `pulumi.runtime.allConfig()` returns for `Pulumi.<stack>.yaml`: objects as JSON, everything else as text. */
export function rawConfiguration(stack: string): Readonly<Record<string, string>> {
  const file = join(import.meta.dirname, "../../..", `Pulumi.${stack}.yaml`);
  const { config } = yaml.load(readFileSync(file, "utf8")) as { config: Record<string, unknown> };
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key,
      typeof value === "object" ? JSON.stringify(value) : String(value),
    ]),
  );
}

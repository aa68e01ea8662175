import { copyFile, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cached, cacheFolder, exists } from "../base/cache.mjs";
import { ProgramFailedError, runQuietly } from "../base/childProcess.mjs";
import { withLock } from "../base/lock.mjs";
import { SetupError } from "../base/setupError.mjs";
import { add, step } from "../base/steps.mjs";
import { type GoPrograms, goBuild, recipeDigest } from "../pulumi/goBuild.ts";
import { type LayeredImage, writeImageArchive } from "./imageArchive.ts";

/** The Kubernetes release that modules/kube/go.mod requires and that the programs report as their version. */
export const version = "1.34.3";

/** Minutes that the build takes on two cores with an empty Go cache. */
export const buildMinutes = 9;

/** The folder of the Go modules. Each go.sum pins the checksums of all dependencies. */
const modules = join(import.meta.dirname, "modules");

/**
 * Builds the programs of a cluster from their Go modules into the user's cache. The build takes `buildMinutes` and runs
 * once for all clones.
 *
 * @returns the folder of the executables
 * @throws SetupError if Go is missing, or a download or build fails
 */
export async function builtPrograms(environment: NodeJS.ProcessEnv): Promise<string> {
  const what = `Kubernetes ${version}`;
  const reason = `a cluster for tests needs it; building it from its Go modules takes about ${buildMinutes} minutes on 2 cores, once`;
  const folder = await cached(
    await nameInCache(),
    `building ${what}`,
    (aside) => add(`${what} (into the user's cache)`, reason, (report) => build(aside, environment, report)),
    environment,
  );
  return join(folder, "bin");
}

/** True if the programs have been built. A cluster then starts in seconds instead of minutes. */
export async function programsAreBuilt(environment: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  return exists(join(await cacheFolder(environment), await nameInCache()));
}

async function nameInCache(): Promise<string> {
  return `kubernetes-${version}-${await recipeDigest(modules, [groups, podPrograms])}`;
}

/** Returns the path of the archive with the images of the system pods. */
export function podImages(programs: string): string {
  return join(programs, "../images.tar");
}

const kubernetes = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kubectl"];

/** Each group is built by one run of Go, which compiles shared packages once. A new title also causes a new build. */
const groups: readonly (Omit<GoPrograms, "directory"> & { readonly module: string; readonly title: string })[] = [
  {
    title: "Kubernetes",
    module: "kube",
    packages: kubernetes.map((name) => `k8s.io/kubernetes/cmd/${name}`),
    output: "",
    variables: versionVariables(),
  },
  { title: "etcd", module: "etcd", packages: ["go.etcd.io/etcd/server/v3"], output: "etcd", variables: {} },
  {
    title: "CoreDNS and the volumes' provisioner",
    module: "addons",
    packages: ["./coredns", "./pause", "github.com/rancher/local-path-provisioner"],
    output: "",
    variables: {},
  },
];

function versionVariables(): Readonly<Record<string, string>> {
  const [major = "", minor = ""] = version.split(".");
  return {
    "k8s.io/component-base/version.gitVersion": `v${version}`,
    "k8s.io/component-base/version.gitMajor": major,
    "k8s.io/component-base/version.gitMinor": minor,
    "k8s.io/client-go/pkg/version.gitVersion": `v${version}`,
  };
}

async function build(
  folder: string,
  environment: NodeJS.ProcessEnv,
  report: (progress: string) => void,
): Promise<void> {
  const bin = join(folder, "bin");
  await mkdir(bin);
  for (const { module, title, output, ...programs } of groups) {
    const advice = "check that the Go module proxy and its checksum database can be reached (go env GOPROXY GOSUMDB)";
    const program = { ...programs, directory: join(modules, module), output: `${bin}/${output}` };
    await step(`building ${title}`, () =>
      goBuild(program, advice, environment, (progress) => report(`${title}: ${progress}`)),
    );
  }
  await step("unpacking busybox", () => unpackBusybox(folder, environment));
  await step("creating the images of the system pods", () => createPodImages(folder));
}

/** Unpacks busybox from the Debian package busybox-static. Installing that package would remove the package busybox. */
async function unpackBusybox(folder: string, environment: NodeJS.ProcessEnv): Promise<void> {
  const downloads = join(folder, "busybox");
  await mkdir(downloads);
  const options = { directory: downloads, environment };
  try {
    await withLock("apt-get", "downloading busybox-static", async () => {
      await runQuietly("apt-get", ["update"], options);
      await runQuietly("apt-get", ["download", "busybox-static"], options);
    });
  } catch (error) {
    if (error instanceof ProgramFailedError) {
      throw new SetupError(error.message, "check that Debian packages can be downloaded", { cause: error });
    }
    throw error;
  }
  await runQuietly("sh", ["-c", "dpkg-deb --extract ./*.deb unpacked"], options);
  await copyFile(join(downloads, "unpacked/bin/busybox"), join(folder, "bin/busybox"));
  await rm(downloads, { recursive: true });
}

const podPrograms = ["pause", "coredns", "local-path-provisioner", "busybox"] as const;

/** Creates the images. Each contains one static program in one layer. */
async function createPodImages(folder: string): Promise<void> {
  const images: LayeredImage[] = [];
  for (const program of podPrograms) {
    const tree = join(folder, program);
    await mkdir(join(tree, "bin"), { recursive: true });
    await mkdir(join(tree, "etc"));
    await mkdir(join(tree, "tmp"));
    await runQuietly("chmod", ["1777", join(tree, "tmp")]);
    await copyFile(join(folder, "bin", program), join(tree, "bin", program));
    await writeFile(join(tree, "etc/passwd"), "root:x:0:0:root:/:/bin/sh\n");
    if (program === "busybox") {
      await linkTools(tree);
    }
    const layer = `${tree}.layer.tar`;
    const reproducible = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@0"];
    await runQuietly("tar", ["--create", `--file=${layer}`, ...reproducible, "--directory", tree, "."]);
    await rm(tree, { recursive: true });
    const config = { Env: ["PATH=/bin"], Entrypoint: [`/bin/${program}`] };
    images.push({ reference: `redis-ha/kubernetes/${program}:1`, layer, config });
  }
  await writeImageArchive(join(folder, "images.tar"), images);
  await Promise.all(images.map(({ layer }) => rm(layer)));
}

async function linkTools(tree: string): Promise<void> {
  const tools = (await runQuietly(join(tree, "bin/busybox"), ["--list"])).split("\n");
  await Promise.all(
    tools
      .filter((tool) => tool !== "" && tool !== "busybox")
      .map((tool) => symlink("busybox", join(tree, "bin", tool))),
  );
}

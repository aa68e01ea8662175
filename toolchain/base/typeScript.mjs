/**
 * Options with which Node runs the TypeScript files of this project directly: Node removes the types in memory. No
 * compiled file is written, so no code is loaded from a folder that other users can write to. The first option turns
 * off the warning of Node 22 that removing types is experimental. The second option turns off the warning that
 * package.json does not declare which files are ES modules.
 */
export const typeScriptOptions = [
  "--disable-warning=ExperimentalWarning",
  "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON",
];

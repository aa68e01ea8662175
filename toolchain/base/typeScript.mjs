/**
 * Options with which Node runs the TypeScript files of this project as they are, by removing the types. Nothing is
 * compiled into a file, so no code can come from a folder that other users can write to. Without these options Node 22
 * warns that this is experimental, and every Node that package.json does not say which files are ES modules.
 */
export const typeScriptOptions = [
  "--disable-warning=ExperimentalWarning",
  "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON",
];

/**
 * Which paths an object may have: relative, below the directory of its copy, one spelling for one file, and none of the
 * names that palhm uses itself. Config, sinks, manifests and restores all hold to this rule.
 */

/** What palhm itself keeps in the directory of a copy. */
export const OWN_START = '.palhm-';

export function isOwnPath(path: string): boolean {
  return path.startsWith(OWN_START);
}

export type PathFault =
  | 'empty'
  | 'absolute'
  | 'ends-in-slash'
  | 'parent'
  | 'dot'
  | 'double-slash'
  | 'nul'
  | 'own';

/** The first reason why an object must not have this path. */
export function findPathFault(path: string): PathFault | undefined {
  if (path === '') return 'empty';
  if (path.startsWith('/')) return 'absolute';
  if (path.endsWith('/')) return 'ends-in-slash';
  const components = path.split('/');
  if (components.includes('..')) return 'parent';
  if (components.includes('.')) return 'dot';
  if (components.includes('')) return 'double-slash';
  if (path.includes('\0')) return 'nul';
  return isOwnPath(path) ? 'own' : undefined;
}

export function isObjectPath(path: string): boolean {
  return findPathFault(path) === undefined;
}

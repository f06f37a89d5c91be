/** What palhm itself keeps beside the objects of a copy: no object may have such a path. */
const OWN = '.palhm-';

export function isOwnPath(path: string): boolean {
  return path.startsWith(OWN);
}

/** What palhm itself keeps beside the objects of a copy begins so: no object may have such a path. */
export const OWN_START = '.palhm-';

export function isOwnPath(path: string): boolean {
  return path.startsWith(OWN_START);
}

/** Whether a path stays inside the copy, means one file whoever reads it, and is not palhm's own. */
export function isObjectPath(path: string): boolean {
  const isInside = path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
  return isInside && !path.includes('\0') && !isOwnPath(path);
}

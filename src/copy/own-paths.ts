/** What palhm itself keeps beside the objects of a copy: no object may have such a path. */
const OWN = '.palhm-';

export function isOwnPath(path: string): boolean {
  return path.startsWith(OWN);
}

/** Whether a path stays inside the copy, means one file whoever reads it, and is not palhm's own. */
export function isObjectPath(path: string): boolean {
  const isInside = path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
  return isInside && !path.includes('\0') && !isOwnPath(path);
}

/** What `palhm config check` can say of secrets without opening a file. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import type { Plan, TaskPlan } from '../config/plan/plan.js';
import { renderValue } from '../config/plan/render-value.js';
import { isErrno, messageOf } from '../failure/failure.js';
import { execsOf, execsOfDrill } from './needs.js';
import { isReference, listReferences, type Reference } from './secrets.js';
import { type Environment, pathOfSecret } from './values.js';

/**
 * A sentence for each file or variable that is not as a secret should be, once. These are warnings: an earlier step may make
 * a file, and the run may be of another user, in another environment. Credentials are there only within their unit.
 */
export async function findDoubtfulSecrets(
  { tasks }: Plan,
  inherited: Environment,
): Promise<readonly string[]> {
  const hasCredentials = inherited['CREDENTIALS_DIRECTORY'] !== undefined;
  const references = [...tasks.values()]
    .flatMap(referencesOf)
    .filter(({ type }) => type !== 'credential' || hasCredentials);
  const found = references.map(async (value) => {
    const why =
      value.type === 'env'
        ? doubtVariable(value, inherited)
        : await findDoubt(pathOfSecret(value, inherited));
    return why === undefined ? [] : [`${renderValue(value)} ${why}`];
  });
  return [...new Set((await Promise.all(found)).flat())];
}

function referencesOf(task: TaskPlan): readonly Reference[] {
  const references = listReferences([...execsOf(task), ...execsOfDrill(task)]);
  const key = task.type === 'backup' ? task.sign?.key : undefined;
  const values = [...references.map(({ value }) => value), ...(key === undefined ? [] : [key])];
  return values.filter(isReference);
}

function doubtVariable(
  { name, secret }: Extract<Reference, { readonly type: 'env' }>,
  inherited: Environment,
): string | undefined {
  const text = inherited[name];
  if (text === undefined) return 'is not set here';
  return secret && text.trim() === '' ? 'is empty here' : undefined;
}

async function findDoubt(path: string): Promise<string | undefined> {
  try {
    const file = await stat(path);
    if (file.isDirectory()) return 'is a directory';
    if (file.isCharacterDevice() || file.isBlockDevice())
      return 'is a device, which holds no secret';
    if (file.isFIFO()) return 'is a FIFO: a run waits until somebody has written into it';
    if (file.isFile() && file.size === 0) return 'is empty';
    await access(path, constants.R_OK);
    if ((file.mode & 0o004) !== 0)
      return `can be read by everybody on this host: chmod o-rwx ${path}`;
    return undefined;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return 'is not there yet';
    return `cannot be read: ${messageOf(error)}`;
  }
}

/** A host with clients, and what comes of a file that one of them hands in. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BackupPlan, Plan } from '../../../src/config/plan/plan.js';
import { loadFile } from '../../rig/load.js';
import { makeTree } from '../../rig/scratch.js';

export const GUESTS = { concat: ['/srv/guests/', { run: 'task' }] };
export const inline = (...argv: string[]) => ({ type: 'exec-inline', argv });

export const HOST = {
  execs: [
    { id: 'zstd', argv: ['zstd'] },
    { id: 'in-guest', argv: ['ssh', { run: 'task' }, '--'] },
    { id: 'sync-guest', argv: ['ssh', { run: 'task' }, 'sync'] },
    { id: 'wipe', argv: ['rm', '-rf', '/srv'] },
    { id: 'db1-only', argv: ['true'] },
  ],
  clients: {
    directory: 'clients.d',
    task: {
      backend: 'localfs',
      'backend-param': { root: 'copies', keep: { daily: 14 } },
      'max-age': '26h',
    },
    group: { before: [{ type: 'exec', 'exec-id': 'sync-guest' }] },
    allow: {
      execs: ['zstd'],
      append: ['in-guest'],
      snapshots: [{ type: 'btrfs', subvolume: GUESTS }],
    },
    'allow-client': {
      db1: { execs: ['db1-only'], snapshots: [{ type: 'btrfs', subvolume: '/srv/shared' }] },
    },
  },
  tasks: [
    { id: 'all', type: 'routine', 'keep-going': true, routine: [{ type: 'clients' }] },
    {
      id: 'own',
      type: 'backup',
      backend: 'null',
      objects: [{ path: 'o', pipeline: [inline('true')] }],
    },
  ],
};

export const dump = {
  path: 'all.sql.zst',
  pipeline: [
    { type: 'exec-append', 'exec-id': 'in-guest', argv: ['mysqldump', '--all-databases'] },
    { type: 'exec', 'exec-id': 'zstd' },
  ],
};

/** A directory with the config of the host and that of the client `web1`. */
export function makeHost(): string {
  return makeTree({ 'palhm.jsonc': JSON.stringify(HOST), 'clients.d/web1.jsonc': good() });
}

export function good(more: object = {}): string {
  return JSON.stringify({ objects: [dump], ...more });
}

/** An object of one stage. */
export function object(stage: object, more: object = {}): object {
  return { objects: [{ path: 'o', pipeline: [stage], ...more }] };
}

export function group(more: object): object {
  return { ...JSON.parse(good({ 'object-groups': [{ id: 'default', ...more }] })) };
}

export async function load(root: string): Promise<Plan> {
  return await loadFile(join(root, 'palhm.jsonc'));
}

export function backupOf(plan: Plan, id: string): BackupPlan {
  const task = plan.tasks.get(id);
  assert.equal(task?.type, 'backup', id);
  return task;
}

export const codesOf = ({ client }: BackupPlan): readonly string[] =>
  client?.problems.map(({ code }) => code) ?? [];

/** The backup that comes of this text for a client. */
export async function hand(
  root: string,
  text: string | object,
  name = 'web1',
): Promise<BackupPlan> {
  const file = join(root, 'clients.d', `${name}.jsonc`);
  writeFileSync(file, typeof text === 'string' ? text : JSON.stringify(text));
  return backupOf(await load(root), name);
}

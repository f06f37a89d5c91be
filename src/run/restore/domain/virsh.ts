/** What libvirt knows of domains, and a new one, by the program `virsh`. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../../failure/failure.js';
import { runHelper } from '../../../host/helper.js';
import { temporaryDirectory } from '../../../host/temporary-directory.js';
import type { Operation } from '../../operation/operation.js';

const TIMEOUT_MS = 2 * 60_000;

export interface Libvirt {
  readonly operation: Operation;
  /** Undefined: where virsh connects to of its own accord. */
  readonly uri: string | undefined;
}

export interface NewDomain {
  readonly name: string;
  /** Undefined: a new one. */
  readonly uuid: string | undefined;
  /** Whether one that is there, and off, is defined anew. */
  readonly force: boolean;
}

/** Failure TARGET_EXISTS, TARGET_UNUSABLE. */
export async function refuseTaken(
  libvirt: Libvirt,
  { name, uuid, force }: NewDomain,
): Promise<void> {
  const names = await listLines(libvirt, ['list', '--all', '--name']);
  if (!names.includes(name)) {
    if (uuid === undefined) return;
    const uuids = await listLines(libvirt, ['list', '--all', '--uuid']);
    if (!uuids.includes(uuid)) return;
    throw taken(
      `another domain has the UUID of ${name}: ${uuid}`,
      'give the one that comes back another name: --domain NAME',
    );
  }
  // A name that is a number is taken for that of a running domain: then this is its state, which is refused.
  const state = await virsh(libvirt, ['domstate', '--domain', name]);
  if (state.trim() !== 'shut off')
    throw new Failure({
      code: 'TARGET_UNUSABLE',
      message: `the domain ${name} is there, and ${state.trim()}`,
      details: ['Nothing was written.'],
      hint: `end it first (virsh shutdown), or bring it back beside it: --domain NAME`,
    });
  if (!force)
    throw taken(
      `the domain ${name} is there already`,
      'give the one that comes back another name with --domain NAME, or replace it with --force',
    );
}

function taken(message: string, hint: string): Failure {
  return new Failure({ code: 'TARGET_EXISTS', message, details: ['Nothing was written.'], hint });
}

/** The XML may hold secrets: nobody else sees the file. */
export async function define(libvirt: Libvirt, xml: string): Promise<void> {
  const { environment } = libvirt.operation.host;
  const directory = await mkdtemp(join(temporaryDirectory(environment), 'palhm-domain-'));
  try {
    const file = join(directory, 'domain.xml');
    await writeFile(file, xml, { mode: 0o600 });
    await virsh(libvirt, ['define', '--file', file]);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function listLines(libvirt: Libvirt, args: readonly string[]): Promise<readonly string[]> {
  return (await virsh(libvirt, args)).split('\n').map((line) => line.trim());
}

async function virsh({ operation, uri }: Libvirt, args: readonly string[]): Promise<string> {
  const connect = uri === undefined ? [] : ['--connect', uri];
  const { stdout } = await runHelper({
    argv: ['virsh', '--quiet', ...connect, ...args],
    code: 'TARGET_UNUSABLE',
    hint: 'see whether libvirt answers: virsh list --all; --connect names another one',
    timeoutMs: TIMEOUT_MS,
    signal: operation.signal,
  });
  return stdout;
}

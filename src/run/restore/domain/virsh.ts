/** What libvirt knows of domains, and a new one, by the program `virsh`. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../../failure/failure.js';
import { runHelper } from '../../../host/helper.js';
import { temporaryDirectory } from '../../../host/temporary-directory.js';
import type { Bracket } from '../../operation/bracket.js';
import type { Operation } from '../../operation/operation.js';

const TIMEOUT_MS = 2 * 60_000;

export interface Libvirt {
  readonly operation: Operation;
  /** Undefined: where virsh connects to of its own accord. */
  readonly uri: string | undefined;
}

export interface Wanted {
  readonly name: string;
  /** Undefined: a new one. */
  readonly uuid: string | undefined;
  /** Whether one that is there, and off, is defined anew. */
  readonly force: boolean;
}

/** A domain that is there, and off. */
export interface Existing {
  readonly uuid: string;
  /** By which it is defined. */
  readonly xml: string;
}

/** The one that is replaced. Failure TARGET_EXISTS, TARGET_UNUSABLE. */
export async function findReplaced(
  libvirt: Libvirt,
  { name, uuid, force }: Wanted,
): Promise<Existing | undefined> {
  const names = await listLines(libvirt, ['list', '--all', '--name']);
  if (!names.includes(name)) {
    if (uuid === undefined) return undefined;
    const uuids = await listLines(libvirt, ['list', '--all', '--uuid']);
    if (!uuids.includes(uuid)) return undefined;
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
      hint: `end it first (virsh shutdown), or bring it back beside it: --domain NAME`,
    });
  const saved = await listLines(libvirt, ['list', '--all', '--with-managed-save', '--name']);
  if (saved.includes(name))
    throw new Failure({
      code: 'TARGET_UNUSABLE',
      message: `the domain ${name} is saved (virsh managedsave): it would go on, from its memory, on disks that are others by then`,
      hint: `start it and shut it down, or give its memory up (virsh managedsave-remove ${name}); or bring it back beside it: --domain NAME`,
    });
  if (!force)
    throw taken(
      `the domain ${name} is there already`,
      'give the one that comes back another name with --domain NAME, or replace it with --force',
    );
  const there = (await virsh(libvirt, ['domuuid', '--domain', name])).trim();
  if (uuid !== undefined && uuid !== there)
    throw taken(
      `the domain ${name} that is there is another machine than the one of the copy: its UUID is ${there}, not ${uuid}`,
      `take it away first (virsh undefine ${name}), or bring the one of the copy back beside it: --domain NAME`,
    );
  const xml = await virsh(libvirt, ['dumpxml', '--inactive', '--security-info', '--domain', there]);
  return { uuid: there, xml };
}

function taken(message: string, hint: string): Failure {
  return new Failure({ code: 'TARGET_EXISTS', message, hint });
}

export interface Definition {
  readonly name: string;
  readonly uuid: string;
  readonly xml: string;
  /** What it replaces. */
  readonly before: Existing | undefined;
}

/** libvirt has taken it while the work is done. When the work fails, what was there is there again. */
export function definitionBracket(libvirt: Libvirt, definition: Definition): Bracket<void> {
  return {
    name: `the definition of ${definition.name}`,
    open: () => define(libvirt, definition),
    async close(_, { type }) {
      if (type === 'failed') await putBack(libvirt, definition);
    },
  };
}

/** libvirt takes it or does not; nothing stays of it. Failure TARGET_UNUSABLE. */
export async function tryDefinition(libvirt: Libvirt, definition: Definition): Promise<void> {
  await define(libvirt, definition);
  await putBack(libvirt, definition);
}

async function define(libvirt: Libvirt, { name, xml }: Definition): Promise<void> {
  try {
    await defineXml(libvirt, xml);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw error.as({
      message: `libvirt does not take the definition of ${name}: ${error.message}`,
      hint: `see what this host lacks; to mend it, restore the XML with --to and the disks with --onto, and have it defined by virsh define`,
    });
  }
}

/** By its UUID, which is in its XML: never one that somebody else has made meanwhile. */
async function putBack(libvirt: Libvirt, { name, uuid, before }: Definition): Promise<void> {
  try {
    if (before !== undefined) await defineXml(libvirt, before.xml);
    else await virsh(libvirt, ['undefine', '--keep-nvram', '--domain', uuid]);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const stays = 'is not taken back: libvirt has it as the copy says';
    throw error.as({
      message: `the definition of ${name} ${stays}: ${error.message}`,
      hint: `see virsh dumpxml --inactive ${name}; virsh undefine ${name} takes it away`,
    });
  }
}

/** Not stopped by a signal: libvirt has taken it or not. The XML may hold secrets: nobody else sees the file. */
async function defineXml(libvirt: Libvirt, xml: string): Promise<void> {
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

/** Stopped by the signal when it only asks. */
async function virsh({ operation, uri }: Libvirt, args: readonly string[]): Promise<string> {
  const connect = uri === undefined ? [] : ['--connect', uri];
  const changes = args[0] === 'define' || args[0] === 'undefine';
  const { stdout } = await runHelper({
    argv: ['virsh', '--quiet', ...connect, ...args],
    code: 'TARGET_UNUSABLE',
    hint: 'see whether libvirt answers: virsh list --all; --connect names another one',
    timeoutMs: TIMEOUT_MS,
    signal: changes ? undefined : operation.signal,
  });
  return stdout;
}

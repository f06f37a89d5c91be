/** The disks of a virtual machine. */
import { resolve } from 'node:path';
import { type Cursor, child, items } from '../../check/cursor.js';
import type { LibvirtSnapshot } from '../../check/types.gen.js';
import type { Problems } from '../../read/diagnostics.js';
import { report } from '../../read/diagnostics.js';
import { withSpan } from '../spans.js';
import type { KnownSnapshot } from './references.js';
import type { LibvirtPlan, SnapshotFact } from './sources.js';

/** By this name the programs of a group refer to the XML of the domain. */
export const LIBVIRT_XML = 'domain.xml';

export function resolveLibvirt(
  at: Cursor<LibvirtSnapshot>,
  problems: Problems,
): LibvirtPlan | undefined {
  const domain = child(at, 'domain', problems);
  if (domain === undefined) return undefined;
  const names = (key: 'disks' | 'exclude'): readonly string[] =>
    items(child(at, key, problems), problems).map(({ value }) => value);
  const both = child(at, 'exclude', problems);
  if (at.value.disks !== undefined && both !== undefined)
    report(problems, {
      code: 'CONFIG_VALUE',
      message: '"disks" names those that are read, so there is nothing to exclude.',
      at: both.node,
    });
  const directory = child(at, 'directory', problems);
  const plan: LibvirtPlan = {
    type: 'libvirt',
    domain: domain.value,
    uri: child(at, 'uri', problems)?.value,
    disks: at.value.disks === undefined ? undefined : names('disks'),
    exclude: names('exclude'),
    directory: directory && resolve(directory.node.source.directory, directory.value),
    quiesce: child(at, 'quiesce', problems)?.value ?? 'auto',
    offlineOk: child(at, 'offline-ok', problems)?.value ?? false,
  };
  return withSpan(plan, domain.node);
}

/** Which disks there are, unless they are named, is known only by libvirt. */
export function knownOfLibvirt({ disks }: LibvirtPlan): KnownSnapshot {
  const ofDisk: readonly SnapshotFact[] = ['device'];
  const isOne = disks === undefined || disks.length === 1;
  return {
    facts: isOne ? ['device', 'name'] : ['name'],
    volumes:
      disks && new Map([...disks.map((disk) => [disk, ofDisk] as const), [LIBVIRT_XML, ['path']]]),
    inside: [],
  };
}

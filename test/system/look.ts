/**
 * Looks at a root after a power cut, inside the guest: reads `palhm list --json` from stdin, prints a `Sight`.
 * usage: palhm list --json TASK | node look.js ROOT
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findDamage } from './copies.js';

export interface Sight {
  /** The prefixes that are listed, oldest first. */
  readonly listed: readonly string[];
  readonly damage: readonly string[];
}

const [root = ''] = process.argv.slice(2);
const { copies } = JSON.parse(readFileSync(0, 'utf8')) as { copies: { prefix: string }[] };
const listed = copies.map(({ prefix }) => prefix);
const sight: Sight = {
  listed,
  damage: listed.flatMap((prefix) => findDamage(join(root, prefix))),
};
console.log(JSON.stringify(sight));

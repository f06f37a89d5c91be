/**
 * What the kernel hands to palhm is bytes. Where they are not UTF-8, Node puts U+FFFD in their place, and palhm would use
 * another file or directory than the one that was meant.
 */
import { isUtf8 } from 'node:buffer';
import { readFileSync, readlinkSync } from 'node:fs';
import { isGarbled } from '../units/utf8.js';
import type { Console } from './console.js';

/** A sentence when an argument or the working directory is not UTF-8. */
export function findForeignBytes(): string | undefined {
  const argument = process.argv.slice(2).find(isGarbled);
  if (argument !== undefined && isForeign(() => readFileSync('/proc/self/cmdline')))
    return `the argument "${argument}" is not UTF-8, and nothing is done with it: rename what it names`;
  const directory = process.cwd();
  if (isGarbled(directory) && isForeign(() => readlinkSync('/proc/self/cwd', 'buffer')))
    return `the name of the working directory, "${directory}", is not UTF-8: start palhm in another one`;
  return undefined;
}

/** Somebody may have meant U+FFFD. Where there is no /proc, that is not believed. */
function isForeign(read: () => Buffer): boolean {
  try {
    return !isUtf8(read());
  } catch {
    return true;
  }
}

/** A warning for each variable that programs inherit with other bytes than palhm did. */
export function findGarbledVariables(
  environment: Console['environment'],
): readonly { readonly message: string; readonly details: readonly string[] }[] {
  return Object.entries(environment)
    .filter(([name, value = '']) => isGarbled(name + value))
    .map(([name]) => ({
      message: `the variable ${name} is not UTF-8: programs get U+FFFD in place of its bytes`,
      details: ['Set it in UTF-8, unset it, or let a program that needs it read it from a file.'],
    }));
}

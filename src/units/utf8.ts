/** Bytes to text. Where Node would put U+FFFD in the place of what is not UTF-8, this says so. */
import { isUtf8 } from 'node:buffer';
import type { Parsed } from './parsed.js';

/** A byte order mark stays a part of the text. */
export function decodeUtf8(bytes: Buffer): Parsed<string> {
  if (isUtf16(bytes)) return { ok: false, problem: 'is UTF-16, not UTF-8' };
  if (isUtf8(bytes)) return { ok: true, value: bytes.toString('utf8') };
  const at = findForeignByte(bytes);
  const line = bytes.subarray(0, at).filter((byte) => byte === 0x0a).length + 1;
  return { ok: false, problem: `is not UTF-8: see byte ${at + 1}, in line ${line}` };
}

/** Whether Node has replaced something in this text, which it got from the system, because it was not UTF-8. */
export function isGarbled(text: string): boolean {
  return text.includes('\uFFFD');
}

/** By its mark. Without one: by the half of its first character that is zero. */
function isUtf16([first, second]: Buffer): boolean {
  const hasMark = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  return hasMark || (second !== undefined && (first === 0) !== (second === 0));
}

/** What is UTF-8 is encoded again as it was. */
function findForeignByte(bytes: Buffer): number {
  const again = Buffer.from(bytes.toString('utf8'));
  return bytes.findIndex((byte, index) => byte !== again[index]);
}

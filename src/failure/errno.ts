/**
 * The errors of Linux that Node has no name for: their code and message are "Unknown system error -116". The words are those of
 * strerror(3), the numbers those of every processor that Node 20 runs on.
 */
import { constants } from 'node:os';

const { EBADMSG, EDQUOT, EIDRM, EMULTIHOP, ENOLCK, ENOLINK, ESTALE, ETIME } = constants.errno;

const TEXTS: Readonly<Record<number, string>> = {
  [ENOLCK]: 'ENOLCK: no locks available',
  [EIDRM]: 'EIDRM: identifier removed',
  [ETIME]: 'ETIME: timer expired',
  64: 'ENONET: machine is not on the network',
  66: 'EREMOTE: object is remote',
  [ENOLINK]: 'ENOLINK: link has been severed',
  70: 'ECOMM: communication error on send',
  [EMULTIHOP]: 'EMULTIHOP: multihop attempted',
  [EBADMSG]: 'EBADMSG: bad message',
  77: 'EBADFD: file descriptor in bad state',
  85: 'ERESTART: interrupted system call should be restarted',
  [ESTALE]: 'ESTALE: stale file handle',
  117: 'EUCLEAN: structure needs cleaning',
  121: 'EREMOTEIO: remote I/O error',
  [EDQUOT]: 'EDQUOT: disk quota exceeded',
  123: 'ENOMEDIUM: no medium found',
  124: 'EMEDIUMTYPE: wrong medium type',
  126: 'ENOKEY: required key not available',
  127: 'EKEYEXPIRED: key has expired',
  128: 'EKEYREVOKED: key has been revoked',
  129: 'EKEYREJECTED: key was rejected by service',
  130: 'EOWNERDEAD: owner died',
  131: 'ENOTRECOVERABLE: state not recoverable',
  132: 'ERFKILL: operation not possible due to RF-kill',
  133: 'EHWPOISON: memory page has hardware error',
  // These are the kernel's own, and file systems let them out.
  512: 'ERESTARTSYS: interrupted system call should be restarted',
  521: 'EBADHANDLE: illegal NFS file handle',
  524: 'ENOTSUPP: operation is not supported',
  526: 'ESERVERFAULT: an untranslatable error occurred on the server',
  528: 'EJUKEBOX: the server is busy, as with a tape',
};

const NAMELESS = /Unknown system error -(\d+)/;
const NAMELESS_TWICE = new RegExp(`${NAMELESS.source}(?:: Unknown system error -\\1)?`, 'g');

/** Puts names and words in the place of numbers. */
export function nameErrors(message: string): string {
  return message.replace(NAMELESS_TWICE, (said, errno: string) => TEXTS[Number(errno)] ?? said);
}

/** The name of an error whose code Node gives: `ESTALE` of "Unknown system error -116", any other as it is. */
export function nameOfCode(code: string): string {
  return NAMELESS.test(code) ? (/^\w+(?=:)/.exec(nameErrors(code))?.[0] ?? code) : code;
}

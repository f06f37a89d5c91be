/** Tar files as somebody would make them who means harm: any name, any link (POSIX ustar). */

export interface Member {
  readonly name: string;
  /** Absent: a file with a few bytes. */
  readonly link?: { readonly kind: 'hard' | 'symbolic'; readonly to: string };
}

const BLOCK = 512;
const CONTENT = Buffer.from('evil');

export function makeArchive(members: readonly Member[]): Buffer {
  const blocks = members.flatMap((member) =>
    member.link === undefined ? [headerOf(member), padded(CONTENT)] : [headerOf(member)],
  );
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
}

function headerOf({ name, link }: Member): Buffer {
  const header = Buffer.alloc(BLOCK);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  const size = link === undefined ? CONTENT.length : 0;
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        ', 148);
  header.write(link === undefined ? '0' : link.kind === 'hard' ? '1' : '2', 156);
  header.write(link?.to ?? '', 157);
  header.write('ustar\x0000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

function padded(content: Buffer): Buffer {
  const block = Buffer.alloc(BLOCK);
  content.copy(block);
  return block;
}

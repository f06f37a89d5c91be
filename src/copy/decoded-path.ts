/** The name for the content of an object after some of its filters were undone: `root.tar` for `root.tar.zst.pgp`. */

/** The usual endings for the output of filters, without the dot. */
const ENDINGS: ReadonlySet<string> = new Set(
  'age asc br bz2 cpt enc gpg gz lrz lz lz4 lzma lzo openssl pgp sz xz z zst zstd'.split(' '),
);

/** Endings that stand for both tar and a compression. */
const SHORT_TAR = /\.(?:tgz|tbz2?|txz|tzst|tlz|taz)$/i;

/** Drops at most one ending for each filter that was undone. An unknown ending is kept. */
export function decodedPath(path: string, undone: number): string {
  let name = path;
  for (let count = 0; count < undone; count++) {
    const shorter = withoutEnding(name);
    if (shorter === undefined) break;
    name = shorter;
  }
  return name;
}

function withoutEnding(path: string): string | undefined {
  if (SHORT_TAR.test(path)) return path.replace(SHORT_TAR, '.tar');
  const dot = path.lastIndexOf('.');
  const name = path.slice(path.lastIndexOf('/') + 1, Math.max(dot, 0));
  // The rest must be the name of a file. It could be "..", the parent directory.
  const isName = name !== '' && name !== '.' && name !== '..';
  return isName && ENDINGS.has(path.slice(dot + 1).toLowerCase()) ? path.slice(0, dot) : undefined;
}

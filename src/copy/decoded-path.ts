/** The name of what an object is after some of its filters have been undone: `root.tar.zst.pgp` becomes `root.tar`. */

/** Endings that filters give to a name, without the dot. */
const ENDINGS: ReadonlySet<string> = new Set(
  'age asc br bz2 cpt enc gpg gz lrz lz lz4 lzma lzo openssl pgp sz xz z zst zstd'.split(' '),
);

/** Tar files whose name says in one ending what they are compressed with. */
const SHORT_TAR = /\.(?:tgz|tbz2?|txz|tzst|tlz|taz)$/i;

/** At most one ending goes for each filter that was undone; one that no filter is known to give stays. */
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
  // What is left must be a name: "...zst" is one, ".." is the way out.
  const isName = name !== '' && name !== '.' && name !== '..';
  return isName && ENDINGS.has(path.slice(dot + 1).toLowerCase()) ? path.slice(0, dot) : undefined;
}

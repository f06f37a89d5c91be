/** What a volume of LVM is called: `group/volume`, and in the device mapper. */

export function nameInGroup(volume: string): string {
  return volume.slice(volume.indexOf('/') + 1);
}

export function groupOf(volume: string): string {
  return volume.split('/')[0] ?? '';
}

/** The name of a volume, `group/volume`, or of a layer of one: LVM doubles the hyphens in each part (dm_build_dm_name of libdevmapper). */
export function mappedName(volume: string): string {
  return volume
    .split('/')
    .map((part) => part.replaceAll('-', '--'))
    .join('-');
}

export function deviceOf(volume: string): string {
  return `/dev/mapper/${mappedName(volume)}`;
}

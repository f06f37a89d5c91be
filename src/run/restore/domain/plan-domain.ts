/** Which objects of a copy are a virtual machine: the XML that defines it, and its disks, each named after its target. */
import { basename } from 'node:path';
import { Failure } from '../../../failure/failure.js';
import { type Disk, readDomain } from '../../../snapshot/libvirt/domain.js';
import { type ImagePlace, parseImagePlace } from '../image/image.js';
import type { PlannedObject } from '../planned-object.js';
import type { AsDomain } from '../request.js';

export interface DomainParts {
  readonly xml: PlannedObject;
  readonly disks: readonly PlannedObject[];
}

/** Failure NOT_RESTORABLE. */
export function splitParts(planned: readonly PlannedObject[]): DomainParts {
  const isXml = ({ goal }: PlannedObject): boolean => goal.path.endsWith('.xml');
  const [xml, ...others] = planned.filter(isXml);
  if (xml !== undefined && others.length === 0)
    return { xml, disks: planned.filter((one) => one !== xml) };
  throw new Failure({
    code: 'NOT_RESTORABLE',
    message:
      xml === undefined
        ? 'no object is the XML of a domain: none becomes NAME.xml when it is decoded'
        : `more than one object is the XML of a domain: ${[xml, ...others].map(({ object }) => object.path).join(', ')}`,
    hint: 'name the XML and the disks of one machine with --object; without the XML, restore each disk with --onto',
  });
}

/** One disk of the machine that comes back. */
export interface DiskPlan {
  readonly target: string;
  readonly planned: PlannedObject;
  readonly place: ImagePlace;
  readonly format: 'raw' | 'qcow2';
  /** Whether what is there may be overwritten. */
  readonly force: boolean;
}

/** A disk that no object is, and that is somewhere. */
export interface OtherDisk {
  readonly target: string;
  readonly place: ImagePlace;
  readonly path: string;
  readonly format: string;
}

export interface DomainPlan {
  readonly name: string;
  /** Undefined: a new one. */
  readonly uuid: string | undefined;
  readonly disks: readonly DiskPlan[];
  /** Those that no object is, and that --disk names: they are used as they are. */
  readonly others: readonly OtherDisk[];
  /** Those that neither an object nor --disk is: they are where they were, if they are there. */
  readonly missing: readonly string[];
}

/** Failure NOT_RESTORABLE, USAGE. */
export function planDomain(
  text: string,
  objects: readonly PlannedObject[],
  way: AsDomain,
): DomainPlan {
  const { name, uuid, disks } = readXml(text);
  const known = disks.filter(({ device }) => device === 'disk' || device === 'lun');
  const targets = known.map(({ target }) => target);
  for (const target of way.disks.keys())
    if (!targets.includes(target)) throw noSuchDisk(target, targets);
  const plans = objects.map((planned) => planDisk(planned, known, way));
  const doubled = plans.find(
    (one, index) => plans.findIndex(({ target }) => target === one.target) < index,
  );
  if (doubled !== undefined)
    throw notRestorable(
      `more than one object is the disk ${doubled.target}`,
      'name those that are wanted with --object',
    );
  const rest = known.filter(({ target }) => plans.every((one) => one.target !== target));
  const others = rest.flatMap((disk) => otherDisk(disk, way.disks.get(disk.target)));
  const missing = rest.map(({ target }) => target).filter((target) => !way.disks.has(target));
  if (way.name !== undefined && missing.length > 0) throw sharedDisk(missing, name);
  refuseOnePlace([...plans, ...others]);
  return {
    name: way.name ?? name,
    uuid: way.name === undefined && uuid !== '' ? uuid.toLowerCase() : undefined,
    disks: plans,
    others,
    missing,
  };
}

function otherDisk(
  { target, chain: [image] }: Disk,
  place: ImagePlace | undefined,
): readonly OtherDisk[] {
  if (place === undefined) return [];
  const path = place.type === 'volume' ? `/dev/${place.group}/${place.name}` : place.path;
  return [{ target, place, path, format: image?.format ?? 'raw' }];
}

function sharedDisk(missing: readonly string[], name: string): Failure {
  const [first = ''] = missing;
  return notRestorable(
    `no object is the disk ${missing.join(', ')}: a machine beside ${name} would use that of ${name}`,
    `say with --disk ${first}=DISK which one it uses instead, as it is there; an empty one is made by qemu-img create`,
  );
}

function refuseOnePlace(disks: readonly Pick<DiskPlan, 'target' | 'place'>[]): void {
  const places = disks.map(({ place }) => JSON.stringify(place));
  const index = places.findIndex((place, at) => places.indexOf(place) < at);
  const place = disks[index]?.place;
  if (place === undefined) return;
  const both = disks.filter((_, at) => places[at] === places[index]).map(({ target }) => target);
  throw new Failure({
    code: 'USAGE',
    message: `the disks ${both.join(' and ')} go to one place: ${place.type === 'volume' ? `lvm:${place.group}/${place.name}` : place.path}`,
    hint: 'give each a place of its own with --disk',
  });
}

function readXml(text: string): ReturnType<typeof readDomain> {
  try {
    const domain = readDomain(text);
    if (domain.name !== '') return domain;
  } catch (error) {
    if (error instanceof Failure) throw error;
  }
  throw notRestorable(
    'the object is not the XML of a domain',
    'see virsh dumpxml --inactive, or restore each disk with --onto',
  );
}

function planDisk(planned: PlannedObject, disks: readonly Disk[], way: AsDomain): DiskPlan {
  const { object, goal } = planned;
  const [target = '', ...endings] = basename(goal.path).split('.');
  const disk = disks.find((one) => one.target === target);
  if (disk === undefined)
    throw notRestorable(
      `object "${object.path}" is no disk of the domain: its disks are ${disks.map((one) => one.target).join(', ')}`,
      'name the XML and the disks alone with --object',
    );
  const format = endings.at(-1) === 'qcow2' ? 'qcow2' : 'raw';
  const said = way.disks.get(target);
  const place = said ?? placeOf(disk);
  const isBeside = said === undefined && way.name !== undefined;
  if (isBeside && place.type === 'device')
    throw notRestorable(
      `the disk ${target} was the device ${place.path}: a machine beside that one needs another`,
      `say it with --disk ${target}=DISK`,
    );
  // Beside another machine a disk of that one is not replaced: only what was named.
  return { target, planned, format, place, force: way.force && !isBeside };
}

/** Where the disk was. */
function placeOf({ target, chain: [image] }: Disk): ImagePlace {
  if (image === undefined || image.path === '')
    throw notRestorable(
      `the disk ${target} was neither a file nor a device: nothing says where it goes`,
      `say it with --disk ${target}=PLACE`,
    );
  return image.type === 'block'
    ? { type: 'device', path: image.path }
    : parseImagePlace(image.path);
}

function noSuchDisk(target: string, targets: readonly string[]): Failure {
  return new Failure({
    code: 'USAGE',
    message: `--disk names "${target}", and the disks of the domain are ${targets.join(', ')}`,
    hint: 'see the XML in the copy: palhm restore --stdout',
  });
}

function notRestorable(message: string, hint: string): Failure {
  return new Failure({ code: 'NOT_RESTORABLE', message, details: ['Nothing was written.'], hint });
}

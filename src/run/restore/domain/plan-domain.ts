/** Which objects of a copy are a virtual machine: the XML that defines it, and its disks, each named after its target. */
import { basename } from 'node:path';
import { Failure } from '../../../failure/failure.js';
import { withImages } from '../../../snapshot/libvirt/config-xml.js';
import { type Disk, readDomain } from '../../../snapshot/libvirt/domain.js';
import { childOf, childrenOf, formatXml, parseXml } from '../../../snapshot/libvirt/xml.js';
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
}

export interface DomainPlan {
  readonly name: string;
  /** Undefined: a new one. */
  readonly uuid: string | undefined;
  readonly disks: readonly DiskPlan[];
  /** Its disks that no object is the content of. */
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
  const found = new Set(plans.map(({ target }) => target));
  return {
    name: way.name ?? name,
    uuid: way.name === undefined ? uuid : undefined,
    disks: plans,
    missing: targets.filter((target) => !found.has(target)),
  };
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
  return { target, planned, format, place: way.disks.get(target) ?? placeOf(disk) };
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

export interface NewPlace extends Pick<DiskPlan, 'target' | 'place' | 'format'> {
  /** Of the image. */
  readonly path: string;
}

/** With its disks where they are now. One with another name is another machine: UUID and hardware addresses are made anew. */
export function rewriteXml(
  text: string,
  places: readonly NewPlace[],
  rename: string | undefined,
): string {
  const images = places.map(({ target, place, format, path }) => {
    const type = place.type === 'file' ? 'file' : 'block';
    return [target, { type, path, format, id: undefined }] as const;
  });
  const moved = withImages(text, new Map(images));
  if (rename === undefined) return moved;
  const domain = parseXml(moved);
  const name = childOf(domain, 'name');
  if (name !== undefined) name.textContent = rename;
  const uuid = childOf(domain, 'uuid');
  if (uuid !== undefined) domain.removeChild(uuid);
  const devices = childOf(domain, 'devices');
  for (const nic of devices === undefined ? [] : childrenOf(devices, 'interface')) {
    const mac = childOf(nic, 'mac');
    if (mac !== undefined) nic.removeChild(mac);
  }
  return `${formatXml(domain)}\n`;
}

/** What the XML of a domain says of it and of its disks: https://libvirt.org/formatdomain.html#hard-drives-floppy-disks-cdroms */
import { attributeOf, childOf, childrenOf, type Element, parseXml } from './xml.js';

export interface Domain {
  readonly uuid: string;
  readonly name: string;
  /** Also one that is paused. */
  readonly isRunning: boolean;
  readonly disks: readonly Disk[];
}

export interface Disk {
  /** Such as `vda`: unique in its domain. */
  readonly target: string;
  /** `disk`, `cdrom`, `floppy`, `lun`. */
  readonly device: string;
  readonly isReadOnly: boolean;
  readonly isShared: boolean;
  readonly isEncrypted: boolean;
  /** The file that is written first, then what that is based on. Of a domain that is off only the first one is known here. */
  readonly chain: readonly Layer[];
  /** What is done with the disk meanwhile, such as `active-commit`. */
  readonly job: string | undefined;
  /** Into which file or device that writes. */
  readonly jobOnto: string | undefined;
  readonly element: Element;
}

/** A file or a device with a part of the content of a disk. */
export interface Layer {
  /** `file`, `block`, `network`, … */
  readonly type: string;
  /** Empty for what is neither a file nor a device. */
  readonly path: string;
  /** `raw`, `qcow2`, … */
  readonly format: string;
  /** How libvirt calls it: `vda[2]`. Undefined when the domain is off. */
  readonly id: string | undefined;
}

export function readDomain(text: string): Domain {
  const domain = parseXml(text);
  const devices = childOf(domain, 'devices');
  return {
    uuid: childOf(domain, 'uuid')?.textContent ?? '',
    name: childOf(domain, 'name')?.textContent ?? '',
    isRunning: domain.hasAttribute('id'),
    disks: devices === undefined ? [] : childrenOf(devices, 'disk').map(readDisk),
  };
}

function readDisk(element: Element): Disk {
  const target = attributeOf(element, 'target', 'dev') ?? '';
  const source = childOf(element, 'source');
  const mirror = childOf(element, 'mirror');
  const onto = mirror && childOf(mirror, 'source');
  return {
    target,
    device: element.getAttribute('device') ?? 'disk',
    isReadOnly: childOf(element, 'readonly') !== undefined,
    isShared: childOf(element, 'shareable') !== undefined,
    isEncrypted: [element, source].some((one) => one && childOf(one, 'encryption') !== undefined),
    chain: readChain(element, target),
    job: mirror?.getAttribute('job') ?? undefined,
    jobOnto: onto?.getAttribute('file') ?? onto?.getAttribute('dev') ?? undefined,
    element,
  };
}

function readChain(disk: Element, target: string): readonly Layer[] {
  const chain: Layer[] = [];
  for (let at: Element | undefined = disk; at !== undefined; at = childOf(at, 'backingStore')) {
    const source = childOf(at, 'source');
    if (source === undefined) break;
    const index = source.getAttribute('index');
    chain.push({
      type: at.getAttribute('type') ?? 'file',
      path: source.getAttribute('file') ?? source.getAttribute('dev') ?? '',
      format: attributeOf(at, at === disk ? 'driver' : 'format', 'type') ?? 'raw',
      id: index === null ? undefined : `${target}[${index}]`,
    });
  }
  return chain;
}

/** The XML that a machine is defined with where it comes back. */
import { setImage } from '../../../snapshot/libvirt/config-xml.js';
import {
  attributeOf,
  childOf,
  childrenOf,
  type Element,
  formatXml,
  parseXml,
} from '../../../snapshot/libvirt/xml.js';
import type { DiskPlan } from './plan-domain.js';

export interface NewPlace extends Pick<DiskPlan, 'target' | 'place'> {
  readonly format: string;
  /** Of the image. */
  readonly path: string;
}

export interface NewDomain {
  readonly places: readonly NewPlace[];
  readonly uuid: string;
  /** Another machine, beside the one of the copy. Undefined: it is that one. */
  readonly rename: string | undefined;
  /** Undefined: that of the XML is here. */
  readonly missingEmulator: string | undefined;
}

export interface Rewritten {
  readonly xml: string;
  /** What is not as in the copy, besides the disks, for people. */
  readonly changes: readonly string[];
}

/** With its disks where they are now. One with another name is another machine: it shares nothing that both would write. */
export function rewriteXml(text: string, domain: NewDomain): Rewritten {
  const root = parseXml(text);
  const devices = childOf(root, 'devices');
  const changes: string[] = [];
  for (const disk of childrenOf(devices, 'disk')) {
    const target = attributeOf(disk, 'target', 'dev');
    const found = domain.places.find((one) => one.target === target);
    if (found === undefined) continue;
    const { place, path, format } = found;
    setImage(disk, { type: place.type === 'file' ? 'file' : 'block', path, format, id: undefined });
  }
  setText(root, 'uuid', domain.uuid);
  if (domain.missingEmulator !== undefined) {
    remove(childOf(devices, 'emulator'));
    changes.push(
      `emulator: that of this host, since ${domain.missingEmulator} of the copy is not here`,
    );
  }
  if (domain.rename !== undefined) {
    setText(root, 'name', domain.rename);
    for (const nic of childrenOf(devices, 'interface')) remove(childOf(nic, 'mac'));
    // It has to be that of the machine.
    for (const entry of childrenOf(childOf(childOf(root, 'sysinfo'), 'system'), 'entry'))
      if (entry.getAttribute('name') === 'uuid') entry.textContent = domain.uuid;
    changes.push(...separate(root, domain.rename));
  }
  return { xml: `${formatXml(root)}\n`, changes };
}

/** Undefined: libvirt chooses one. */
export function emulatorOf(text: string): string | undefined {
  return childOf(childOf(parseXml(text), 'devices'), 'emulator')?.textContent?.trim();
}

function setText(root: Element, tag: string, text: string): void {
  const there = childOf(root, tag);
  const element = there ?? root.ownerDocument?.createElement(tag);
  if (element === undefined) return;
  element.textContent = text;
  if (there === undefined) root.insertBefore(element, root.firstChild);
}

function remove(element: Element | undefined): void {
  element?.parentNode?.removeChild(element);
}

/** What the other machine writes as well gets a place of its own. */
function separate(root: Element, name: string): readonly string[] {
  const devices = childOf(root, 'devices');
  const changes: string[] = [];
  const move = (element: Element | undefined, attribute: string): void => {
    const path = element?.getAttribute(attribute) ?? '';
    if (element === undefined || !path.startsWith('/')) return;
    element.setAttribute(attribute, `${path}.${name}`);
    changes.push(`${path} becomes ${path}.${name}`);
  };
  if (renewNvram(childOf(root, 'os'))) changes.push('NVRAM (UEFI): a new, empty one');
  for (const device of devices?.children ?? []) {
    move(childOf(device, 'log'), 'file');
    if (device.tagName === 'graphics')
      for (const element of [device, ...childrenOf(device, 'listen')]) move(element, 'socket');
    if (isWriter(device)) move(childOf(device, 'source'), 'path');
    if (device.tagName === 'tpm') remove(childOf(childOf(device, 'backend'), 'source'));
  }
  return changes;
}

const CHARACTER_DEVICES = new Set(['serial', 'parallel', 'console', 'channel']);

/** Whether it makes the file or the socket of its source. */
function isWriter(device: Element): boolean {
  const type = device.getAttribute('type');
  if (!CHARACTER_DEVICES.has(device.tagName)) return false;
  return (
    type === 'file' || (type === 'unix' && attributeOf(device, 'source', 'mode') !== 'connect')
  );
}

/** Without a path libvirt makes it of the template, and without a template of the one for the loader. */
function renewNvram(os: Element | undefined): boolean {
  const nvram = childOf(os, 'nvram');
  if (nvram === undefined) return false;
  if (nvram.hasAttribute('template')) {
    nvram.textContent = '';
    nvram.removeAttribute('type');
  } else remove(nvram);
  return true;
}

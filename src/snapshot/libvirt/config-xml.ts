/** The XML by which a domain is defined. */
import type { Layer } from './domain.js';
import { attributeOf, childOf, childrenOf, type Element, formatXml, parseXml } from './xml.js';

/** With these images in place of what the disks have now, by their targets. */
export function withImages(text: string, images: ReadonlyMap<string, Layer>): string {
  const domain = parseXml(text);
  const devices = childOf(domain, 'devices');
  for (const disk of devices === undefined ? [] : childrenOf(devices, 'disk')) {
    const image = images.get(attributeOf(disk, 'target', 'dev') ?? '');
    if (image !== undefined) setImage(disk, image);
  }
  return `${formatXml(domain)}\n`;
}

/** The element of one of the disks alone. */
export function diskWithImage(text: string, target: string, image: Layer): string {
  const devices = childOf(parseXml(text), 'devices');
  const disks = devices === undefined ? [] : childrenOf(devices, 'disk');
  const disk = disks.find((one) => attributeOf(one, 'target', 'dev') === target);
  if (disk === undefined) throw new Error(`no disk ${target} in the XML of the domain`);
  setImage(disk, image);
  return formatXml(disk);
}

/** The format is always said: nothing guesses what the content looks like. */
export function setImage(disk: Element, { type, path, format }: Layer): void {
  const source = ensureChild(disk, 'source');
  disk.setAttribute('type', type);
  for (const name of ['file', 'dev']) source.removeAttribute(name);
  source.setAttribute(type === 'block' ? 'dev' : 'file', path);
  ensureChild(disk, 'driver').setAttribute('type', format);
  const below = childOf(disk, 'backingStore');
  if (below !== undefined) disk.removeChild(below);
}

function ensureChild(element: Element, tag: string): Element {
  const there = childOf(element, tag);
  if (there !== undefined) return there;
  const made = element.ownerDocument?.createElement(tag);
  if (made === undefined) throw new Error('an element of no document');
  element.appendChild(made);
  return made;
}

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

function setImage(disk: Element, { type, path, format }: Layer): void {
  const source = childOf(disk, 'source');
  disk.setAttribute('type', type);
  for (const name of ['file', 'dev']) source?.removeAttribute(name);
  source?.setAttribute(type === 'block' ? 'dev' : 'file', path);
  childOf(disk, 'driver')?.setAttribute('type', format);
  const below = childOf(disk, 'backingStore');
  if (below !== undefined) disk.removeChild(below);
}

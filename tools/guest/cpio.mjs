// Writes a root file system in the newc format, the same bytes for the same input:
//   node cpio.mjs LAYOUT NAME=FILE… > OUT.cpio
// LAYOUT is described at the top of guest/rootfs/layout.txt.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;
const S_IFCHR = 0o020000;

let inode = 0;

function pad(length) {
  return Buffer.alloc((4 - (length % 4)) % 4);
}

function entry(name, { mode, uid = 0, gid = 0, data = Buffer.alloc(0), major = 0, minor = 0 }) {
  const path = name.replace(/^\//, '');
  const hex = (value) => value.toString(16).padStart(8, '0');
  const links = (mode & 0o170000) === S_IFDIR ? 2 : 1;
  const fields = [++inode, mode, uid, gid, links, 0, data.length, 0, 0, major, minor, path.length + 1, 0];
  const header = Buffer.from(`070701${fields.map(hex).join('')}${path}\0`);
  return [header, pad(header.length), data, pad(data.length)];
}

function read(layout, sources) {
  const base = dirname(layout);
  const entries = [];
  for (const line of readFileSync(layout, 'utf8').split('\n')) {
    const [kind, name, ...rest] = line.trim().split(/\s+/);
    if (!kind || kind.startsWith('#')) continue;
    const owner = (mode, uid, gid) => ({ mode: parseInt(mode, 8), uid: Number(uid), gid: Number(gid) });
    if (kind === 'dir') {
      const at = owner(...rest);
      entries.push(entry(name, { ...at, mode: at.mode | S_IFDIR }));
    } else if (kind === 'file') {
      const [source, ...attributes] = rest;
      const at = owner(...attributes);
      const file = source.startsWith('@') ? sources.get(source.slice(1)) : join(base, source);
      if (!file) throw new Error(`no file was given for ${source}`);
      entries.push(entry(name, { ...at, mode: at.mode | S_IFREG, data: readFileSync(file) }));
    } else if (kind === 'slink') {
      const [target, ...attributes] = rest;
      const at = owner(...attributes);
      entries.push(entry(name, { ...at, mode: at.mode | S_IFLNK, data: Buffer.from(target) }));
    } else if (kind === 'nod') {
      const [mode, uid, gid, , major, minor] = rest;
      const at = owner(mode, uid, gid);
      entries.push(entry(name, { ...at, mode: at.mode | S_IFCHR, major: Number(major), minor: Number(minor) }));
    } else if (kind === 'applets') {
      for (const applet of rest) entries.push(entry(`${name}/${applet}`, { mode: S_IFLNK | 0o777, data: Buffer.from('busybox') }));
    } else {
      throw new Error(`layout: unknown word ${kind}`);
    }
  }
  entries.push(entry('TRAILER!!!', { mode: 0 }));
  return Buffer.concat(entries.flat());
}

const [layout, ...pairs] = process.argv.slice(2);
writeFileSync(1, read(layout, new Map(pairs.map((pair) => pair.split(/=(.*)/s).slice(0, 2)))));

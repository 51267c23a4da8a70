import { dirname, relative, resolve, sep } from 'node:path';

/**
 * The rooms of the source and what each may import, as an ESLint rule. `types` means: `import type` only.
 * The files directly in `src/engine` (`failure.ts`, `bytes.ts`, `crc32.ts`) belong to no room: every room may import them.
 */
const TABLE = {
  'engine/elf': {},
  'engine/diff': { 'engine/elf': 'values' },
  'engine/update': { 'engine/elf': 'values', 'engine/diff': 'values' },
  'engine/patch': {},
  'engine/toolchain': { 'engine/patch': 'values' },
  'engine/machine': {},
  'engine/guest': { 'engine/elf': 'values', 'engine/machine': 'types' },
  'engine/why': { 'engine/diff': 'values', 'engine/patch': 'values' },
  'engine/pipeline': { 'engine/*': 'values' },
  disassembler: { 'engine/why': 'types' },
  workers: { 'engine/*': 'values', disassembler: 'values' },
  ui: { 'engine/*': 'types', workers: 'values' },
  cli: { 'engine/*': 'values', disassembler: 'values' },
};

/** Packages that only some rooms may use; every other package is free outside the engine. */
const PACKAGES = {
  v86: ['engine/machine'],
  comlink: ['workers', 'ui'],
  commander: ['cli'],
  'capstone-wasm': ['disassembler'],
  diff: ['engine/patch', 'engine/why'],
};

/** Packages the engine may use at all. */
const ENGINE_PACKAGES = ['v86', 'fflate', 'valibot', 'diff'];

const SOURCE = resolve(import.meta.dirname, '../../src');

function roomOf(file) {
  const parts = relative(SOURCE, file).split(sep);
  if (parts[0] === '..') return undefined;
  if (parts[0] === 'engine') return parts.length === 2 ? 'engine' : `engine/${parts[1]}`;
  return parts[0];
}

/** Says why `from` may not import `to`, or nothing. */
function objection(from, to, typeOnly) {
  if (from === to || to === 'engine') return undefined;
  const row = TABLE[from];
  if (!row) return `the room src/${from} is not in the table of tools/dev/rooms.mjs`;
  const allowed = row[to] ?? (to?.startsWith('engine/') ? row['engine/*'] : undefined);
  if (!allowed) return `src/${from} may not import from src/${to}`;
  if (allowed === 'types' && !typeOnly) return `src/${from} may import only types from src/${to}`;
  return undefined;
}

function packageObjection(room, name) {
  const rooms = PACKAGES[name];
  if (rooms && !rooms.includes(room)) return `only ${rooms.map((r) => `src/${r}`).join(' and ')} may use the package ${name}`;
  if (room.startsWith('engine') && !ENGINE_PACKAGES.includes(name)) return `the engine may not use ${name}`;
  return undefined;
}

const imports = {
  meta: { type: 'problem', schema: [] },
  create(context) {
    const room = roomOf(context.filename);
    const test = context.filename.endsWith('.test.ts');
    if (!room || room === '..') return {};
    function check(node, source, typeOnly) {
      if (typeof source?.value !== 'string') return;
      const specifier = source.value.replace(/\?.*$/, '');
      let reason;
      if (specifier.startsWith('.')) {
        const target = resolve(dirname(context.filename), specifier);
        const to = roomOf(target);
        if (to)
          reason =
            room === 'engine' && to !== 'engine'
              ? 'files at the top of src/engine import nothing'
              : objection(room, to, typeOnly);
      } else if (!test && !typeOnly) {
        const name = specifier
          .split('/')
          .slice(0, specifier.startsWith('@') ? 2 : 1)
          .join('/');
        reason = packageObjection(room, name);
      }
      if (reason) context.report({ node, message: `Import table: ${reason}.` });
    }
    return {
      ImportDeclaration: (node) => check(node, node.source, node.importKind === 'type'),
      ExportNamedDeclaration: (node) => check(node, node.source, node.exportKind === 'type'),
      ExportAllDeclaration: (node) => check(node, node.source, node.exportKind === 'type'),
      ImportExpression: (node) => check(node, node.source, false),
    };
  },
};

/** @type {import('eslint').ESLint.Plugin} */
export const rooms = { rules: { imports } };

// Holds an answer against what stripe-node's types say of it: which fields there are, which may be null,
// which may be absent. The types are read from `crates/stripe-sandbox/spec/objects.txt`, which is made
// from stripe-node's `.d.ts` files; see there.

import { readFileSync } from 'node:fs';

const OBJECTS = new Map();
for (const line of readFileSync(new URL('../../../crates/stripe-sandbox/spec/objects.txt', import.meta.url), 'utf8').trim().split('\n')) {
  const space = line.indexOf(' ');
  OBJECTS.set(line.slice(0, space), JSON.parse(line.slice(space + 1)));
}

// stripe-node adds it to what it parsed.
const ADDED = new Set(['lastResponse']);

/** Everything that is not as typed, as `path: what`. */
export function problems(value, path = '') {
  const found = [];
  if (value?.object === 'list' || value?.object === 'search_result') {
    value.data.forEach((one, index) => found.push(...problems(one, `${path}.data[${index}]`)));
    return found;
  }
  const name = value.deleted ? `deleted_${value.object}` : value.object;
  const fields = OBJECTS.get(name);
  if (fields) inFields(value, fields, path || value.object, found);
  return found;
}

function inFields(value, fields, path, found) {
  for (const [name, shape] of Object.entries(fields)) {
    inShape(value[name], shape, `${path}.${name}`, found);
  }
  for (const name of Object.keys(value)) {
    if (!(name in fields) && !ADDED.has(name)) found.push(`${path}.${name}: no such field`);
  }
}

function inShape(value, shape, path, found) {
  const { kind: marked, ...details } = typeof shape === 'string' ? { kind: shape } : shape;
  const kind = marked.replace(/[?~]/g, '');
  if (value === undefined) {
    if (!marked.includes('~')) found.push(`${path}: absent`);
  } else if (value === null) {
    if (!marked.includes('?') && kind !== 'any') found.push(`${path}: null`);
  } else {
    of(kind, details, value, path, found);
  }
}

function of(kind, { fields, items, of: names }, value, path, found) {
  const is = (right) => right || found.push(`${path}: ${JSON.stringify(value)?.slice(0, 80)} is no ${kind}`);
  switch (kind) {
    case 'text': return is(typeof value === 'string' || typeof value.toJSON?.() === 'string');
    case 'number': return is(typeof value === 'number');
    case 'boolean': return is(typeof value === 'boolean');
    case 'map': return is(typeof value === 'object');
    case 'id':
      if (typeof value === 'string') return undefined;
      is(names.includes(value.object));
      return found.push(...problems(value, path));
    case 'resource':
      is(names.includes(value.object));
      return found.push(...problems(value, path));
    case 'list':
      is(value.object === 'list');
      return value.data.forEach((one, index) => inShape(one, items, `${path}.data[${index}]`, found));
    case 'array':
      if (!is(Array.isArray(value))) return undefined;
      return value.forEach((one, index) => inShape(one, items, `${path}[${index}]`, found));
    case 'object': return Object.keys(fields).length ? inFields(value, fields, path, found) : undefined;
    default: return undefined;
  }
}

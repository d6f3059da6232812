// Prints what the objects of Stripe's API consist of, one a line, as stripe-node's types say.
// stripe-node is the source because it tells what is null from what is absent; stripe-python does not.
//
// Run by ../generate; the output is ../objects.txt.

import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(path.join(process.cwd(), 'index.js')); // the folder with node_modules
const ts = require('typescript');
const entry = path.join(process.cwd(), 'node_modules/stripe/esm/resources');

// The files of stripe-node with the resources that the sandbox has, and the interface of each.
const RESOURCES = {
  'Accounts.d.ts': ['Account'],
  'Balance.d.ts': ['Balance'],
  'BalanceTransactions.d.ts': ['BalanceTransaction'],
  'BillingPortal/Configurations.d.ts': ['Configuration'],
  'BillingPortal/Sessions.d.ts': ['Session'],
  'Charges.d.ts': ['Charge'],
  'Checkout/Sessions.d.ts': ['Session'],
  'Customers.d.ts': ['Customer', 'DeletedCustomer'],
  'Disputes.d.ts': ['Dispute'],
  'Events.d.ts': ['EventBase'],
  'InvoiceItems.d.ts': ['InvoiceItem', 'DeletedInvoiceItem'],
  'InvoiceLineItems.d.ts': ['InvoiceLineItem'],
  'InvoicePayments.d.ts': ['InvoicePayment'],
  'Invoices.d.ts': ['Invoice', 'DeletedInvoice'],
  'LineItems.d.ts': ['LineItem'],
  'PaymentIntents.d.ts': ['PaymentIntent'],
  'PaymentMethods.d.ts': ['PaymentMethod'],
  'Plans.d.ts': ['Plan'],
  'Prices.d.ts': ['Price'],
  'Products.d.ts': ['Product', 'DeletedProduct'],
  'Refunds.d.ts': ['Refund'],
  'SetupAttempts.d.ts': ['SetupAttempt'],
  'SetupIntents.d.ts': ['SetupIntent'],
  'SubscriptionItems.d.ts': ['SubscriptionItem', 'DeletedSubscriptionItem'],
  'Subscriptions.d.ts': ['Subscription'],
  'TestHelpers/TestClocks.d.ts': ['TestClock', 'DeletedTestClock'],
  'WebhookEndpoints.d.ts': ['WebhookEndpoint', 'DeletedWebhookEndpoint'],
};

const files = Object.keys(RESOURCES).map((file) => path.join(entry, file));
const program = ts.createProgram(files, {
  strict: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext, skipLibCheck: true, types: [],
});
const checker = program.getTypeChecker();

const literal = (type) => (type.flags & ts.TypeFlags.StringLiteral ? type.value : undefined);

// `refund` for an interface whose `object` is the literal 'refund'.
function resource(type) {
  const property = type.getProperty?.('object');
  return property && literal(checker.getTypeOfSymbol(property));
}

// The kind of a field, with `?` where it may be null and `~` where it may be absent; an object around it
// where there is more to say.
function shape(type, absent, seen) {
  const members = (type.isUnion() ? type.types : [type]).flatMap((one) => (one.isUnion() ? one.types : [one]));
  const is = (flag) => members.some((one) => one.flags & flag);
  const rest = members.filter((one) => !(one.flags & (ts.TypeFlags.Null | ts.TypeFlags.Undefined)));
  const objects = rest.filter((one) => one.flags & ts.TypeFlags.Object);
  const made = known(rest, objects, seen);
  const marks = (is(ts.TypeFlags.Null) ? '?' : '') + (absent ? '~' : '');
  const { kind, ...details } = made;
  return Object.keys(details).length ? { kind: kind + marks, ...details } : kind + marks;
}

function known(rest, objects, seen) {
  // Open enumerations end in `string & {}`.
  const text = rest.some((one) => one.flags & (ts.TypeFlags.StringLike | ts.TypeFlags.Intersection));
  if (objects.length === 0) {
    if (text) return { kind: 'text' };
    if (rest.some((one) => one.flags & ts.TypeFlags.NumberLike)) return { kind: 'number' };
    if (rest.some((one) => one.flags & ts.TypeFlags.BooleanLike)) return { kind: 'boolean' };
    return { kind: 'any' };
  }
  const names = [...new Set(objects.map(resource).filter(Boolean))];
  if (text && names.length) return { kind: 'id', of: names };
  if (names[0] === 'list') {
    const items = checker.getTypeOfSymbol(objects[0].getProperty('data'));
    const [item] = checker.getTypeArguments(items);
    return { kind: 'list', items: shape(item, false, seen) };
  }
  if (names.length) return { kind: 'resource', of: names };
  const [object] = objects;
  if (object.symbol?.name === 'Decimal') return { kind: 'text' };
  if (checker.isArrayType(object)) {
    const [item] = checker.getTypeArguments(object);
    return { kind: 'array', items: shape(item, false, seen) };
  }
  if (checker.getIndexInfoOfType(object, ts.IndexKind.String)) return { kind: 'map' };
  if (seen.includes(object)) return { kind: 'any' };
  return { kind: 'object', fields: fieldsOf(object, [...seen, object]) };
}

function fieldsOf(type, seen) {
  const fields = {};
  for (const property of checker.getPropertiesOfType(type)) {
    const optional = Boolean(property.flags & ts.SymbolFlags.Optional);
    fields[property.name] = shape(checker.getTypeOfSymbol(property), optional, seen);
  }
  return fields;
}

const lines = [];
for (const [file, names] of Object.entries(RESOURCES)) {
  const source = program.getSourceFile(path.join(entry, file));
  for (const name of names) {
    const node = source.statements.find((one) => ts.isInterfaceDeclaration(one) && one.name.text === name);
    if (!node) throw new Error(`${file} has no interface ${name}`);
    const type = checker.getTypeAtLocation(node);
    const object = resource(type) ?? 'event';
    const key = name.startsWith('Deleted') ? `deleted_${object}` : object;
    lines.push(`${key} ${JSON.stringify(fieldsOf(type, [type]))}`);
  }
}
console.log(lines.sort().join('\n'));

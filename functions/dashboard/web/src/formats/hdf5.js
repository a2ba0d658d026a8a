/** MATLAB files of version 7.3: HDF5 behind a block of 512 bytes, read by jsfive. */

import * as hdf5 from "jsfive";

import { FormatError } from "./errors.js";
import { isFieldName } from "./fields.js";
import RULES from "./variables.json";
import { checkWalk } from "./variables.js";

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
const USER_BLOCK = 512;
// The group of MATLAB's referenced values, and that of its own data.
const REFERENCED = "#refs#";
const INNER = [REFERENCED, "#subsystem#"];
const UNREAD = "This MATLAB file of version 7.3 cannot be read in a browser: read it with `palier diagnose`, or save it with -v7.";

/** Return whether a buffer is HDF5, with MATLAB's block before it or without. */
export function isHdf5(buffer) {
  return signatureAt(buffer) !== null;
}

/** Return the variables: of the groups that are structs, and of what cells refer to, too. */
export function readHdf5(buffer) {
  return guarded(() => {
    // Addresses in the file count from its signature.
    const file = new hdf5.File(buffer.slice(signatureAt(buffer)), "recording.mat");
    const referenced = file.keys.includes(REFERENCED) ? file.get(REFERENCED) : null;
    const walk = { found: [], seen: new Set(), places: placesOf(referenced), referenced };
    visitMembers(file, "", 0, walk);
    return walk.found;
  });
}

function signatureAt(buffer) {
  const bytes = new Uint8Array(buffer, 0, Math.min(buffer.byteLength, USER_BLOCK + SIGNATURE.length));
  return [0, USER_BLOCK].find((at) => SIGNATURE.every((byte, n) => bytes[at + n] === byte)) ?? null;
}

/** Turn whatever the library throws about a file that is damaged or of another kind into one sentence. */
function guarded(read) {
  try {
    return read();
  } catch (error) {
    if (error instanceof FormatError) throw error;
    throw new FormatError(UNREAD);
  }
}

/** Return the names of referenced values, by their addresses. */
function placesOf(group) {
  return new Map(Object.entries(group?._links ?? {}).map(([name, address]) => [address, name]));
}

function visitMembers(group, path, depth, walk) {
  checkWalk(walk.seen.size + group.keys.length, depth);
  for (const name of group.keys.filter((one) => !INNER.includes(one))) visit(group.get(name), joined(path, name), depth, walk);
}

function visit(item, name, depth, walk) {
  const address = item?._dataobjects?.offset;
  // A link to another place is skipped: its target is missing here, or was visited already.
  if (address === undefined || walk.seen.has(address)) return;
  walk.seen.add(address);
  checkWalk(walk.seen.size, depth);
  const attributes = attributesOf(item);
  for (const [field, value] of Object.entries(attributes)) keepAttribute(joined(name, field), value, walk);
  if (item instanceof hdf5.Group) visitMembers(item, name, depth + 1, walk);
  else if (Array.isArray(item.dtype) && item.dtype[0] === "REFERENCE") visitCells(item, name, depth, walk);
  else if (/^[<>|]?[fiu]\d$/.test(String(item.dtype))) walk.found.push(variable(item, name, attributes));
}

/** Visit the values that a cell refers to; a single one has its cell's name. */
function visitCells(dataset, name, depth, walk) {
  // The library returns too few bytes of a reference, which is an address of eight bytes.
  const addresses = [...Object.create(dataset._dataobjects, { dtype: { value: "<u8" } }).get_data()].map(Number);
  checkWalk(walk.seen.size + addresses.length, depth);
  const known = addresses.filter((address) => address && walk.places.has(address));
  known.forEach((address, n) => {
    visit(walk.referenced.get(walk.places.get(address)), known.length === 1 ? name : `${name}(${n + 1})`, depth + 1, walk);
  });
}

function attributesOf(item) {
  try {
    return item.attrs ?? {};
  } catch {
    // A type that the library does not read states nothing.
    return {};
  }
}

function keepAttribute(name, value, { found }) {
  const single = Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (!isFieldName(name)) return;
  if (typeof single === "string") found.push({ name, text: single });
  else if (typeof single === "number") found.push({ name, number: single });
}

/** Return a variable with its shape as MATLAB shows it: the file holds [rows, columns] transposed. */
function variable(dataset, name, attributes) {
  const count = dataset.shape.reduce((product, size) => product * size, 1);
  const isText = String(attributes.MATLAB_class ?? "") === "char";
  if (isText) return { name, text: count && count <= RULES.longest_text ? guarded(() => String.fromCharCode(...dataset.value)) : "" };
  return {
    name,
    shape: [...dataset.shape].reverse(),
    bytes: count * Number(/\d$/.exec(dataset.dtype)[0]),
    read: (Numbers = Float32Array) => guarded(() => Numbers.from(dataset.value)),
  };
}

function joined(path, name) {
  return path ? `${path}.${name}` : name;
}

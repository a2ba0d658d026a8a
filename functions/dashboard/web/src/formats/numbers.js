/** Arrays of numbers out of bytes, whatever their type and byte order. */

const READERS = {
  f2: [2, (view, at, little) => half(view.getUint16(at, little))],
  f4: [4, (view, at, little) => view.getFloat32(at, little)],
  f8: [8, (view, at, little) => view.getFloat64(at, little)],
  i1: [1, (view, at) => view.getInt8(at)],
  u1: [1, (view, at) => view.getUint8(at)],
  i2: [2, (view, at, little) => view.getInt16(at, little)],
  u2: [2, (view, at, little) => view.getUint16(at, little)],
  i3: [3, (view, at) => view.getInt8(at + 2) * 65536 + view.getUint16(at, true)],
  i4: [4, (view, at, little) => view.getInt32(at, little)],
  u4: [4, (view, at, little) => view.getUint32(at, little)],
  i8: [8, (view, at, little) => Number(view.getBigInt64(at, little))],
  u8: [8, (view, at, little) => Number(view.getBigUint64(at, little))],
};

/** Return the size of a type in bytes, undefined where it is unknown. */
export function sizeOf(type) {
  return READERS[type]?.[0];
}

/**
 * Read numbers, as float32 unless another type is given.
 *
 * @param {DataView} view
 * @param {string} type for example "f4"; i3 is little-endian always
 * @param {{at?: number, count: number, stride?: number, little?: boolean, scale?: number}} layout in bytes
 * @param {Float32ArrayConstructor|Float64ArrayConstructor} [Numbers]
 * @returns {Float32Array|Float64Array} [count]
 */
export function readNumbers(view, type, { at = 0, count, stride, little = true, scale = 1 }, Numbers = Float32Array) {
  const [size, read] = READERS[type];
  const step = stride ?? size;
  const numbers = new Numbers(count);
  for (let n = 0; n < count; n++) numbers[n] = read(view, at + n * step, little) * scale;
  return numbers;
}

/** Source: IEEE 754-2008, binary16. */
function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
}

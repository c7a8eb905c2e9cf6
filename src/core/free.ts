/**
 * Gives an array's memory back now. The collector would, later: it does not hurry for memory outside
 * its heap, and matrices that wait for it make up the peak. Nothing may use the array any more.
 */
export const free = ({ buffer }: Float32Array | Float64Array | Uint8Array): void => {
  (buffer as ArrayBuffer).transfer(0);
};

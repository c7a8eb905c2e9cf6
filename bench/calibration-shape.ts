/** Calibration text of the compression benchmark. */
export const CALIBRATION = { sequences: 16, length: 512 } as const;

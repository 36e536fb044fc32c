/** Parts that are imported when they are needed. The build puts import-again.built.ts in the place of this. */

/** Returns the module that `load` imports. */
export const importAgain = <T>(load: () => Promise<T>): Promise<T> => load()

/** Parameters by a model's headers; null where they cannot be told, which opening it then explains. */
export async function parametersOf(model: string): Promise<number | null> {
  const [{ recognise }, { modelFolder }] = await Promise.all([
    import('../compute/recognise.ts'),
    import('../compute/starter.ts'),
  ]);
  return (await recognise(modelFolder(model), 'headers')).parameters;
}

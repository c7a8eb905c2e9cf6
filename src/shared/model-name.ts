/** What people call the model of a recipe: "Starter model", "org/name" of the hub, or a folder's name. */
export function modelName(model: string): string {
  if (model === 'starter') return 'Starter model';
  const hub = /^([^/\\@:]+\/[^/\\@:]+)@[\w./-]+$/.exec(model)?.[1];
  return hub ?? model.split(/[\\/]/).filter(Boolean).at(-1) ?? model;
}
